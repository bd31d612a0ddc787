"""Rows that may be there already, in the words of each database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_once(table: Table, *, unique: Sequence[str] | None = None) -> Mapping[str, Insert]:
    """Return, for each dialect, the INSERT that does nothing if the row is there already.

    Let it return a column where that is to be known: PostgreSQL does not count the rows of an
    INSERT.

    Args:
        unique: the columns that say so; ``None`` is whichever of the table's are unique.
    """
    return {
        dialect: insert(table).on_conflict_do_nothing(index_elements=unique)
        for dialect, insert in _INSERTS.items()
    }


def upsert(
    table: Table, *, unique: Sequence[str], changes: Callable[[Any], Mapping[str, Any]]
) -> Mapping[str, Insert]:
    """Return, for each dialect, the INSERT that changes the row if it is there already.

    Args:
        unique: the columns that say so.
        changes: what the row gets, by column, from the columns of the new one.
    """
    statements = {dialect: insert(table) for dialect, insert in _INSERTS.items()}
    return {
        dialect: statement.on_conflict_do_update(
            index_elements=unique, set_=changes(statement.excluded)
        )
        for dialect, statement in statements.items()
    }
