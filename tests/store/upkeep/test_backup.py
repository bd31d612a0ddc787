"""What goes into a backup comes out of it, in either database (promise 10)."""

from __future__ import annotations

import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from syndicator.errors import ArchiveDamaged, RestoreRefused, SchemaMismatch
from syndicator.model import Cadence, Selection
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from syndicator.store.people import subscribers
from syndicator.store.upkeep import backup_file
from syndicator.store.upkeep import restore as restores
from syndicator.store.upkeep.backup import LEFT_OUT, back_up
from syndicator.store.upkeep.backup_file import Manifest
from tests.builders import HOME, NOW
from tests.store.filled import columns, contents, fill

KEYS = b'{"session": []}'


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database to restore into; the SQLite one has no schema yet."""
    if request.param == "sqlite":
        (tmp_path / "target").mkdir()
        fresh = Database.open(None, data_dir=tmp_path / "target", **HOME)
        yield fresh
        fresh.close()
        return
    shared: Database = request.getfixturevalue("migrated_postgresql")
    yield shared


def taken(database: Database, path: Path) -> Manifest:
    """Return what a backup written to ``path`` is."""
    with backup_file.written(path, at=NOW) as out:
        return _back_up(database, out)


def _back_up(database: Database, out: backup_file.Writer) -> Manifest:
    return back_up(
        database,
        out,
        keyring=KEYS,
        journal=Path("/nonexistent"),
        program="0.1.0",
        now=NOW,
        progress=lambda _: None,
    )


def put_back(database: Database, path: Path) -> Manifest:
    """Load a backup, verified, and return what it is."""
    manifest = backup_file.verify(path)
    with database.write() as tx:
        restores.load(tx, path, manifest, progress=lambda _: None)
    return manifest


def test_every_row_of_every_table_comes_back_in_either_database(
    database: Database, target: Database, tmp_path: Path
) -> None:
    with database.write() as tx:
        names = fill(tx)
        before = contents(tx, without=LEFT_OUT)
    manifest = taken(database, tmp_path / "b.tar.gz")

    assert put_back(target, tmp_path / "b.tar.gz") == manifest

    with target.read() as tx:
        assert contents(tx, without=LEFT_OUT) == before
    migrate.check(target)
    assert set(manifest.tables) == names - set(LEFT_OUT)
    assert all(manifest.tables.values())


def test_what_can_be_made_again_is_left_out_with_its_reason(
    database: Database, tmp_path: Path
) -> None:
    with database.write() as tx:
        fill(tx)

    manifest = taken(database, tmp_path / "b.tar.gz")

    assert manifest.left_out == LEFT_OUT
    assert not set(manifest.tables) & set(LEFT_OUT)
    put_back(database, tmp_path / "b.tar.gz")
    with database.read() as tx:
        assert contents(tx)["artefact"] == []


def test_the_next_row_after_a_restore_gets_a_number_that_none_has(
    database: Database, target: Database, tmp_path: Path
) -> None:
    with database.write() as tx:
        fill(tx)
    taken(database, tmp_path / "b.tar.gz")
    put_back(target, tmp_path / "b.tar.gz")
    wanted = Selection(language="fi", cadence=Cadence.WEEKLY)

    with target.write() as tx:
        made = subscribers.add(
            tx, address="aino@raahe.example", address_hash="h", selection=wanted, now=NOW
        )

    assert made == 4


def test_a_backup_is_one_moment_whatever_is_written_meanwhile(
    database: Database, tmp_path: Path
) -> None:
    """Online (promise 10): another connection writes while the tables are read."""
    with database.write() as tx:
        fill(tx)
        before = contents(tx, without=LEFT_OUT)
    wrote = threading.Event()

    def meanwhile() -> None:
        if not wrote.is_set():
            with database.write() as tx:
                tx.execute(text("DELETE FROM letter"))
                tx.execute(text("UPDATE source SET title = 'changed'"))
            wrote.set()

    path = tmp_path / "b.tar.gz"
    with backup_file.written(path, at=NOW) as out:
        _back_up(database, Nosy(out, meanwhile))

    assert wrote.is_set()
    put_back(database, path)
    with database.read() as tx:
        assert contents(tx, without=LEFT_OUT) == before


class Nosy(backup_file.Writer):
    """Calls ``meanwhile`` after each part."""

    def __init__(self, inner: backup_file.Writer, meanwhile: Callable[[], None]) -> None:
        self._inner = inner
        self._meanwhile = meanwhile
        self.parts = inner.parts

    def add(self, name: str, content: bytes) -> None:
        self._inner.add(name, content)
        self._meanwhile()

    def add_manifest(self, manifest: Manifest) -> None:
        self._inner.add_manifest(manifest)


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_a_backup_of_an_older_program_takes_the_way_of_an_older_database(
    database: Database, target: Database, tmp_path: Path, revision: str
) -> None:
    """Restored into its own schema, then upgraded, in the same transaction."""
    older = Database.open(None, data_dir=tmp_path, **HOME)
    if database.dialect == "postgresql":
        older.close()
        older = database
    with older.write() as tx:
        restores._clear(tx, contents(tx).keys() | {"alembic_version"})
        migrate.run_migrations(tx, revision)
        fill(tx)
        had, before = columns(tx), contents(tx)["entry"]
    manifest = taken(older, tmp_path / "b.tar.gz")
    assert manifest.schema == revision

    put_back(target, tmp_path / "b.tar.gz")

    migrate.check(target)
    with target.read() as tx:
        assert contents(tx, only={"entry": had["entry"]})["entry"] == before
    older.close()
    put_back(database, tmp_path / "b.tar.gz")


def test_a_row_that_fits_no_table_leaves_everything_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    """One transaction, or nothing: here the last table's reference leads nowhere."""
    with database.write() as tx:
        fill(tx)
        before = contents(tx)
        at = tx.execute(text("SELECT max(id) FROM subscriber")).scalar_one()
    path = tmp_path / "b.tar.gz"
    taken(database, path)
    rewritten(path, "tables/delivery/000001.jsonl", f'"subscriber_id":{at}', '"subscriber_id":999')

    with pytest.raises(RestoreRefused, match="delivery: a row does not fit"):
        put_back(database, path)

    with database.read() as tx:
        assert contents(tx) == before


