"""Ids for rows that are written many at a time, known before they are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, Table, func, select, text

from syndicator.store.db.database import Tx

_NEXT = text(
    "SELECT nextval(pg_get_serial_sequence(:named, 'id')) FROM generate_series(1, :how_many)"
)


def take(tx: Tx, table: Table, how_many: int) -> Sequence[int]:
    """Return ids for as many new rows of a table numbered by ``id``, growing; nobody else has them.

    The rows must be written in this transaction: on SQLite, where nobody else writes meanwhile,
    they are simply the next ones.
    """
    if not how_many:
        return ()
    if tx.dialect == "postgresql":
        named = {"named": table.name, "how_many": how_many}
        return sorted(tx.execute(_NEXT, named).scalars())
    last = tx.execute(_last(table)).scalar_one()
    return range(last + 1, last + 1 + how_many)


@cache
def _last(table: Table) -> Select[tuple[int]]:
    return select(func.coalesce(func.max(table.c.id), 0))
