"""Small writes of many threads in one transaction: shared where they meet, never at each other's
cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from syndicator.model import Notice
from syndicator.store import notices
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.group_commit import MOST, GroupCommit
from tests.builders import NOW

PATIENCE = 20


class Ledger:
    """Remembers each batch; holds the first back until it may go on, and refuses what is bad."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.began = threading.Event()
        self.may_end = threading.Event()

    def write(self, values: Callable[[], Sequence[int]]) -> list[int]:
        taken = list(values())
        self.batches.append(taken)
        self.began.set()
        assert self.may_end.wait(PATIENCE)
        if any(value < 0 for value in taken):
            raise ValueError(f"{taken}: below nothing")
        return [value * 10 for value in taken]


def meet(ledger: Ledger, *values: int) -> dict[int, int | str]:
    """Let all values but the first come while the first is being written; return what each got."""
    together = GroupCommit(ledger.write)
    got: dict[int, int | str] = {}

    def ask(value: int) -> None:
        try:
            got[value] = together(value)
        except ValueError as error:
            got[value] = str(error)

    threads = []
    for place, value in enumerate(values):
        threads.append(threading.Thread(target=ask, args=(value,)))
        threads[-1].start()
        assert ledger.began.wait(PATIENCE)
        while together.waiting < place:
            pass
    ledger.may_end.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return got


def test_writes_that_come_while_one_is_under_way_share_the_next_and_get_their_own_results() -> None:
    ledger = Ledger()
    assert meet(ledger, 1, 2, 3, 4) == {1: 10, 2: 20, 3: 30, 4: 40}
    assert ledger.batches == [[1], [2, 3, 4]]


def test_more_than_a_transaction_may_hold_wait_for_the_one_after() -> None:
    ledger = Ledger()
    meet(ledger, *range(MOST + 5))
    assert [len(batch) for batch in ledger.batches] == [1, MOST, 4]


def test_one_that_cannot_be_written_fails_alone() -> None:
    """Promise 1: one bad feed never stops the others."""
    ledger = Ledger()
    got = meet(ledger, 1, 2, -3, 4)
    assert got == {1: 10, 2: 20, -3: "[-3]: below nothing", 4: 40}
    assert ledger.batches == [[1], [2, -3, 4], [2], [-3], [4]]


def test_a_write_that_fails_lets_the_next_one_lead() -> None:
    ledger = Ledger()
    ledger.may_end.set()
    together = GroupCommit(ledger.write)
    with pytest.raises(ValueError, match="below nothing"):
        together(-1)
    assert together(2) == 20


def test_a_transaction_that_cannot_begin_fails_all_that_wait_for_it() -> None:
    """A database that is away: nobody waits for ever."""

    def write(_values: Callable[[], Sequence[int]]) -> list[int]:
        raise OSError("no such server")

    together = GroupCommit(write)
    for _ in range(2):
        with pytest.raises(OSError, match="no such server"):
            together(1)


def put_all(tx: Tx, subjects: Sequence[str]) -> list[str]:
    for subject in subjects:
        notices.put(tx, Notice(kind="silent", subject=subject, at=NOW))
        if subject == "bad":
            raise ZeroDivisionError
    return [subject.upper() for subject in subjects]


def test_what_was_answered_is_committed_and_what_failed_left_nothing(database: Database) -> None:
    got: list[str] = []

    def ask(subject: str) -> None:
        try:
            got.append(database.commit_in_group(put_all, subject))
        except ZeroDivisionError:
            got.append("failed")

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("a", "b", "bad", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(got) == ["A", "B", "C", "failed"]
    with database.read() as tx:
        assert {notice.subject for notice in notices.list_all(tx)} == {"a", "b", "c"}


def test_who_waits_for_a_write_that_is_interrupted_is_freed_and_the_next_one_leads() -> None:
    """An exit in the thread that writes for all: no connection of a send may wait for ever."""
    began, may_end = threading.Event(), threading.Event()
    calls: list[Sequence[int]] = []

    def write(values: Callable[[], Sequence[int]]) -> list[int]:
        calls.append(values())
        if len(calls) == 1:
            began.set()
            assert may_end.wait(PATIENCE)
            return [0]
        if len(calls) == 2:
            raise SystemExit
        return list(values())

    together = GroupCommit(write)
    got: dict[int, str] = {}

    def ask(value: int) -> None:
        try:
            got[value] = str(together(value))
        except SystemExit:
            got[value] = "exit"
        except RuntimeError as error:
            got[value] = str(error)

    threads = [threading.Thread(target=ask, args=(value,), daemon=True) for value in (1, 2, 3)]
    for place, thread in enumerate(threads):
        thread.start()
        assert began.wait(PATIENCE)
        while together.waiting < place:
            pass
    may_end.set()
    for thread in threads:
        thread.join(PATIENCE)

    assert not any(thread.is_alive() for thread in threads)
    assert sorted(got.values()) == ["0", "exit", "the write was interrupted"]
    assert together(4) == 4
