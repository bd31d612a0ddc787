"""The process that is killed while somebody leaves: ``leaver.py URL FOLDER DOOR MOMENT TOKEN``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syndicator.model import SuppressedBecause
from syndicator.pipeline.issues.bounces import BounceReader, process_report
from syndicator.pipeline.people.erase import erase_address
from syndicator.pipeline.people.leave import leave, suppress
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import Journal, JournalKind
from tests.builders import HOME
from tests.pipeline.readers import ADDRESS, KEY, Readers

BEFORE, WRITTEN, COMMITTED = "before the line", "line written", "committed"


def die() -> None:
    """End at once, as a power switch does to a process."""
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly(Journal):
    """A journal on whose line of a person the process dies, before or after it is on the disk."""

    def __init__(self, path: Path, moment: str) -> None:
        super().__init__(path)
        self._moment = moment

    def append_each(self, kind: JournalKind, *, subjects: Iterable[str], at: datetime) -> None:
        of_issue = kind in (JournalKind.ISSUE_STARTED, JournalKind.ISSUE_SENT)
        if self._moment == BEFORE and not of_issue:
            die()
        super().append_each(kind, subjects=subjects, at=at)
        if self._moment == WRITTEN and not of_issue:
            die()


def leave_by(readers: Readers, journal: Journal, door: str, token: str) -> None:
    """Let Maija leave by one of the doors."""
    subscriptions = replace(readers.subscriptions, journal=journal)
    match door:
        case "page":
            leave(subscriptions, token)
        case "mail":
            process_report(
                _bounce_reader(readers, journal), f"Subject: unsubscribe-{token}\n\n".encode()
            )
        case "command":
            suppress(subscriptions, subscriptions.hash_of(ADDRESS), SuppressedBecause.BY_EDITOR)
        case "erasure":
            erase_address(subscriptions, ADDRESS)
        case _:
            raise ValueError(door)


def _bounce_reader(readers: Readers, journal: Journal) -> BounceReader:
    return BounceReader(
        database=readers.database,
        journal=journal,
        unsubscribe_keys=(KEY,),
        host="seutu.example.org",
        now=readers.clock,
    )


def main(url: str, folder: str, door: str, moment: str, token: str) -> None:
    """Leave, and die at the moment."""
    database = Database.open(url or None, data_dir=Path(folder) / "store", **HOME)
    readers = Readers(database=database, folder=Path(folder))
    leave_by(readers, Deadly(Path(folder) / "journal.jsonl", moment), door, token)
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
