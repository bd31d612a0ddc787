"""Statements that run for every message: compiled once, then handed to the driver as they are.

What SQLAlchemy does anew for each execution costs several times what the database does. The
statement is still written in its language, once for both databases, and its types still say how a
value is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from syndicator.store.db.columns import BindProcessor
from syndicator.store.db.database import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    """A statement as one driver takes it. ``places`` are the names in their order, where it counts
    places; ``constants`` are the values that the statement itself holds, as the driver takes them.
    """

    sql: str
    places: Sequence[str] | None
    constants: Mapping[str, Any]
    processors: Mapping[str, BindProcessor]


class Prepared:
    """An UPDATE that is run with plain values, again and again."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, tx: Tx, row: Mapping[str, Any]) -> int:
        """Run it with the values of its named parameters; return how many rows it changed.

        Raises:
            DBAPIError: the driver's error under SQLAlchemy's name, as from ``Tx.execute``.
        """
        compiled = self._compiled.get(tx.dialect)
        if compiled is None:
            compiled = _compiled(self._statement, tx.connection.dialect)
            self._compiled[tx.dialect] = compiled
        processed = {name: process(row[name]) for name, process in compiled.processors.items()}
        values = {**compiled.constants, **processed}
        places = compiled.places
        parameters = values if places is None else [values[name] for name in places]
        return _run(tx, compiled.sql, parameters)


def _run(tx: Tx, sql: str, parameters: Any) -> int:
    driver: Any = tx.connection.connection.dbapi_connection
    base = tx.connection.dialect.loaded_dbapi.Error
    try:
        cursor = driver.execute(sql, parameters)
    except base as error:
        raise DBAPIError.instance(sql, None, error, base, hide_parameters=True) from error
    number = int(cursor.rowcount)
    cursor.close()
    return number


def _compiled(statement: Update, dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    processors: dict[str, BindProcessor] = {}
    constants: dict[str, Any] = {}
    for name, parameter in compiled.binds.items():
        impl = parameter.type.dialect_impl(dialect)
        processor = impl.bind_processor(dialect) or (lambda value: value)
        if parameter.required:
            processors[name] = processor
        else:
            constants[name] = processor(parameter.effective_value)
    return _Compiled(
        sql=compiled.string,
        places=compiled.positiontup,
        constants=constants,
        processors=processors,
    )
