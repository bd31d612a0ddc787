"""A database and its keyring belong together: made together, and neither goes on without the other.

On both databases. ``db upgrade`` is run as processes of their own where they start at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from syndicator.app import opened
from syndicator.cli.exits import Exit
from syndicator.config import load
from syndicator.errors import KeyringMissing
from syndicator.pipeline.data_folder import KEYRING, keyring
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.cli.world import Output, Town

UPGRADE = [sys.executable, "-m", "syndicator", "db", "upgrade"]
REKEY = [sys.executable, "-m", "syndicator", "db", "rekey"]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared.sqlite3'}"
        return
    server: str = request.getfixturevalue("postgresql_url")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE emptied"))
    yield server.replace("/postgres?", "/emptied?")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE emptied WITH (FORCE)"))
    engine.dispose()


def machine(folder: Path, url: str) -> Town:
    """Return an installation with a data folder of its own on the database at ``url``."""
    environment = {"SYNDICATOR_DATA": str(folder), "SYNDICATOR_DATABASE_URL": url}
    return Town(folder=folder, blogs="", environment=environment)


def start(environment: Mapping[str, str]) -> None:
    with opened(load(environment)):
        pass


def refused(environment: Mapping[str, str]) -> str:
    with pytest.raises(KeyringMissing) as caught:
        start(environment)
    return str(caught.value)


def test_the_first_start_on_an_empty_database_makes_schema_and_keys(
    empty_url: str, tmp_path: Path
) -> None:
    here = machine(tmp_path / "one", empty_url)

    start(here.environment)

    made = keyring(tmp_path / "one")
    start(here.environment)
    assert keyring(tmp_path / "one") == made


def test_a_process_without_the_keys_of_its_database_refuses_and_names_the_file(
    empty_url: str, tmp_path: Path
) -> None:
    first, second = (machine(tmp_path / name, empty_url) for name in ("one", "two"))
    assert first.says("db", "upgrade").code == Exit.DONE

    said: Output = second.says("status")

    assert said.code == Exit.WRONG
    assert f"{second.folder / KEYRING}: the keys of the database are not here" in said.err
    assert "copy keyring.json there" in said.err
    assert not (second.folder / KEYRING).exists()

    (second.folder / KEYRING).write_bytes((first.folder / KEYRING).read_bytes())
    start(second.environment)


def test_the_keys_of_another_database_are_refused(empty_url: str, tmp_path: Path) -> None:
    first, second = (machine(tmp_path / name, empty_url) for name in ("one", "two"))
    start(first.environment)
    keyring(second.folder)

    assert "these are not the keys of the database" in refused(second.environment)


def test_whoever_lost_the_keys_goes_on_with_new_ones_after_saying_so(
    empty_url: str, tmp_path: Path
) -> None:
    here = machine(tmp_path / "one", empty_url)
    start(here.environment)
    (here.folder / KEYRING).unlink()
    assert "`syndicator db rekey`" in refused(here.environment)

    unasked = subprocess.run(
        REKEY, env={**os.environ, **here.environment}, stdin=subprocess.DEVNULL, check=False
    )
    assert unasked.returncode == Exit.IN_PART, "nobody said yes"
    assert "not here" in refused(here.environment)
    assert here.says("db", "rekey", "--yes").code == Exit.DONE

    start(here.environment)


def test_of_machines_that_start_at_once_one_makes_the_keys_and_the_other_is_told(
    empty_url: str, tmp_path: Path
) -> None:
    machines = [machine(tmp_path / name, empty_url) for name in ("one", "two")]
    started = [
        subprocess.Popen(UPGRADE, env={**os.environ, **each.environment}) for each in machines
    ]
    assert [process.wait(timeout=120) for process in started] == [Exit.DONE, Exit.DONE]

    owners = [each for each in machines if (each.folder / KEYRING).exists()]
    assert len(owners) == 1
    (other,) = (each for each in machines if each not in owners)
    start(owners[0].environment)
    assert "copy keyring.json" in refused(other.environment)


def test_a_sqlite_from_before_it_knew_its_keyring_takes_the_one_beside_it(tmp_path: Path) -> None:
    """And a PostgreSQL from before does not have keys made for it."""
    database = Database.open(None, data_dir=tmp_path, **HOME)
    migrate.upgrade(database)
    database.close()

    start({"SYNDICATOR_DATA": str(tmp_path)})

    made = keyring(tmp_path)
    (tmp_path / KEYRING).unlink()
    assert "not here" in refused({"SYNDICATOR_DATA": str(tmp_path)})
    assert made


def test_a_postgresql_that_others_have_used_never_has_keys_made_for_it(
    postgresql_url: str, tmp_path: Path
) -> None:
    database = Database.open(postgresql_url, data_dir=tmp_path, **HOME)
    migrate.upgrade(database)
    database.close()
    environment = {"SYNDICATOR_DATA": str(tmp_path), "SYNDICATOR_DATABASE_URL": postgresql_url}

    assert "not here" in refused(environment)
    assert not (tmp_path / KEYRING).exists()
