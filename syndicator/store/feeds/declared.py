"""Since when this database has had a network: what is empty is dated by it, for ever."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from syndicator.store.db import meta
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow

BEFORE_ANY = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment while no sources were declared yet."""

_NAME = "declared"


def since(tx: Tx) -> datetime:
    """Return when the network was declared here first, ``BEFORE_ANY`` if it was not yet."""
    word = meta.get(tx, _NAME)
    return BEFORE_ANY if word is None else datetime.fromisoformat(word)


def remember(tx: Tx, *, now: datetime) -> None:
    """Keep the moment if none is kept yet.

    A database that is older than this record goes back to the first source it read.
    """
    if since(tx) != BEFORE_ANY:
        return
    read = tx.execute(select(func.min(SourceRow.first_seen))).scalar()
    moment = now if read is None else min(now, read)
    meta.put_once(tx, _NAME, moment.isoformat())
