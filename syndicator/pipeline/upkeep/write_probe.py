"""The smallest write there is: whether the database takes one."""

from __future__ import annotations

from syndicator.store.db.database import Database
from syndicator.store.feeds import dirty_channels


def write_probe(database: Database) -> None:
    """Write a number to the database.

    Raises:
        StoreUnavailable: it cannot be written, as on a full disk.
    """
    with database.write(urgent=True) as tx:
        dirty_channels.next_number(tx, "probe")
