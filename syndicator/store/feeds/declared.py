"""Since when this database has had a network: what is empty is dated by it, for ever."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.outgoing import Meta
from syndicator.store.db.upsert import insert_once

BEFORE_ANY = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment while no sources were declared yet."""

_NAME = "declared"


_INSERT = insert_once(table_of(Meta), unique=["name"])


def since(tx: Tx) -> datetime:
    """Return when the network was declared here first, ``BEFORE_ANY`` if it was not yet."""
    word = tx.execute(select(Meta.value).where(Meta.name == _NAME)).scalar()
    return BEFORE_ANY if word is None else datetime.fromisoformat(word)


def remember(tx: Tx, *, now: datetime) -> None:
    """Keep the moment if none is kept yet.

    A database that is older than this record goes back to the first source it read.
    """
    if since(tx) != BEFORE_ANY:
        return
    read = tx.execute(select(func.min(SourceRow.first_seen))).scalar()
    moment = now if read is None else min(now, read)
    tx.execute(_INSERT[tx.dialect], {"name": _NAME, "value": moment.isoformat()})
