"""A backup put back, and what must be so before.

A restore looks at everything that could stand against it before it touches anything. Then keys and
journal are put into the folder, and the database is filled, in one transaction: killed at any
moment it can be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from syndicator import __version__
from syndicator.config import Settings
from syndicator.digest.calendar import slot_of
from syndicator.errors import ArchiveDamaged, RestoreRefused
from syndicator.model import Cadence
from syndicator.pipeline.data_folder import (
    KEYRING,
    Keyring,
    ensure_folder,
    keyring_in,
    owned,
    put_keyring,
)
from syndicator.pipeline.upkeep.key_rotation import joined
from syndicator.pipeline.upkeep.retention import JOURNAL_LINES
from syndicator.store.db import migrate
from syndicator.store.db.database import Database, Tx
from syndicator.store.upkeep import backup_file
from syndicator.store.upkeep import restore as restores
from syndicator.store.upkeep.backup import Progress
from syndicator.store.upkeep.backup_file import Manifest
from syndicator.store.upkeep.journal import FILE_NAME, Journal, JournalEntry, read
from syndicator.store.upkeep.replay import ReplayResult, Window, replay

JournalFrom = Literal["folder", "archive", "nowhere"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RestoreResult:
    """What was restored. ``journal`` is where what happened since the backup was read from, and
    ``lacking`` how many lines of the backup's own journal did not stand there.

    ``aside`` is where a keyring went that was here before, ``None`` if none had to.
    """

    manifest: Manifest
    replayed: ReplayResult
    journal: JournalFrom
    lacking: int
    aside: str | None


def restore(
    database: Database,
    settings: Settings,
    path: Path,
    *,
    replace: Callable[[int], None] | None,
    take_keys: bool,
    journals: Sequence[Path],
    now: datetime,
    progress: Progress,
) -> RestoreResult:
    """Put a backup into the database and the data folder of these settings.

    Args:
        replace: called with how many rows are there that would be lost; it raises if they are to
            stay. ``None`` refuses.
        take_keys: other keys than the backup's that lie here are put aside.
        journals: those of other machines.

    Raises:
        AlreadyRunning: a process runs on the data folder.
        ArchiveDamaged: the file is no backup, or not as it was written.
        RestoreRefused: what is there stands against it.
        SchemaMismatch: the backup or the database is a newer program's.
    """
    data_dir = settings.deployment.data_dir
    with owned(ensure_folder(data_dir)):
        plan = _plan(path, data_dir, take_keys=take_keys, journals=journals, now=now)
        _require_replaceable(database, replace)
        return _put_back(database, settings, plan, now=now, progress=progress)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    path: Path
    manifest: Manifest
    keyring: bytes | None
    aside: str | None
    journal: JournalFrom
    lacking: int
    entries: tuple[JournalEntry, ...]


def _plan(
    path: Path, data_dir: Path, *, take_keys: bool, journals: Sequence[Path], now: datetime
) -> _Plan:
    manifest = backup_file.verify(path)
    if not migrate.has_migration(manifest.schema):
        raise RestoreRefused(
            f"{path}: has the schema {manifest.schema}, made by program {manifest.program}, which "
            f"is newer than this one ({__version__}): install that program and restore with it"
        )
    keys, archived = _loose_parts(path, manifest)
    keyring, aside = _keyring_to_put(data_dir, path, keys, manifest, take=take_keys)
    here = (data_dir / FILE_NAME).exists() or bool(journals)
    from_elsewhere = [entry for other in journals for entry in Journal(other).entries()]
    outside = {*_readable(data_dir / FILE_NAME), *from_elsewhere}
    # What is older was taken out of the journal, and not lost.
    kept_since = now - JOURNAL_LINES
    return _Plan(
        path=path,
        manifest=manifest,
        keyring=keyring,
        aside=aside,
        journal="folder" if here else "archive" if archived else "nowhere",
        lacking=(
            sum(entry not in outside for entry in archived if entry.at >= kept_since) if here else 0
        ),
        entries=(*archived, *from_elsewhere),
    )


def _loose_parts(path: Path, manifest: Manifest) -> tuple[bytes, tuple[JournalEntry, ...]]:
    """Return the bytes of the keyring in the backup, and what its journal says."""
    keys, pieces = b"", []
    for name, content in backup_file.parts(path, manifest):
        if name == backup_file.KEYRING:
            keys = content
        elif name.startswith(backup_file.JOURNAL):
            pieces.append(content)
    return keys, tuple(read(_lines(pieces)))


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file that was cut into pieces anywhere."""
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        yield from whole
    yield left


