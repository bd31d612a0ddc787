"""``digest``: look at an issue, let it go, hold it, end it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import click

from syndicator.app import opened
from syndicator.cli.address import Address
from syndicator.cli.exits import Exit, settings
from syndicator.config import DigestPlan, Network, Settings
from syndicator.digest.calendar import last_closed
from syndicator.model import Cadence, DeliveryState, IssueState
from syndicator.pipeline.data_folder import sending
from syndicator.pipeline.issues import control, failures
from syndicator.pipeline.issues.compose import compose
from syndicator.pipeline.issues.control import Because, Result
from syndicator.pipeline.issues.failures import Decided
from syndicator.pipeline.issues.preflight import NO_RELAY
from syndicator.pipeline.issues.preview import preview as previewed
from syndicator.pipeline.issues.preview import send_sample, write_preview
from syndicator.pipeline.issues.send import deliver
from syndicator.pipeline.mail_relay import no_relay
from syndicator.store.db.database import Database
from syndicator.store.issues import issues
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.upkeep.journal import Journal

_CADENCE = click.Choice([cadence.value for cadence in Cadence])
_OPEN = (
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
)

UNDECIDED = {
    failures.Because.NOT_DOUBTED: "nobody is asked whether its failures are real",
    failures.Because.NOTHING_SUPPRESSED: "suppressed nobody",
}

UNCHANGED = {
    Because.OLD: "has a newer version",
    Because.REFUSED: "preflight refuses it",
    Because.NO_POSTS: "would tell nothing",
    Because.TOO_LONG: "has too long a greeting",
    Because.OVER: "has moved on",
    Because.HINDERED: "may not leave",
    Because.OUT_OF_HOURS: "leaves at other hours",
    Because.NOT_APPROVED: "is not approved",
    Because.NOT_UNDER_WAY: "is past, or paused already",
    Because.NOT_PAUSED: "is not paused",
    Because.ENDED: "has ended",
    Because.NEVER_SENT: "was never sent, or is cancelled",
    Because.NOTHING_FAILED: "failed for nobody",
    Because.NOTHING_HELD: "holds nothing",
}
"""What is said of an issue for which an act changed nothing: every reason, in words."""

BY = "command line"
"""Who acts, as the issue's record names it."""


@click.group("digest")
def group() -> None:
    """The digest: preview, make, approve, send, stop, pause, resume, cancel, retry, settle,
    confirm, lift, test."""


@group.command()
@click.option("--cadence", type=_CADENCE, default="weekly", show_default=True)
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The day it goes out, or before.")
@click.option("--lang", help="One of the network's languages; its first if left out.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder."
)
def preview(cadence: str, at: datetime | None, lang: str | None, out: Path) -> None:
    """Write an issue as .html, .txt and .eml: as frozen, else as it would be now."""
    with opened(settings()) as app:
        plan, language = _plan(app.settings, cadence), _language(app.settings.network, lang)
        issue = previewed(app.editorial, plan, day=at.date() if at else None)
        if not issue.posts:
            click.echo(f"{issue.cadence}/{issue.period}: nothing to tell")
            sys.exit(Exit.IN_PART)
        try:
            written = write_preview(app.editorial, issue, language=language, out=out)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
        for path in written:
            click.echo(str(path))


@group.command()
@click.option("--cadence", type=_CADENCE, default="weekly", show_default=True)
def make(cadence: str) -> None:
    """Freeze the issue whose cut-off passed last, if it does not exist yet."""
    with opened(settings()) as app:
        slot = last_closed(app.now(), rhythm=_plan(app.settings, cadence).rhythm)
        frozen = compose(app.editorial, slot)
    name, number = f"{frozen.cadence}/{frozen.period}", len(frozen.posts)
    click.echo(f"{frozen.id}: {name}: {frozen.state}, {number} posts")


@group.command()
@click.argument("issue")
def approve(issue: str) -> None:
    """Let ISSUE (an id, or weekly/2026-W47) go at its time."""
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        _require_digest(app.settings, status)
        result = control.approve(app.editorial, status.id, version=status.version, by=BY)
    _end_with(status, result, done="approved")


