"""``backup`` and ``restore`` as an operator meets them, on either database."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from syndicator.cli.exits import Exit
from syndicator.pipeline.data_folder import KEYRING, owned
from syndicator.store.db.database import Database
from syndicator.store.upkeep import backup_file, flags
from syndicator.store.upkeep.journal import FILE_NAME, Journal, JournalKind
from tests.app.installed import place, server
from tests.builders import HOME, NOW, ago
from tests.cli.world import Town, town
from tests.store.conftest import postgresql_url as postgresql_url
from tests.store.upkeep.test_backup import rewritten


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """An installation with some posts and a journal."""
    with place(tmp_path / "data", server(request)) as kept, town(tmp_path) as made:
        environment = {**made.environment, "SYNDICATOR_DATABASE_URL": kept.url or ""}
        yield filled(replace(made, environment=environment))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Town]:
    """The same on SQLite, for what is alike on both."""
    with town(tmp_path) as made:
        yield filled(made)


def filled(made: Town) -> Town:
    made.says("pull", "--source", "raahe-blog")
    Journal(made.folder / "data" / FILE_NAME).append(
        JournalKind.LEFT, subject="aino", at=ago(days=40)
    )
    return made


def taken(here: Town) -> Path:
    """Return a backup of the installation."""
    path = here.folder / "b.tar.gz"
    said = here.says("backup", "--out", str(path))
    assert said.code == Exit.DONE, said.err
    return path


def elsewhere(here: Town, name: str = "other") -> Town:
    """Return an installation beside it, in an empty folder and a file of its own."""
    own = {"SYNDICATOR_DATA": str(here.folder / name), "SYNDICATOR_DATABASE_URL": ""}
    return replace(here, environment={**here.environment, **own})


def database_of(here: Town) -> Database:
    """Return the database of an installation."""
    url = here.environment.get("SYNDICATOR_DATABASE_URL")
    return Database.open(url, data_dir=Path(here.environment["SYNDICATOR_DATA"]), **HOME)


def test_a_backup_says_what_it_holds_and_is_its_owners_only(here: Town) -> None:
    said = here.says("backup", "--out", str(here.folder / "b.tar.gz"))

    manifest = backup_file.verify(here.folder / "b.tar.gz")
    assert said.code == Exit.DONE
    assert f"{manifest.rows:,} rows" in said.out
    assert manifest.tables["entry"] > 0
    assert stat.S_IMODE((here.folder / "b.tar.gz").stat().st_mode) == 0o600


def test_a_backup_on_a_new_machine_brings_posts_keys_and_journal_and_holds_the_mail(
    here: Town,
) -> None:
    path, new = taken(here), elsewhere(here)

    said = new.says("restore", str(path))

    assert said.code == Exit.DONE, said.err
    assert "! There was no journal in this data folder" in said.out
    assert "digest resume --all" in said.out
    for name in (KEYRING, FILE_NAME):
        was, now = here.folder / "data" / name, here.folder / "other" / name
        assert was.read_text() == now.read_text()
        assert stat.S_IMODE(now.stat().st_mode) == 0o600
    assert new.says("entries", "list").out == here.says("entries", "list").out
    database = database_of(new)
    with database.read() as tx:
        assert flags.withheld(tx) == "restored"
    database.close()
    assert new.says("digest", "resume", "--all").code == Exit.DONE


def test_a_restored_installation_publishes_the_same_bytes_again(here: Town) -> None:
    """What was left out can be made again, archives of months too (promise 3)."""
    before = published(here)
    path, new = taken(here), elsewhere(here)
    new.says("restore", str(path))

    assert published(new) == before
    assert any("archive" in name for name in before)


def published(here: Town) -> dict[str, bytes]:
    """Return every feed that an installation publishes, by its path."""
    out = Path(here.environment["SYNDICATOR_DATA"]).with_suffix(".site")
    here.says("publish", "--out", str(out))
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.xml")}


def test_a_database_that_is_not_empty_is_kept_unless_told(here: Town) -> None:
    path = taken(here)
    entries = here.says("entries", "list").out

    refused, stopped = here.says("restore", str(path)), answered(here, path, "n")

    assert refused.code == Exit.WRONG
    assert "is not empty" in refused.err
    assert "--replace" in refused.err
    assert "will be lost" in stopped.stdout
    assert stopped.returncode == Exit.IN_PART
    assert here.says("entries", "list").out == entries

    said = here.says("restore", str(path), "--replace", "--yes")

    assert said.code == Exit.DONE, said.err
    assert "Done again from the journal" in said.out
    assert here.says("entries", "list").out == entries


def answered(here: Town, path: Path, answer: str) -> subprocess.CompletedProcess[str]:
    """Return what a restore came to whose question was answered."""
    return subprocess.run(
        [sys.executable, "-m", "syndicator", "restore", str(path), "--replace"],
        input=f"{answer}\n",
        env={**os.environ, **here.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_on_which_a_process_runs_is_left_alone(small: Town) -> None:
    path = taken(small)
    with owned(small.folder / "data"):
        said = small.says("restore", str(path), "--replace", "--yes")
        beside = small.says("backup", "--out", str(path))

    assert said.code == Exit.RUNNING
    assert beside.code == Exit.DONE


def test_other_keys_are_refused_and_put_aside_when_told(small: Town) -> None:
    path, new = taken(small), elsewhere(small)
    new.says("db", "upgrade")
    keyring = small.folder / "other" / KEYRING
    theirs = keyring.read_bytes()

    refused = new.says("restore", str(path))

    assert refused.code == Exit.WRONG
    assert "--take-keys" in refused.err
    assert keyring.read_bytes() == theirs

    said = new.says("restore", str(path), "--take-keys")

    assert said.code == Exit.DONE, said.err
    assert keyring.read_bytes() == (small.folder / "data" / KEYRING).read_bytes()
    (aside,) = keyring.parent.glob("keyring.before-*.json")
    assert aside.read_bytes() == theirs
    assert aside.name in said.out
    assert new.says("status").code == Exit.DONE


def test_a_damaged_backup_touches_nothing(small: Town) -> None:
    path, new = taken(small), elsewhere(small)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    said = new.says("restore", str(path))

    assert said.code == Exit.WRONG
    assert str(path) in said.err
    assert {one.name for one in (small.folder / "other").iterdir()} <= {"running.lock"}


def test_a_backup_that_does_not_fit_leaves_neither_database_nor_keys(small: Town) -> None:
    path, new = taken(small), elsewhere(small)
    rewritten(path, "tables/entry/000001.jsonl", '"story_id":', '"story_id":9')

    assert new.says("restore", str(path)).code == Exit.WRONG

    assert not (small.folder / "other" / KEYRING).exists()
    database = database_of(new)
    with database.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0
    database.close()


def test_a_backup_of_a_newer_program_says_which_to_install(small: Town) -> None:
    path, new = taken(small), elsewhere(small)
    manifest = backup_file.verify(path)
    held = dict(backup_file.parts(path, manifest))
    with backup_file.written(path, at=NOW) as out:
        for name, content in held.items():
            out.add(name, content)
        out.add_manifest(replace(manifest, schema="9999", program="7.0.0"))

    said = new.says("restore", str(path))

    assert said.code == Exit.WRONG
    assert "7.0.0" in said.err


def test_the_journal_of_another_machine_is_replayed_too_and_kept(small: Town) -> None:
    path, new = taken(small), elsewhere(small)
    other = small.folder / "journal-of-the-web-server.jsonl"
    at = backup_file.verify(path).at + timedelta(minutes=1)
    Journal(other).append(JournalKind.LEFT, subject="eino", at=at)

    said = new.says("restore", str(path), "--journal", str(other))

    assert "Done again from the journal: 1 left." in said.out
    kept = Journal(small.folder / "other" / FILE_NAME).entries()
    assert [entry.subject for entry in kept] == ["aino", "eino"]


def test_a_journal_cut_in_the_middle_of_its_last_line_still_tells_the_rest(small: Town) -> None:
    path, journal = taken(small), small.folder / "data" / FILE_NAME
    at = backup_file.verify(path).at + timedelta(minutes=1)
    for name in ("eino", "helmi"):
        Journal(journal).append(JournalKind.LEFT, subject=name, at=at)
    journal.write_bytes(journal.read_bytes()[:-20])

    said = small.says("restore", str(path), "--replace", "--yes")

    assert said.code == Exit.DONE, said.err
    assert "Done again from the journal: 1 left." in said.out
    assert "lacks" not in said.out


@pytest.mark.parametrize("left", [b"", b'{"kind": "le'])
def test_a_journal_that_lacks_what_the_backups_has_is_said_aloud(small: Town, left: bytes) -> None:
    """Cut short, or of another machine: it need not know who left since."""
    path = taken(small)
    (small.folder / "data" / FILE_NAME).write_bytes(left)

    said = small.says("restore", str(path), "--replace", "--yes")

    assert said.code == Exit.DONE, said.err
    assert "! The journal lacks 1 lines of the one in the backup" in said.out
    again = small.says("restore", str(path), "--replace", "--yes")
    assert "lacks" not in again.out


def test_what_was_taken_out_of_the_journal_for_its_age_is_not_missed(small: Town) -> None:
    journal = Journal(small.folder / "data" / FILE_NAME)
    journal.append(JournalKind.LEFT, subject="eino", at=ago(days=900))
    path = taken(small)
    assert journal.forget(before=ago(days=731)) == 1

    said = small.says("restore", str(path), "--replace", "--yes")

    assert said.code == Exit.DONE, said.err
    assert "lacks" not in said.out


def test_only_the_newest_backups_of_a_folder_stay(small: Town) -> None:
    folder = small.folder / "backups"
    folder.mkdir()
    for day in ("01", "02", "03"):
        (folder / f"syndicator-202611{day}T031700Z.tar.gz").touch()
    (folder / "notes.txt").touch()

    said = small.says("backup", "--out", str(folder), "--keep", "2")

    assert said.code == Exit.DONE
    assert "2 older removed" in said.out
    left = sorted(path.name for path in folder.iterdir())
    assert left[:2] == ["notes.txt", "syndicator-20261103T031700Z.tar.gz"]
    assert len(left) == 3


def test_keeping_some_needs_a_folder(small: Town) -> None:
    said = small.says("backup", "--out", str(small.folder / "b.tar.gz"), "--keep", "2")

    assert said.code == Exit.WRONG


def test_a_backup_that_cannot_be_written_says_where(small: Town) -> None:
    said = small.says("backup", "--out", str(small.folder / "nowhere" / "b.tar.gz"))

    assert said.code == Exit.WRONG
    assert "nowhere" in said.err
