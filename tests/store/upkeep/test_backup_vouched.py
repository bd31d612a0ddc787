"""A backup is what its manifest vouches for, whole and in a form we know; or it is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from syndicator.errors import ArchiveDamaged, RestoreRefused
from syndicator.store.db.database import Database
from syndicator.store.people import subscribers
from syndicator.store.upkeep import backup_file
from syndicator.store.upkeep.backup_file import FORMAT, MANIFEST, Manifest
from tests.builders import NOW
from tests.store.mailed import subscribed
from tests.store.upkeep.test_backup import put_back, taken

PART = "tables/subscriber/000001.jsonl"


def manifest(parts: Mapping[str, str]) -> Manifest:
    return Manifest(
        program="1.0",
        schema="0001",
        at=NOW,
        dialect="sqlite",
        tables={"subscriber": 1},
        left_out={},
        parts=parts,
    )


def backup(path: Path, **changed: str) -> Manifest:
    """Write a backup of one part, whose manifest is ``changed`` from what is so."""
    with backup_file.written(path, at=NOW) as out:
        out.add(PART, b'{"id": 1}\n')
        told = manifest(out.parts | changed)
        out.add_manifest(told)
    return told


@pytest.mark.parametrize(
    "changed", [{PART: "0" * 64}, {"journal/000001.jsonl": "0" * 64}], ids=["altered", "lacking"]
)
def test_a_part_that_is_not_as_the_manifest_says_is_found_in_a_file_that_is_sound(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    """Packed anew by somebody's hand, most often: no sum of the file itself tells of it."""
    (name,) = changed
    backup(tmp_path / "b", **changed)

    with pytest.raises(ArchiveDamaged, match=f"not as it was written: {name}"):
        backup_file.verify(tmp_path / "b")


def test_a_part_that_the_manifest_does_not_know_is_found_too(tmp_path: Path) -> None:
    with backup_file.written(tmp_path / "b", at=NOW) as out:
        known = dict(out.parts)
        out.add(PART, b"{}\n")
        out.add_manifest(manifest(known))

    with pytest.raises(ArchiveDamaged, match=PART):
        backup_file.verify(tmp_path / "b")


def test_a_backup_that_changed_since_it_was_looked_at_is_not_restored(tmp_path: Path) -> None:
    before = backup(tmp_path / "b")
    assert backup_file.verify(tmp_path / "b") == before
    with backup_file.written(tmp_path / "b", at=NOW) as out:
        out.add(PART, b'{"id": 2}\n')
        out.add_manifest(manifest(out.parts))

    with pytest.raises(ArchiveDamaged, match=PART):
        list(backup_file.parts(tmp_path / "b", before))


@pytest.mark.parametrize("lacks", [1, 4, 8])
def test_a_backup_without_its_last_bytes_is_damaged(tmp_path: Path, lacks: int) -> None:
    """They hold the sum of it all: a disk was full, or a copy ended early."""
    backup(tmp_path / "b")
    (tmp_path / "b").write_bytes((tmp_path / "b").read_bytes()[:-lacks])

    with pytest.raises(ArchiveDamaged):
        backup_file.verify(tmp_path / "b")


def test_a_backup_in_a_form_of_a_newer_program_names_that_program(tmp_path: Path) -> None:
    with backup_file.written(tmp_path / "b", at=NOW) as out:
        out.add(MANIFEST, json.dumps({"format": FORMAT + 1, "program": "9.0"}).encode())

    with pytest.raises(RestoreRefused, match=r"made by program 9\.0 in form 2"):
        backup_file.verify(tmp_path / "b")


def test_a_backup_that_lacks_rows_it_should_have_is_not_restored(
    database: Database, tmp_path: Path
) -> None:
    """Its parts are as they were written: the one who wrote them left some out."""
    with database.write() as tx:
        subscribed(tx)
    told = taken(database, tmp_path / "b")
    lacking = tmp_path / "c"
    with backup_file.written(lacking, at=NOW) as out:
        for name, content in backup_file.parts(tmp_path / "b", told):
            if name != PART:
                out.add(name, content)
        out.add_manifest(replace(told, parts=out.parts))

    with pytest.raises(ArchiveDamaged, match="rows are missing: subscriber"):
        put_back(database, lacking)

    with database.read() as tx:
        assert subscribers.by_hash(tx, "maija") is not None
