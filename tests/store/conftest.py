"""Every store test runs on both databases; tables are emptied between tests, not made anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from syndicator.store.db import migrate
from syndicator.store.db.base import Base
from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.store.postgres import Missing, Server


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a PostgreSQL that lives as long as the test run."""
    try:
        server = Server()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without a row, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    database = Database.open(None, data_dir=folder, **HOME)
    migrate.upgrade(database)
    with database.write() as tx:
        tx.connection.exec_driver_sql("SELECT 1")
    database.close()
    return folder


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str) -> Iterator[Database]:
    """The PostgreSQL, migrated."""
    database = Database.open(postgresql_url, data_dir=Path(), **HOME)
    migrate.upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with today's schema, once of each kind."""
    if request.param == "sqlite":
        empty: Path = request.getfixturevalue("empty_sqlite")
        shutil.copytree(empty, tmp_path / "store")
        fresh = Database.open(None, data_dir=tmp_path / "store", **HOME)
        yield fresh
        fresh.close()
        return
    shared: Database = request.getfixturevalue("migrated_postgresql")
    empty_tables(shared)
    yield shared


def empty_tables(database: Database) -> None:
    """Leave no row and begin every number at 1. TRUNCATE makes files anew: ten times slower."""
    tables = list(reversed(Base.metadata.sorted_tables))
    statements = [f"DELETE FROM {table}" for table in tables]
    if database.dialect == "postgresql":
        statements += [
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 1, false)"
            for table in tables
            if table.autoincrement_column is not None
        ]
    with database.write() as tx:
        for statement in statements:
            tx.connection.exec_driver_sql(statement)
