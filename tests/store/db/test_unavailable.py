"""A database that is away is one error of ours, never the driver's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.errors import StoreUnavailable
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts
from tests.builders import HOME


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
