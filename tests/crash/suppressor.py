"""The process that is killed while it suppresses whom an issue's failures called unknown."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from syndicator.errors import PermanentFailure
from syndicator.model import Stage
from syndicator.pipeline.issues.send import deliver
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import Journal
from tests.builders import HOME
from tests.crash.leaver import Deadly, die
from tests.crash.sender import sender_to
from tests.pipeline.office import Connects, Pigeon


class Picky(Pigeon):
    """Knows all but one reader in ``so_many``."""

    so_many: int = 40

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        if int(recipient.partition("@")[0].removeprefix("lukija")) % self.so_many == 0:
            raise PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)
        super().send(message, sender=sender, recipient=recipient)


def send(database: Database, folder: Path, journal: Journal, *, so_many: int) -> list[str]:
    """Send issue 1 to a relay that does not know one in so many; return who took it.

    Args:
        folder: where the keys lie.
    """
    relay = Picky()
    relay.so_many = so_many
    sender = sender_to(1, database, connections=1, folder=folder)
    deliver(replace(sender, relay=Connects(lambda: relay), journal=journal), 1)
    return relay.recipients


def main(url: str, folder: str, moment: str) -> None:
    """Send, and die at the moment."""
    database = Database.open(url or None, data_dir=Path(folder) / "store", **HOME)
    journal = Deadly(Path(folder) / "journal.jsonl", moment)
    send(database, Path(folder), journal, so_many=40)
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
