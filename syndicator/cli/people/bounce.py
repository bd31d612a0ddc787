"""``bounce``: what came back, handed over by a mail server, one message a call."""

from __future__ import annotations

import sys

import click

from syndicator.app.bounce_pipe import opened
from syndicator.cli.exits import Exit, settings
from syndicator.deliver.email.bounce import LONGEST
from syndicator.errors import SyndicatorError
from syndicator.pipeline.issues.bounces import process_report


def of_what(delivery: int | None, email: int | None) -> str:
    """Return which mail something came back from, empty if that is not known."""
    if delivery is not None:
        return f"delivery {delivery}"
    return f"letter {email}" if email is not None else ""


@click.command()
def bounce() -> None:
    """Take one message that came back from standard input (exit code 75: give it to me again).

    Any failure is of ours, never the message's: a mail server that is told 75 keeps it and tries
    again, and any other code would make it drop the report or report on it in turn.
    """
    stream = sys.stdin.buffer
    message = stream.read(LONGEST)
    # The rest is read too: a mail server whose pipe breaks takes that for a failure.
    while stream.read(LONGEST):
        pass
    try:
        with opened(settings()) as bounce_reader:
            processed = process_report(bounce_reader, message)
    except (SyndicatorError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(Exit.AGAIN)
    again = "" if processed.fresh else ", known before"
    of = of_what(processed.delivery, processed.email)
    mail = f" of {of}" if of else ""
    end = "; the address is not mailed any more" if processed.suppressed else ""
    click.echo(f"{processed.kind}{mail}{again}{end}")
