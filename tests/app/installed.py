"""A database of a test's own, of each kind, to be lost and restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from syndicator.store.db.database import FILE_NAME


class Place:
    """Where the database of an installation is: a file in its folder, or a PostgreSQL."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.folder = folder
        self.url = url

    def lose(self) -> None:
        """Let the database be gone, and an empty one be there."""
        if self.url is None:
            for path in self.folder.glob(f"{FILE_NAME}*"):
                path.unlink()
        else:
            _execute(self.url, "DROP DATABASE lost WITH (FORCE)", "CREATE DATABASE lost")


@contextmanager
def place(folder: Path, postgresql: str | None) -> Iterator[Place]:
    """Yield an empty database that is gone afterwards.

    Args:
        postgresql: a server; ``None`` is a file.
    """
    if postgresql is None:
        yield Place(folder, None)
        return
    _execute(postgresql, "CREATE DATABASE lost")
    url = make_url(postgresql).set(database="lost").render_as_string(hide_password=False)
    try:
        yield Place(folder, url)
    finally:
        _execute(postgresql, "DROP DATABASE lost WITH (FORCE)")


def _execute(url: str, *statements: str) -> None:
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def server(request: pytest.FixtureRequest) -> str | None:
    """Return the server of a fixture that is run once for each kind of database."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))
