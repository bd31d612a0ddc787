"""One statement for many rows, without what SQLAlchemy does for each row again.

A first pull writes a thousand values; to let SQLAlchemy bind them took as long as SQLite takes to
write them. The statement is compiled once, the same moments and words are bound once, and the
driver gets plain tuples. psycopg has no such cost worth saving: it gets the statement as usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Delete, Insert, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from syndicator.store.db.columns import BindProcessor, UtcDateTime, Word
from syndicator.store.db.database import Tx

Statement = Insert | Update | Delete


def run(tx: Tx, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run ``statement`` for each row; no rows is nothing done.

    Args:
        statement: a module's constant: what is compiled is kept for as long as the program runs.
        rows: of the same names all; every column that has no other source.
    """
    if not rows:
        return
    if tx.dialect != "sqlite":
        tx.execute(statement, rows)
        return
    sql, binds = _compiled(statement, tuple(rows[0]), tx.connection.dialect)
    columns = []
    for bind in binds:
        if bind.constant:
            columns.append([bind.value] * len(rows))
        else:
            values = map(itemgetter(bind.name), rows)
            columns.append(list(map(bind.processor, values) if bind.processor else values))
    tx.connection.exec_driver_sql(sql, list(zip(*columns, strict=True)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bind:
    """One question mark: whose value stands there, or which, already as the driver takes it."""

    name: str
    constant: bool
    value: Any
    processor: BindProcessor | None


@lru_cache(maxsize=64)
def _compiled(
    statement: Statement, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, list[_Bind]]:
    """Return the SQL and what stands at its question marks, in their order."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)
    return str(compiled), [
        _bind(compiled.binds[name], name, given=name in names, dialect=dialect)
        for name in compiled.positiontup or ()
    ]


def _bind(parameter: BindParameter[Any], name: str, *, given: bool, dialect: Dialect) -> _Bind:
    if not given and parameter.required:
        raise TypeError(f"{name}: no value for it in a row")
    type_ = parameter.type
    processor = type_.dialect_impl(dialect).bind_processor(dialect)
    # The moments and words of one pull are few: now, its states, its days. Texts all differ.
    if processor is not None and isinstance(type_, UtcDateTime | Word):
        processor = lru_cache(maxsize=256)(processor)
    value = None if given else parameter.effective_value
    if processor is not None and not given:
        value = processor(value)
    return _Bind(name=name, constant=not given, value=value, processor=processor)