def _readable(journal: Path) -> tuple[JournalEntry, ...]:
    """Return what the journal here says; none if there is no journal."""
    try:
        return tuple(Journal(journal).entries())
    except ValueError as error:
        raise RestoreRefused(
            f"{journal}: a newer program wrote it: install that and restore with it ({error})"
        ) from error


def _keyring_to_put(
    data_dir: Path, path: Path, content: bytes, manifest: Manifest, *, take: bool
) -> tuple[bytes | None, str | None]:
    """Return the keyring to put here, if any, and the name that the one here is put aside under."""
    theirs = _read_keys(path, content)
    here = data_dir / KEYRING
    if not here.exists():
        return content, None
    mine = here.read_bytes()
    if _read_keys(here, mine).word == theirs.word:
        # Either may have versions of its own, if a copy of an older one lay here: no way out in a
        # mail that was sent may be lost.
        both = joined(mine, content)
        return (None if both == mine else both), None
    if not take:
        raise RestoreRefused(
            f"{here}: these are not the keys of the backup, and it is worth nothing under others: "
            "add --take-keys to put these aside and take the backup's"
        )
    return content, f"keyring.before-{manifest.at:%Y%m%dT%H%M%SZ}.json"


def _read_keys(path: Path, content: bytes) -> Keyring:
    try:
        return keyring_in(content)
    except (ValueError, LookupError) as error:
        raise ArchiveDamaged(f"{path}: holds no keyring: {error}") from error


def _require_replaceable(database: Database, replace: Callable[[int], None] | None) -> None:
    """Return if the database may be replaced by the backup."""
    name = database.name
    with database.read() as tx:
        others, rows = restores.other_connections(tx), restores.count_rows(tx)
    if others:
        raise RestoreRefused(f"{name}: {others} connections of other processes: stop them first")
    if rows and replace is None:
        raise RestoreRefused(f"{name}: is not empty ({rows} rows): --replace puts the backup there")
    if rows and replace is not None:
        replace(rows)


def _put_back(
    database: Database, settings: Settings, plan: _Plan, *, now: datetime, progress: Progress
) -> RestoreResult:
    data_dir = settings.deployment.data_dir
    journal = Journal.in_folder(data_dir)
    with database.write(durable=True) as tx:
        restores.load(tx, plan.path, plan.manifest, progress=progress)
        restores.quiesce(tx)
        replayed = _replayed(tx, settings, plan, journal=journal, now=now)
        # On the disk before the commit: a database without its keys would be worth nothing, and
        # keys or a journal without their database harm nobody.
        if plan.keyring is not None:
            put_keyring(data_dir, plan.keyring, aside=plan.aside)
        journal.append_missing(plan.entries)
    return RestoreResult(
        manifest=plan.manifest,
        replayed=replayed,
        journal=plan.journal,
        lacking=plan.lacking,
        aside=plan.aside,
    )


def _replayed(
    tx: Tx, settings: Settings, plan: _Plan, *, journal: Journal, now: datetime
) -> ReplayResult:
    return replay(
        tx,
        dict.fromkeys((*plan.entries, *journal.entries())),
        since=plan.manifest.at,
        window_of=partial(_window, settings),
        now=now,
    )


def _window(settings: Settings, cadence: Cadence, period: str) -> Window | None:
    """Return what the calendar says of the issue that tells of a period."""
    plan = settings.digest(cadence)
    if plan is None:
        return None
    slot = slot_of(period, rhythm=plan.rhythm)
    return Window(opens=slot.opens, closes=slot.closes, send_at=slot.at)
