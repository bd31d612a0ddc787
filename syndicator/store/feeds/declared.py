"""Since when this database has had a network: what is empty is dated by it, for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Insert, func, select
from sqlalchemy.dialects import postgresql, sqlite

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.outgoing import Meta

BEFORE_ANY = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the moment while no sources were declared yet."""

_NAME = "declared"


def _insert_once(make: Any) -> Insert:
    statement: Insert = make(table_of(Meta)).on_conflict_do_nothing(index_elements=["name"])
    return statement


_INSERT: Mapping[str, Insert] = {
    "sqlite": _insert_once(sqlite.insert),
    "postgresql": _insert_once(postgresql.insert),
}


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
