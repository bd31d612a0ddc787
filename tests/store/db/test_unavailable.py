"""A database that is away is one error of ours, never the driver's own."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.errors import StoreUnavailable
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.db.deadline import REQUEST, Deadline
from syndicator.store.feeds import artefacts
from tests.builders import HOME
from tests.store.db.test_database import a_notice


def test_a_database_that_cannot_be_opened_says_which_without_its_password(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "x.sqlite3"
    database = Database.open(f"sqlite:///{missing}", data_dir=tmp_path, **HOME)

    with pytest.raises(StoreUnavailable, match=r"missing/x\.sqlite3"), database.read() as tx:
        artefacts.generation(tx)
    with pytest.raises(StoreUnavailable), database.write():
        pass
    database.close()


def test_a_server_that_is_away_is_named_without_the_password_in_its_addresses_query() -> None:
    pytest.importorskip("psycopg")
    url = "postgresql+psycopg://127.0.0.1:1/towns?user=town&password=salasana&connect_timeout=2"
    database = Database.open(url, data_dir=Path(), **HOME)

    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:1/towns") as raised, database.read():
        pass

    assert "salasana" not in str(raised.value)
    assert "salasana" not in database.name
    database.close()


def test_a_request_waits_for_a_row_only_as_long_as_a_person_does_and_other_work_for_ever(
    migrated_postgresql: Database,
) -> None:
    database = migrated_postgresql
    with database.write() as tx:
        notices.put(tx, a_notice())

    def put(wait: timedelta | None) -> str | None:
        """Write the row; return why it could not be written."""
        REQUEST.set(None if wait is None else Deadline(wait=wait, monotonic=time.monotonic))
        try:
            with database.write() as tx:
                notices.put(tx, a_notice())
        except StoreUnavailable as error:
            return str(error)
        return None

    with ThreadPoolExecutor() as threads:
        with database.write() as tx:
            notices.put(tx, a_notice())
            patient = threads.submit(put, None)
            refused = threads.submit(put, timedelta(milliseconds=300)).result(timeout=10)
        assert patient.result(timeout=10) is None

    assert refused is not None
    assert "lock timeout" in refused
