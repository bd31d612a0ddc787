"""Tables as they stand in a database of whichever revision, and their rows as lines of JSON.

Moments are ISO 8601 with their offset, bytes are base64. A line read back gives the same row on
either database.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary, MetaData, Table, select

from syndicator.store.db.columns import UtcDateTime
from syndicator.store.db.database import Tx

AT_ONCE = 1_000
"""Rows in hand while a table is read."""

Change = Callable[[Any], Any]


def tables(tx: Tx, names: Collection[str]) -> tuple[Table, ...]:
    """Return those of the tables that exist, as they stand, those that others refer to first."""
    schema = MetaData()
    schema.reflect(bind=tx.connection, only=lambda name, _: name in names)
    for table in schema.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, DateTime):
                column.type = UtcDateTime()
            elif isinstance(column.type, JSON):
                column.type = JSON(none_as_null=bool(column.nullable))
    return tuple(table for table in schema.sorted_tables if table.name in names)


def lines(tx: Tx, table: Table) -> Iterator[bytes]:
    """Yield every row of a table as a line, never more than ``AT_ONCE`` rows in hand."""
    changes = _changes(table, _TO_JSON)
    stored = tx.connection.execute(select(table), execution_options={"yield_per": AT_ONCE})
    for row in stored.mappings():
        values = dict(row)
        for name, change in changes:
            if values[name] is not None:
                values[name] = change(values[name])
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def rows(table: Table, content: bytes) -> Iterator[dict[str, Any]]:
    """Yield the rows that ``lines`` made, as they are inserted into ``table``."""
    changes = _changes(table, _FROM_JSON)
    for line in content.splitlines():
        values: dict[str, Any] = json.loads(line)
        for name, change in changes:
            if values[name] is not None:
                values[name] = change(values[name])
        yield values


def _changes(table: Table, by_type: Mapping[type, Change]) -> list[tuple[str, Change]]:
    return [
        (column.name, change)
        for column in table.columns
        for kind, change in by_type.items()
        if isinstance(column.type, kind)
    ]


_TO_JSON: Mapping[type, Change] = {
    UtcDateTime: datetime.isoformat,
    LargeBinary: lambda value: base64.b64encode(value).decode(),
}
_FROM_JSON: Mapping[type, Change] = {
    UtcDateTime: datetime.fromisoformat,
    LargeBinary: base64.b64decode,
}
