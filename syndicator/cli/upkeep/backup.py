"""``backup`` and ``restore``: everything into one file, and back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import assert_never

import click

from syndicator.app.parts import now, open_database
from syndicator.cli.exits import settings
from syndicator.pipeline.upkeep import backup as backups
from syndicator.pipeline.upkeep import restore as restores
from syndicator.pipeline.upkeep.restore import RestoreResult
from syndicator.store.upkeep.journal import JournalKind

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

_ACTS = {
    JournalKind.LEFT: "left",
    JournalKind.ERASED: "erased",
    JournalKind.SUPPRESSED: "suppressed",
    JournalKind.LIFTED: "let in again by an editor",
    JournalKind.CONFIRMED: "confirmed",
}


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write, or a folder that gets one named by the moment.",
)
@click.option(
    "--keep", type=click.IntRange(min=1), help="Of the folder's backups keep the newest N only."
)
def backup(out: Path, keep: int | None) -> None:
    """Write everything that cannot be made again into one file, while the program runs.

    Addresses of people and the keys are in it: keep it as closed as the data folder.
    """
    if keep is not None and not out.is_dir():
        raise click.BadParameter("only with a folder that exists", param_hint="--keep")
    chosen = settings()
    with (
        _counting("rows written") as progress,
        _writable(out),
        closing(open_database(chosen)) as database,
    ):
        written = backups.back_up(
            database,
            out,
            data_dir=chosen.deployment.data_dir,
            keep=keep,
            now=now(),
            progress=progress,
        )
    gone = f" {len(written.removed)} older removed." if written.removed else ""
    size = f"{written.size_bytes / 1_000_000:,.1f} MB"
    click.echo(f"{written.path}: {written.manifest.rows:,} rows, {size}.{gone}")


@contextmanager
def _writable(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror or error}") from error


@click.command()
@click.argument("archive", type=_FILE)
@click.option(
    "--replace", is_flag=True, help="Also if the database is not empty: what is there is lost."
)
@click.option("--take-keys", is_flag=True, help="Put other keys that lie here aside.")
@click.option(
    "--journal", "journals", type=_FILE, multiple=True, help="Of another machine; may be repeated."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(
    archive: Path, replace: bool, take_keys: bool, journals: tuple[Path, ...], yes: bool
) -> None:
    """Put a backup back. No newsletter leaves then until `digest resume --all`.

    Stop every process first. Who left since the backup, and which issue was sent, is read from the
    journal in the data folder; without it, from the older one in the backup.
    """
    chosen = settings()
    with (
        _counting("rows restored") as progress,
        closing(open_database(chosen)) as database,
    ):
        restored = restores.restore(
            database,
            chosen,
            archive,
            replace=partial(_confirm_loss, yes=yes) if replace else None,
            take_keys=take_keys,
            journals=journals,
            now=now(),
            progress=progress,
        )
    for line in _lines(restored):
        click.echo(line)


def _confirm_loss(rows: int, *, yes: bool) -> None:
    if not yes:
        click.confirm(f"{rows:,} rows are in the database and will be lost. Go on?", abort=True)


def _lines(restored: RestoreResult) -> Iterator[str]:
    manifest, replayed = restored.manifest, restored.replayed
    yield (
        f"{manifest.rows:,} rows restored, as they were at {manifest.at:%Y-%m-%d %H:%M} UTC "
        f"(program {manifest.program}, schema {manifest.schema}, {manifest.dialect})."
    )
    if restored.aside:
        yield f"The keys that lay here are now in {restored.aside}."
    acts = [f"{number} {_ACTS[kind]}" for kind, number in sorted(replayed.acts.items())]
    match restored.journal:
        case "folder":
            yield f"Done again from the journal: {', '.join(acts) or 'nothing'}."
        case "archive":
            yield (
                "! There was no journal in this data folder: the one in the backup was taken. Who "
                "left, was erased or suppressed after the backup is not known, and would be mailed."
            )
        case "nowhere":
            yield "! There was no journal, neither in this data folder nor in the backup."
        case _:
            assert_never(restored.journal)
    if restored.lacking:
        yield (
            f"! The journal lacks {restored.lacking} lines of the one in the backup: it was cut "
            "short, or is another machine's. Who left after the backup may not be known, and be "
            "mailed."
        )
    for name in replayed.closed:
        yield f"{name}: was sent after the backup; it is not sent again."
    for name in replayed.doubtful:
        yield (
            f"! {name}: was being sent, and who got it since is not known. It is paused: "
            "cancel it, or resume it and let some get it twice."
        )
    yield "No newsletter leaves until you say `syndicator digest resume --all`."


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int], None]]:
    """Yield what shows a number on a terminal, in one line all the time; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    yield lambda number: click.echo(f"\r{number:,} {what}", err=True, nl=False)
    click.echo(err=True)
