"""Words the operator types, and what the program answers with.

exit code  0  done
           1  done in part, or nothing could be done: the lines above say what
           2  the command or the configuration is wrong; nothing was touched
           3  another process runs on this data folder
           4  the database has a schema this program does not know
          75  `bounce` could not store the message: give it to us again (EX_TEMPFAIL)
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from syndicator import __version__, log
from syndicator.cli.exits import Exit
from syndicator.cli.feeds import entries, sources
from syndicator.cli.feeds.pull import publish, pull, status
from syndicator.cli.issues import digest, issues
from syndicator.cli.people import subscribers
from syndicator.cli.people.bounce import bounce
from syndicator.cli.upkeep import db, keys, mail
from syndicator.cli.upkeep.backup import backup, restore
from syndicator.cli.upkeep.run import demo, run
from syndicator.errors import (
    AlreadyRunning,
    ArchiveDamaged,
    ConfigError,
    KeyringMissing,
    RestoreRefused,
    SchemaMismatch,
    SyndicatorError,
)

__all__ = ["main", "root"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="syndicator")
@click.option("--json-log", is_flag=True, help="Log one JSON object a line.")
def root(json_log: bool) -> None:
    """Pull the blogs of the cities, republish one feed, mail a digest."""
    log.configure(json=json_log)


for command in (
    run,
    demo,
    pull,
    publish,
    sources.group,
    entries.group,
    subscribers.group,
    digest.group,
    issues.group,
    mail.group,
    bounce,
    status,
    backup,
    restore,
    keys.group,
    db.group,
):
    root.add_command(command)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and exit with a code that means something.

    Args:
        words: what stands after ``syndicator``; ``None`` is what was typed.
    """
    try:
        root(words, prog_name="syndicator", standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(log.without_secrets(shown.getvalue()), err=True, nl=False)
        sys.exit(Exit.WRONG)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(Exit.IN_PART)
    except ConfigError as error:
        _say(f"{len(error.problems)} problem(s) in the configuration:\n{error}")
        sys.exit(Exit.WRONG)
    except (KeyringMissing, ArchiveDamaged, RestoreRefused) as error:
        _say(str(error))
        sys.exit(Exit.WRONG)
    except AlreadyRunning as error:
        _say(str(error))
        sys.exit(Exit.RUNNING)
    except SchemaMismatch as error:
        _say(str(error))
        sys.exit(Exit.SCHEMA)
    except SyndicatorError as error:
        _say(str(error))
        sys.exit(Exit.IN_PART)
    except BrokenPipeError:
        # The reader of our output left (``syndicator status | head``): nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.IN_PART)


def _say(text: str) -> None:
    click.echo(log.without_secrets(text), err=True)
