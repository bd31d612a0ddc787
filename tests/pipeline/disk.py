"""What a power cut could undo: which writes were committed without waiting for the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

_WRITES = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)")


@contextmanager
def undone_by_a_power_cut() -> Iterator[list[tuple[str, str]]]:
    """Yield a list that gets, for each write that did not wait for the disk, table and words.

    The words are the statement and what was put into it.
    """
    found: list[tuple[str, str]] = []

    def look(_: object, cursor: Any, statement: str, values: object, *_more: object) -> None:
        written = _WRITES.match(statement)
        if written and not _waits(cursor.connection):
            found.append((written[1], f"{statement} {values}"))

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", look)


def _waits(connection: Any) -> bool:
    sqlite = type(connection).__module__.startswith("sqlite3")
    setting = "PRAGMA synchronous" if sqlite else "SHOW synchronous_commit"
    (value,) = connection.cursor().execute(setting).fetchone()
    return value in (2, "on")
