"""The data folder: its keys and its one owner."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.app import opened
from syndicator.config import load
from syndicator.errors import AlreadyRunning
from syndicator.pipeline.data_folder import KEYRING, keyring, owned, put_keyring
from syndicator.pipeline.upkeep.key_rotation import rotate
from tests.builders import NOW

ROUNDS = 40
MAKE = f"""
import sys
from pathlib import Path
from syndicator.pipeline.data_folder import keyring
print("ready", flush=True)
sys.stdin.read()
for number in range({ROUNDS}):
    print(keyring(Path(sys.argv[1], str(number))).session.hex())
"""


def test_the_keys_are_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first = keyring(tmp_path / "new")

    assert keyring(tmp_path / "new") == first
    assert len({first.session, first.unsubscribe, first.suppression}) == 3
    assert stat.S_IMODE((tmp_path / "new" / KEYRING).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [KEYRING]


def test_of_processes_that_start_at_once_all_get_the_keys_of_one(tmp_path: Path) -> None:
    """They begin together, and meet again at each of many folders: one meeting may miss the gap
    between looking and writing."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None

    said = {process.communicate(timeout=60)[0] for process in started}

    kept = (keyring(tmp_path / str(number)).session.hex() for number in range(ROUNDS))
    assert said == {"".join(f"{key}\n" for key in kept)}


def test_a_folder_made_by_us_is_for_its_owner_and_one_made_by_others_stays(tmp_path: Path) -> None:
    """Rule S7: addresses of people lie in the database."""
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o755)

    with opened(load({"SYNDICATOR_DATA": str(tmp_path / "ours")})), owned(theirs):
        pass

    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == 0o700
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o755


def test_keys_and_journal_that_others_could_read_are_closed_at_the_next_start(
    tmp_path: Path,
) -> None:
    settings = load({"SYNDICATOR_DATA": str(tmp_path)})
    keyring(tmp_path)
    open_files = [tmp_path / KEYRING, tmp_path / "journal.jsonl", tmp_path / "keyring.before.json"]
    for path in open_files:
        path.touch()
        path.chmod(0o644)

    with opened(settings):
        pass

    assert {stat.S_IMODE(path.stat().st_mode) for path in open_files} == {0o600}


def test_the_keyring_is_read_again_only_when_its_file_is_another(tmp_path: Path) -> None:
    """The pages ask for it with each request, and a rotation is known to them at once."""
    first = keyring(tmp_path)
    assert keyring(tmp_path) is first

    rotate(tmp_path, "session", now=NOW)

    rotated = keyring(tmp_path)
    assert rotated.session != first.session
    assert keyring(tmp_path) is rotated


def test_a_keyring_of_the_same_length_and_time_put_in_place_of_one_is_noticed(
    tmp_path: Path,
) -> None:
    first = keyring(tmp_path)
    path = tmp_path / KEYRING
    before = path.stat()
    other = path.read_bytes().replace(first.session.hex().encode(), b"22" * 32)
    put_keyring(tmp_path, other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert keyring(tmp_path).session == b"\x22" * 32


def test_a_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with (
        owned(tmp_path),
        pytest.raises(AlreadyRunning, match=r"process \d+ is running on this folder"),
    ):
        owned(tmp_path).__enter__()

    with owned(tmp_path):
        pass


def test_every_version_of_the_unsubscribe_key_is_read_the_newest_first(tmp_path: Path) -> None:
    """Unsubscribe keys verify for ever (promise 10)."""
    first = keyring(tmp_path)
    path = tmp_path / KEYRING
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["unsubscribe"].append({"version": 2, "key": "22" * 32})
    path.write_text(json.dumps(kept), encoding="utf-8")

    second = keyring(tmp_path)

    assert second.unsubscribe == b"\x22" * 32
    assert second.unsubscribe_versions == (second.unsubscribe, first.unsubscribe)
    assert (second.session, second.word) == (first.session, first.word)
