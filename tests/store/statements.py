"""What a database is asked, seen from outside; and what a slow one does to those who wait."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from syndicator.store.db.database import Database

Heard = Callable[[str, Any], None]
"""Takes a statement and its parameters."""


@contextmanager
def heard(database: Database, call: Heard, *, after: bool = False) -> Iterator[None]:
    """Call ``call`` for each statement of a database while the block runs, on the thread that
    executes it: it waits as long as the call. ``after``: once there is an answer."""

    def listen(
        connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> None:
        if connection.engine.url == database.url:
            call(statement, parameters)

    name = "after_cursor_execute" if after else "before_cursor_execute"
    event.listen(Engine, name, listen)
    try:
        yield
    finally:
        event.remove(Engine, name, listen)


def reading(table: str, call: Callable[[], None]) -> Heard:
    """Return what calls ``call`` for each statement that reads a table first of all."""
    wanted = re.compile(rf"^SELECT .*?\bFROM {table}\b", re.DOTALL)

    def listen(statement: str, _: Any) -> None:
        match = wanted.match(statement)
        if match and match[0].count("FROM ") == 1:
            call()

    return listen
