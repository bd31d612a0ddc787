"""The process that is killed while a letter is refused: ``refuser.py URL FOLDER MOMENT``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from syndicator.errors import PermanentFailure
from syndicator.model import Mail, Stage
from syndicator.pipeline.issues.newsletter_sender import TransactionalSender
from syndicator.pipeline.people.transactional import Posted, post_letters
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import Journal
from tests.builders import HOME
from tests.crash.leaver import Deadly, die
from tests.crash.sender import world_of


class Refusing:
    """A relay that knows nobody."""

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:  # noqa: ARG002
        raise PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)


@contextmanager
def refusing() -> Iterator[Refusing]:
    """Yield a connection to that relay."""
    yield Refusing()


def post(database: Database, journal: Journal, *, now: datetime) -> Posted:
    """Offer the letters that are open to a relay that refuses every one."""
    room = TransactionalSender(
        write=lambda letter: Mail(language=letter.language, subject="", text="", html=""),
        message=lambda _mail, _letter: b"",
        connect=refusing,
        sender=lambda _: "palautukset@example.org",
        journal=journal,
    )
    return post_letters(replace(world_of(database), now=lambda: now), room)


def main(url: str, folder: str, moment: str, now: str) -> None:
    """Post, and die at the moment."""
    database = Database.open(url or None, data_dir=Path(folder) / "store", **HOME)
    journal = Deadly(Path(folder) / "journal.jsonl", moment)
    post(database, journal, now=datetime.fromisoformat(now))
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