def rewritten(path: Path, part: str, old: str, new: str) -> None:
    """Write the archive anew with one part changed, and sums that fit."""
    manifest = backup_file.verify(path)
    held = dict(backup_file.parts(path, manifest))
    assert old.encode() in held[part]
    held[part] = held[part].replace(old.encode(), new.encode())
    with backup_file.written(path, at=NOW) as out:
        for name, content in held.items():
            out.add(name, content)
        out.add_manifest(_with_parts(manifest, out.parts))


def _with_parts(manifest: Manifest, parts: dict[str, str]) -> Manifest:
    return Manifest(
        program=manifest.program,
        schema=manifest.schema,
        at=manifest.at,
        dialect=manifest.dialect,
        tables=manifest.tables,
        left_out=manifest.left_out,
        parts=parts,
    )


def test_only_its_owner_may_read_a_backup_and_a_half_one_never_stands_there(
    database: Database, tmp_path: Path
) -> None:
    taken(database, tmp_path / "b.tar.gz")
    whole = (tmp_path / "b.tar.gz").read_bytes()
    with (
        pytest.raises(TypeError),
        backup_file.written(tmp_path / "b.tar.gz", at=NOW) as out,
    ):
        out.add("keyring.json", b"half" + None)  # type: ignore[operator]

    assert (tmp_path / "b.tar.gz").read_bytes() == whole
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*b.tar.gz*")] == ["b.tar.gz"]


def test_an_empty_database_is_nothing_to_back_up(tmp_path: Path) -> None:
    empty = Database.open(None, data_dir=tmp_path, **HOME)
    with pytest.raises(SchemaMismatch, match="nothing to back up"):
        taken(empty, tmp_path / "b.tar.gz")
    empty.close()
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.mark.parametrize("where", [0.05, 0.5, 0.97])
def test_a_byte_that_changed_anywhere_is_found_before_anything_is_touched(
    empty_sqlite: Path, tmp_path: Path, where: float
) -> None:
    database = Database.open(None, data_dir=empty_sqlite, **HOME)
    taken(database, tmp_path / "b.tar.gz")
    database.close()
    content = bytearray((tmp_path / "b.tar.gz").read_bytes())
    content[int(len(content) * where)] ^= 0xFF
    (tmp_path / "b.tar.gz").write_bytes(content)

    with pytest.raises(ArchiveDamaged):
        backup_file.verify(tmp_path / "b.tar.gz")


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8b\x08\x00"])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar.gz").write_bytes(content)
    with pytest.raises(ArchiveDamaged):
        backup_file.verify(tmp_path / "b.tar.gz")


def test_a_backup_cut_short_anywhere_is_damaged(empty_sqlite: Path, tmp_path: Path) -> None:
    database = Database.open(None, data_dir=empty_sqlite, **HOME)
    taken(database, tmp_path / "b.tar.gz")
    database.close()
    content = (tmp_path / "b.tar.gz").read_bytes()
    for length in range(1, len(content), 97):
        (tmp_path / "cut").write_bytes(content[:length])
        with pytest.raises(ArchiveDamaged):
            backup_file.verify(tmp_path / "cut")


MANY = 200_000
MANY_ROWS = f"""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
    INSERT INTO consent (id, address_hash, at, event, language, page, evidence)
    SELECT i, 'hash ' || i, :at, 'requested', 'fi', '/fi/subscribe', 'some words that take room '
        || 'as a letter does: ' || i || ' of many that came in over the years' FROM n
"""
ROOM_MB = 25
"""More than what it takes, and far less than the rows: those are 40 MB as lines alone."""


def test_memory_stays_flat_with_200_000_rows(database: Database, tmp_path: Path) -> None:
    with database.write() as tx:
        tx.execute(text(MANY_ROWS), {"at": "2026-11-01 00:00:00.000000"})
    url = database.url.render_as_string(hide_password=False)

    grew = _grown(url, tmp_path / "b.tar.gz", back=False)
    # In place of the rows that are there: what is replaced takes no memory either.
    grew_back = _grown(url, tmp_path / "b.tar.gz", back=True)

    assert backup_file.verify(tmp_path / "b.tar.gz").tables["consent"] == MANY
    assert grew < ROOM_MB
    assert grew_back < ROOM_MB


def _grown(url: str, path: Path, *, back: bool) -> float:
    """Return by how many megabytes a process grew that backed up, or restored."""
    done = subprocess.run(
        [sys.executable, __file__, url, str(path), "back" if back else ""],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
        env={"PYTHONPATH": "."},
    )
    return float(done.stdout)


def _measured(url: str, path: Path, *, back: bool) -> float:
    database = Database.open(url, data_dir=Path(), **HOME)
    with database.read() as tx:
        contents(tx, without={"consent"})
    taken(database, path.with_name("warm.tar.gz")) if back else None
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if back:
        put_back(database, path)
    else:
        taken(database, path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    database.close()
    return (after - before) / 1024


if __name__ == "__main__":
    print(_measured(sys.argv[1], Path(sys.argv[2]), back=sys.argv[3] == "back"))  # noqa: T201