@group.command()
@click.argument("issue")
def send(issue: str) -> None:
    """Send an approved ISSUE now, without waiting for its time, until nothing is open."""
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        _require_digest(app.settings, status)
        _require_begun(app.settings, status, control.begin(app.editorial, status))
        if app.newsletter is None:
            raise no_relay()
        with sending(app.settings.deployment.data_dir):
            tally = deliver(app.newsletter, status.id).tally
        status = _issue(app.database, status.name)
    for state, number in tally.items():
        if number:
            click.echo(f"{number} {state}")
    if status.doubted_at is not None:
        click.echo(
            "So many failed that the relay may be at fault. Say whether the failures are real: "
            f"`syndicator digest confirm {status.name}`, or `digest lift {status.name}` if not."
        )
    if status.state is IssueState.PAUSED:
        click.echo(f"{status.name} is paused; `syndicator issues show {status.name}` says why.")
    elif any(tally[state] for state in _OPEN):
        click.echo("Not all of it has left: `syndicator run` goes on, or say this again later.")
    unsent = (*_OPEN, DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    sys.exit(Exit.IN_PART if any(tally[state] for state in unsent) else Exit.DONE)


@group.command()
@click.argument("issue")
def stop(issue: str) -> None:
    """Say no to ISSUE: it is not sent, and its posts roll over."""
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        result = control.stop(app.editorial, status.id, version=status.version, by=BY)
    _end_with(status, result, done="stopped")


@group.command()
@click.argument("issue", required=False)
@click.option("--all", "every", is_flag=True, help="All newsletters of this installation.")
def pause(issue: str | None, every: bool) -> None:
    """Let nothing more of ISSUE leave until it is resumed."""
    if _every(issue, every=every):
        with opened(settings()) as app:
            control.pause_all(app.database, by=BY, now=app.now())
        click.echo(
            "No newsletter leaves now; letters that people ask for still do. "
            "Go on with `syndicator digest resume --all`."
        )
        return
    _move(issue, control.pause, done="paused")


@group.command()
@click.argument("issue", required=False)
@click.option("--all", "every", is_flag=True, help="All newsletters, also after a restore.")
def resume(issue: str | None, every: bool) -> None:
    """Let a paused ISSUE go on where it was."""
    if _every(issue, every=every):
        with opened(settings()) as app:
            was_held = control.resume_all(app.database, by=BY, now=app.now())
        click.echo("Newsletters leave again." if was_held else "Nothing held them back.")
        return
    _move(issue, control.resume, done="resumed")


@group.command()
@click.argument("issue")
@click.confirmation_option(prompt="What was not sent yet never will be. Go on?")
def cancel(issue: str) -> None:
    """End ISSUE for good, also in the middle of its send."""
    _move(issue, control.cancel, done="cancelled")


@group.command()
@click.argument("issue")
def retry(issue: str) -> None:
    """Offer ISSUE again to those it failed for, or of whom it is uncertain whether they have it.

    It goes with the next tick of `run`, or with `digest send`; under the Message-ID it had.
    """
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        _require_digest(app.settings, status)
        result = control.retry(app.database, status, by=BY, now=app.now())
    _end_with(status, result, done=f"{result.deliveries} are open again")


@group.command()
@click.argument("issue")
def settle(issue: str) -> None:
    """Give up on what is held of ISSUE: it counts as failed, and nobody gets it twice."""
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        result = control.settle(app.database, status.id)
    _end_with(status, result, done=f"{result.deliveries} given up")


@group.command()
@click.argument("issue")
def confirm(issue: str) -> None:
    """Say that the failures of ISSUE are real: addresses called unknown are suppressed."""
    _decide(issue, failures.confirm, done="addresses are suppressed")


@group.command()
@click.argument("issue")
def lift(issue: str) -> None:
    """Hold no failure of ISSUE against anybody: what it suppressed may be mailed again.

    Those it failed for get it with `digest retry`.
    """
    _decide(issue, failures.lift, done="addresses are not blamed for it any more")


@group.command()
@click.argument("address", type=Address())
@click.option("--issue", help="An id or a name; the newest one if left out.")
@click.option("--lang", help="One of the network's languages; its first if left out.")
def test(address: str, issue: str | None, lang: str | None) -> None:
    """Mail an issue to ADDRESS at once, outside every record."""
    with opened(settings()) as app:
        language = _language(app.settings.network, lang)
        status = _issue(app.database, issue) if issue else _newest(app.database)
        _require_digest(app.settings, status)
        try:
            send_sample(app.editorial, status.id, language=language, address=address)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{status.name} ({language}) was handed to the relay for {address}.")


def _language(network: Network, wanted: str | None) -> str:
    languages = network.languages
    if wanted is not None and wanted not in languages:
        raise click.BadParameter(
            f"{wanted!r} is not one of {', '.join(map(repr, languages))}.", param_hint="--lang"
        )
    return wanted or languages[0]


def _require_begun(settings: Settings, issue: IssueStatus, begun: Result) -> None:
    """End the command if the issue may not leave now, and say why."""
    if begun.because is Because.HINDERED:
        if begun.hindrance == NO_RELAY:
            raise no_relay()
        raise click.ClickException(
            f"no mail may leave: {begun.hindrance}; `syndicator status` says more"
        )
    if begun.opens_at is not None:
        local = begun.opens_at.astimezone(settings.network.zone)
        raise click.ClickException(
            f"newsletters leave between {settings.mail.send_between} only (send_between); "
            f"an approved one leaves by itself from {local:%H:%M} on"
        )
    if begun.because is not None:
        _end_with(issue, begun, done="")


def _plan(settings: Settings, cadence: str) -> DigestPlan:
    try:
        return settings.required_digest(Cadence(cadence))
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="--cadence") from error


