"""The file a backup is: there whole and on the disk, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.store.upkeep import backup_file
from tests.builders import NOW
from tests.store.synced import waits_for_the_disk


def test_a_backup_gets_its_name_when_all_of_it_is_on_the_disk(tmp_path: Path) -> None:
    path, growing = tmp_path / "b.tar.gz", tmp_path / ".b.tar.gz.part"
    with waits_for_the_disk(growing) as waited, backup_file.written(path, at=NOW) as out:
        out.add("keyring.json", b"{}")
        assert not path.exists()

    assert waited == [(growing, path.read_bytes()), (tmp_path, b"b.tar.gz")]


def broken_off(path: Path) -> None:
    with backup_file.written(path, at=NOW) as out:
        out.add("keyring.json", b"{}")
        raise ZeroDivisionError


def test_a_backup_that_breaks_off_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    path.write_bytes(b"the one before")
    with pytest.raises(ZeroDivisionError):
        broken_off(path)

    assert path.read_bytes() == b"the one before"
    assert [one.name for one in tmp_path.iterdir()] == ["b.tar.gz"]
