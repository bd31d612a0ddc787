"""``keys`` as an operator meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicator.cli.exits import Exit
from syndicator.pipeline.data_folder import KEYRING, keyring
from tests.cli.world import Town, town


@pytest.fixture
def here(tmp_path: Path) -> Town:
    with town(tmp_path) as made:
        made.says("db", "upgrade")
        return made


def test_versions_are_listed_and_no_key_is(here: Town) -> None:
    here.says("keys", "rotate", "unsubscribe")
    said = here.says("keys", "rotate", "session")
    assert said.code == Exit.DONE
    assert said.out.startswith("Version 2 of the session key signs from now on.")

    listed = here.says("keys", "list").out

    uses = [line.split()[0] + " " + line[37:] for line in listed.splitlines()]
    assert uses[0].startswith("session read until 20")
    assert uses[1:] == [
        "session signs",
        "unsubscribe read for ever",
        "unsubscribe signs",
        "suppression hashes addresses, never changes",
    ]
    keys = (here.folder / "data" / KEYRING).read_text()
    assert not any(word in listed for word in keys.split('"') if len(word) == 64)


@pytest.mark.parametrize("words", [("suppression",), ("unsubscribe", "--leaked"), ()])
def test_what_must_not_change_is_refused(here: Town, words: tuple[str, ...]) -> None:
    before = keyring(here.folder / "data")
    assert here.says("keys", "rotate", *words).code == Exit.WRONG
    assert keyring(here.folder / "data") == before


def test_keys_of_another_database_are_not_rotated(here: Town, tmp_path: Path) -> None:
    (here.folder / "data" / KEYRING).unlink()
    said = here.says("keys", "rotate", "session")
    assert said.code == Exit.WRONG
    assert "the keys of the database are not here" in said.err
    assert not (tmp_path / "data" / KEYRING).exists()


def test_a_restore_keeps_ways_out_that_only_the_backup_knows(here: Town) -> None:
    data, path = here.folder / "data", here.folder / "b.tar.gz"
    older = (data / KEYRING).read_bytes()
    here.says("keys", "rotate", "unsubscribe")
    signed = keyring(data).unsubscribe
    assert here.says("backup", "--out", str(path)).code == Exit.DONE
    (data / KEYRING).write_bytes(older)

    said = here.says("restore", str(path), "--replace", "--yes")

    assert said.code == Exit.DONE, said.err
    assert signed in keyring(data).unsubscribe_versions
