"""What an editor does to entries: keep back, release, take down, let come back.

Each is one durable transaction; what readers see then is what ``publish`` makes of it.
"""

from __future__ import annotations

from datetime import datetime

from syndicator.store.db.database import Database
from syndicator.store.feeds import moderation
from syndicator.store.issues import redactions


def hold(database: Database, entry_id: int, *, now: datetime) -> bool:
    """Keep a shown entry back until it is released; False if it was not shown."""
    with database.write(durable=True) as tx:
        return moderation.hold(tx, entry_id, now=now)


def release(database: Database, entry_id: int, *, now: datetime) -> bool:
    """Show a held entry, which may be mailed from ``now`` on; False if it was not held."""
    with database.write(durable=True) as tx:
        return moderation.release(tx, entry_id, now=now)


def take_down(database: Database, entry_id: int, *, now: datetime) -> bool:
    """Take an entry down for good, out of frozen issues too; its texts are deleted.

    It may not come back, by whatever id, link or text. False if it is not there, or was taken down
    before.
    """
    with database.write(durable=True) as tx:
        return redactions.take_down(tx, entry_id, now=now)


def let_come_back(database: Database, entry_id: int, *, now: datetime) -> bool:
    """Let an entry that was taken down come with the next answer of its source; False if none."""
    with database.write(durable=True) as tx:
        return moderation.show(tx, entry_id, now=now)
