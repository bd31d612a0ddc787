"""A database that is away is one error of ours, never the driver's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.errors import StoreUnavailable
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts


def test_a_database_that_cannot_be_opened_says_which_without_its_password(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "x.sqlite3"
    database = Database.open(f"sqlite:///{missing}", data_dir=tmp_path)

    with pytest.raises(StoreUnavailable, match=r"missing/x\.sqlite3"), database.read() as tx:
        artefacts.generation(tx)
    with pytest.raises(StoreUnavailable), database.write():
        pass
    database.close()
