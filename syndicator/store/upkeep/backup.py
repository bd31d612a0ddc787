"""Everything that cannot be made again, as one moment of the database had it, into an archive.

It runs beside a program at work: what is read is one snapshot, and nobody waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from syndicator.errors import SchemaMismatch
from syndicator.store.db import migrate
from syndicator.store.db.base import Base
from syndicator.store.db.database import Database
from syndicator.store.upkeep import table_dump
from syndicator.store.upkeep.backup_file import (
    JOURNAL,
    KEYRING,
    PART_BYTES,
    TABLES,
    Manifest,
    Writer,
)

LEFT_OUT = {
    "artefact": "published bytes are made again from the entries",
    "dirty": "after a restore everything is made again",
}
"""Tables that are not in a backup, and why."""

PROGRESS_EVERY = 10_000

Progress = Callable[[int], None]
"""Called now and then with how many rows are done."""


def back_up(
    database: Database,
    out: Writer,
    *,
    keyring: bytes,
    journal: Path,
    program: str,
    now: datetime,
    progress: Progress,
) -> Manifest:
    """Write everything into ``out``; return what it is.

    Args:
        keyring: the bytes of the file that holds the keys.
        journal: the journal beside the database; it may not be there yet.

    Raises:
        SchemaMismatch: there is no schema, or a newer program made it.
    """
    counts: dict[str, int] = {}
    with database.read() as tx:
        schema = migrate.recognized_revision(tx)
        if schema is None:
            raise SchemaMismatch("the database has no schema: there is nothing to back up")
        for table in table_dump.tables(tx, set(Base.metadata.tables) - set(LEFT_OUT)):
            before = sum(counts.values())
            counted = _Counted(table_dump.lines(tx, table), before=before, progress=progress)
            out.add_all(f"{TABLES}{table.name}/", counted)
            counts[table.name] = counted.number
    out.add(KEYRING, keyring)
    # After the snapshot: the journal may tell more than the tables do, never less.
    out.add_all(JOURNAL, _pieces(journal))
    manifest = Manifest(
        program=program,
        schema=schema,
        at=now,
        dialect=database.dialect,
        tables=counts,
        left_out=LEFT_OUT,
        parts=out.parts,
    )
    out.add_manifest(manifest)
    progress(manifest.rows)
    return manifest


class _Counted:
    """Passes lines on and counts them."""

    def __init__(self, lines: Iterator[bytes], *, before: int, progress: Progress) -> None:
        self._lines = lines
        self._before = before
        self._progress = progress
        self.number = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.number += 1
            if self.number % PROGRESS_EVERY == 0:
                self._progress(self._before + self.number)
            yield line


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield what the file holds now; what is written to it meanwhile is left for the next time."""
    if not path.exists():
        return
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0 and (piece := file.read(min(PART_BYTES, left))):
            left -= len(piece)
            yield piece
