"""The process that is killed while a letter is refused: ``refuser.py URL FOLDER MOMENT``."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from syndicator.errors import PermanentFailure
from syndicator.model import Mail, Stage, TransactionalEmail
from syndicator.pipeline.people.transactional import SentEmails, send_emails
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import Journal
from tests.builders import HOME
from tests.crash.leaver import Deadly, die
from tests.pipeline.office import Connects, Pigeon
from tests.pipeline.readers import Readers, a_sender
from tests.pipeline.world import Clock


class Refusing(Pigeon):
    """A relay that knows nobody."""

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:  # noqa: ARG002
        raise PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)


def post(readers: Readers, journal: Journal) -> SentEmails:
    """Offer the emails that are open to a relay that refuses every one."""

    def write(email: TransactionalEmail) -> Mail:
        return Mail(language=email.language, subject="", text="", html="")

    return send_emails(a_sender(readers, write=write, relay=Connects(Refusing), journal=journal))


def main(url: str, folder: str, moment: str, now: str) -> None:
    """Post, and die at the moment."""
    database = Database.open(url or None, data_dir=Path(folder) / "store", **HOME)
    clock = Clock(datetime.fromisoformat(now))
    readers = Readers(database=database, folder=Path(folder), clock=clock)
    post(readers, Deadly(Path(folder) / "journal.jsonl", moment))
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
