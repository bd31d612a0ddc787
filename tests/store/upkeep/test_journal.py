"""The journal: what must survive the loss of the database."""

from __future__ import annotations

import resource
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import StoreUnavailable
from syndicator.store.upkeep.journal import Journal, JournalEntry, JournalKind
from tests.builders import NOW, ago
from tests.store.synced import waits_for_the_disk


def test_a_journal_tells_what_was_written_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "journal.jsonl")
    assert list(journal.entries()) == []
    journal.append(JournalKind.LEFT, subject="ab12", at=ago(days=1))
    journal.append(JournalKind.ISSUE_SENT, subject="weekly/2026-W47", at=NOW)
    assert list(Journal(tmp_path / "new" / "journal.jsonl").entries()) == [
        JournalEntry(kind=JournalKind.LEFT, subject="ab12", at=ago(days=1)),
        JournalEntry(kind=JournalKind.ISSUE_SENT, subject="weekly/2026-W47", at=NOW),
    ]


def test_a_line_is_on_the_disk_when_it_is_said_to_be_and_so_is_the_name_of_the_file(
    tmp_path: Path,
) -> None:
    """Appended and synced (promise 10): whoever left is answered after that."""
    journal = Journal(tmp_path / "j")
    with waits_for_the_disk(tmp_path / "j") as first:
        journal.append(JournalKind.LEFT, subject="ab", at=NOW)
    with waits_for_the_disk(tmp_path / "j") as second:
        journal.append(JournalKind.LEFT, subject="cd", at=NOW)

    whole = (tmp_path / "j").read_bytes()
    assert first == [(tmp_path / "j", whole.splitlines(keepends=True)[0]), (tmp_path, b"j")]
    assert second == [(tmp_path / "j", whole)]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    Journal(tmp_path / "j").append(JournalKind.LEFT, subject="a", at=NOW)
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


@given(cut=st.integers(min_value=1, max_value=60))
def test_a_line_that_a_power_cut_left_open_harms_no_other(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    journal = Journal(path)
    for subject in ("first", "cut", "last"):
        journal.append(JournalKind.LEFT, subject=subject, at=NOW)
        if subject == "cut":
            path.write_bytes(path.read_bytes()[:-cut])
    told = [entry.subject for entry in journal.entries()]
    assert [subject for subject in told if subject != "cut"] == ["first", "last"]


def test_a_disk_that_fills_in_the_middle_of_a_line_is_said_and_harms_no_other(
    tmp_path: Path,
) -> None:
    """The write of the first half succeeds: who asked to leave must not be told that they did."""
    journal = Journal(tmp_path / "j")
    journal.append(JournalKind.LEFT, subject="first", at=NOW)
    with room(tmp_path / "j", more=40), pytest.raises(StoreUnavailable, match="j: File too large"):
        journal.append(JournalKind.LEFT, subject="cut", at=NOW)
    journal.append(JournalKind.LEFT, subject="last", at=NOW)

    assert [entry.subject for entry in journal.entries()] == ["first", "last"]
    assert (tmp_path / "j").read_bytes().count(b"\n") == 3


@contextmanager
def room(path: Path, *, more: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes more than ``path`` has now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_kind_of_a_newer_program_is_not_passed_over(tmp_path: Path) -> None:
    """What it says must not happen could happen."""
    (tmp_path / "j").write_text('{"kind": "vanished", "subject": "a", "at": "2026-11-24"}\n')
    with pytest.raises(ValueError, match="vanished"):
        list(Journal(tmp_path / "j").entries())


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    def write(name: str) -> None:
        for number in range(20):
            Journal(tmp_path / "j").append(JournalKind.LEFT, subject=f"{name}{number}", at=NOW)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({entry.subject for entry in Journal(tmp_path / "j").entries()}) == 60


def test_no_line_is_lost_that_is_written_while_old_ones_are_taken_out(tmp_path: Path) -> None:
    """Who leaves at that very moment is answered that it is done."""
    journal = Journal(tmp_path / "journal.jsonl")
    old, new = NOW - timedelta(days=999), NOW

    def write(name: str) -> None:
        for number in range(100):
            journal.append(JournalKind.LEFT, subject=f"{name}{number}", at=new)
            journal.append(JournalKind.LEFT, subject="old", at=old)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    gone = 0
    while any(thread.is_alive() for thread in threads):
        gone += journal.forget(before=NOW - timedelta(days=1))
    for thread in threads:
        thread.join()
    gone += journal.forget(before=NOW - timedelta(days=1))

    kept = [one.subject for one in journal.entries()]
    assert sorted(kept) == sorted(f"{name}{number}" for name in "abc" for number in range(100))
    assert gone == 300
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]


def test_a_line_that_others_tell_twice_is_taken_in_once(tmp_path: Path) -> None:
    """Journals that were copied into each other grow no further by it."""
    journal = Journal(tmp_path / "j")
    line = JournalEntry(kind=JournalKind.LEFT, subject="ab", at=NOW)

    assert journal.append_missing([line, line]) == 1

    assert list(journal.entries()) == [line]
