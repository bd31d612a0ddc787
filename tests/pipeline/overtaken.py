"""Something else done between what was read and the write that follows from it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast

from syndicator.store.db.database import Database, Tx


class Overtaken:
    """A database whose first write comes after something else was done."""

    def __init__(self, database: Database, other: Callable[[], object]) -> None:
        self._database = database
        self._other: Callable[[], object] | None = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, **how: bool) -> AbstractContextManager[Tx]:
        other, self._other = self._other, None
        if other is not None:
            other()
        return self._database.write(**how)


def overtaken(database: Database, other: Callable[[], object]) -> Database:
    """Return the database as it is for whoever is overtaken by ``other``."""
    return cast("Database", Overtaken(database, other))
