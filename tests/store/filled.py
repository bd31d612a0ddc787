"""Rows in every table, whatever the revision, and what stands in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    insert,
    select,
)

from syndicator.store.db.base import Base
from syndicator.store.db.columns import UtcDateTime, Word
from syndicator.store.db.database import Tx
from syndicator.store.upkeep import table_dump
from tests.builders import NOW

ROWS = 3


def fill(tx: Tx, *, rows: int = ROWS) -> set[str]:
    """Put rows into every table of ours that exists; return their names.

    Every second row leaves out what may be absent.
    """
    tables = table_dump.tables(tx, Base.metadata.tables.keys())
    made: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        made[table.name] = [_row(table, number, made) for number in range(1, rows + 1)]
        tx.execute(insert(table), made[table.name])
    return set(made)


def _row(table: Table, number: int, made: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {column.name: _value(column, number, made) for column in table.columns}


def _value(column: Column[Any], number: int, made: dict[str, list[dict[str, Any]]]) -> Any:
    if column.nullable and number % 2 == 0:
        return None
    for key in column.foreign_keys:
        parents = made[key.column.table.name]
        return parents[number - 1][key.column.name]
    return _plain(column, number)


def _plain(column: Column[Any], number: int) -> Any:
    words = _words(column)
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return moment(number)
    if isinstance(kind, JSON):
        return {"sanoi": ["Hyvää \N{SNOWMAN}", number, None, {"a": 0.5}]}
    if isinstance(kind, Boolean):
        return number % 2 == 1
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) * number
    if isinstance(kind, Integer):
        return number
    assert isinstance(kind, String | Text)
    if words:
        return words[number % len(words)]
    text = f"{number} {column.name} åäö \u2028 \r\n\t\"'\\"
    return text if kind.length is None else f"{number}{column.name}"[: kind.length]


def moment(number: int) -> datetime:
    """Return a moment with microseconds, far back for some."""
    return NOW - timedelta(days=number * 365, microseconds=number)


def _words(column: Column[Any]) -> tuple[str, ...]:
    ours = Base.metadata.tables.get(column.table.name)
    kind = None if ours is None or column.name not in ours.c else ours.c[column.name].type
    return tuple(str(word) for word in kind.words) if isinstance(kind, Word) else ()


def columns(tx: Tx) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table of ours."""
    return {
        table.name: tuple(table.c.keys()) for table in table_dump.tables(tx, Base.metadata.tables)
    }


def contents(
    tx: Tx, *, without: Collection[str] = (), only: Mapping[str, Sequence[str]] | None = None
) -> dict[str, list[str]]:
    """Return every row of every table of ours, in an order of its own.

    Args:
        only: the columns to look at, for tables that may have more by now.
    """
    found = {}
    for table in table_dump.tables(tx, Base.metadata.tables.keys() - set(without)):
        named = only.get(table.name) if only else None
        rows = tx.execute(select(*(table.c[name] for name in named or table.c.keys()))).mappings()
        found[table.name] = sorted(repr(sorted(dict(row).items())) for row in rows)
    return found