def _issue(database: Database, name: str) -> IssueStatus:
    with database.read() as tx:
        status = issues.status_named(tx, name)
    if status is None:
        raise click.BadParameter(f"no such issue: {name}; see `syndicator issues list`")
    return status


def _newest(database: Database) -> IssueStatus:
    with database.read() as tx:
        newest = issues.statuses(tx, limit=1)
    if not newest:
        raise click.ClickException("there is no issue yet; see `syndicator digest make`")
    return newest[0]


def _require_digest(settings: Settings, issue: IssueStatus) -> None:
    if settings.digest(issue.cadence) is None:
        raise click.ClickException(
            f"{issue.name}: no digest of the configuration is {issue.cadence} any more; put it "
            f"back, or end the issue with `syndicator digest cancel {issue.id}`"
        )


def _every(issue: str | None, *, every: bool) -> bool:
    if every == (issue is not None):
        raise click.UsageError("Name an issue, or all of them with --all.")
    return every


def _move(issue: str | None, act: Callable[..., Result], *, done: str) -> None:
    assert issue is not None
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        result = act(app.database, status.id, by=BY, now=app.now())
    _end_with(status, result, done=done)


def _decide(issue: str, word: Callable[..., Decided], *, done: str) -> None:
    with opened(settings()) as app:
        status = _issue(app.database, issue)
        journal = Journal.in_folder(app.settings.deployment.data_dir)
        decided = word(app.database, journal, status.id, by=BY, now=app.now())
    text = f"{decided.addresses} {done}" if decided.because is None else UNDECIDED[decided.because]
    _end(status, text, decided.because)


def _end_with(issue: IssueStatus, result: Result, *, done: str) -> None:
    """End the command with what an act came to, and with what speaks against it if nothing."""
    for finding in result.findings:
        click.echo(f"  {finding}")
    _end(issue, done if result.because is None else UNCHANGED[result.because], result.because)


def _end(issue: IssueStatus, text: str, because: StrEnum | None) -> NoReturn:
    click.echo(f"{issue.name}: {text}")
    sys.exit(Exit.DONE if because is None else Exit.IN_PART)
