"""Statements that run for every message: compiled once, then handed to the driver as they are.

What SQLAlchemy does anew for each execution costs several times what the database does. The
statement is still written in its language, once for both databases, and its types still say how a
value is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from syndicator.store.db.database import Tx

Keep = Callable[[Any], Any]
"""Turns a value into what the driver takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    """A statement as one driver takes it. ``places`` are the names in their order, where it counts
    places; ``constants`` are the values that the statement itself holds, as the driver takes them.
    """

    sql: str
    places: Sequence[str] | None
    constants: Mapping[str, Any]
    keeps: Mapping[str, Keep]


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
        keeps = compiled.keeps
        values = {**compiled.constants, **{name: keeps[name](row[name]) for name in keeps}}
        given = values if compiled.places is None else [values[name] for name in compiled.places]
        return _run(tx, compiled.sql, given)


def _run(tx: Tx, sql: str, given: Any) -> int:
    driver: Any = tx.connection.connection.dbapi_connection
    base = tx.connection.dialect.loaded_dbapi.Error
    try:
        cursor = driver.execute(sql, given)
    except base as error:
        raise DBAPIError.instance(sql, None, error, base, hide_parameters=True) from error
    number = int(cursor.rowcount)
    cursor.close()
    return number


def _compiled(statement: Update, dialect: Dialect) -> _Compiled:
    made: Any = statement.compile(dialect=dialect)
    keeps: dict[str, Keep] = {}
    constants: dict[str, Any] = {}
    for name, parameter in made.binds.items():
        keep = parameter.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is
        if parameter.required:
            keeps[name] = keep
        else:
            constants[name] = keep(parameter.effective_value)
    return _Compiled(sql=made.string, places=made.positiontup, constants=constants, keeps=keeps)


def _as_it_is(value: Any) -> Any:
    return value
