"""Transactions: who waits for whom, what survives, what comes back as it went in."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from syndicator.model import Notice
from syndicator.store import notices
from syndicator.store.db.columns import storable
from syndicator.store.db.database import FILE_NAME, Database
from syndicator.store.db.writer_queue import WriterQueue
from tests.builders import HOME, NOW

PATIENCE = 20


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def a_notice(subject: str = "kauhajoki", *, at: datetime = NOW) -> Notice:
    return Notice(kind="source silent", subject=subject, at=at)


def test_a_write_that_raises_leaves_nothing_behind(database: Database) -> None:
    with contextlib.suppress(ZeroDivisionError), database.write() as tx:
        notices.put(tx, a_notice())
        _ = 1 / 0
    with database.read() as tx:
        assert notices.list_all(tx) == ()


def test_a_reader_neither_waits_for_a_writer_nor_sees_it_half_done(database: Database) -> None:
    """One writer at a time, readers never wait (design: one process or many)."""
    with database.read() as reader:
        assert notices.list_all(reader) == ()
        with database.write() as writer:
            notices.put(writer, a_notice())
            with database.read() as other:
                assert notices.list_all(other) == ()
        assert notices.list_all(reader) == ()
    with database.read() as later:
        assert len(notices.list_all(later)) == 1


def test_two_threads_that_write_the_same_rows_both_finish(database: Database) -> None:
    """A transaction that reads and then writes must wait for its turn, not fail."""

    def work(name: str) -> None:
        for number in range(20):
            with database.write() as tx:
                seen = len(notices.list_all(tx))
                notices.put(tx, a_notice(f"{name} {number} {seen}"))

    threads = [in_thread(partial(work, name)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.join(PATIENCE)
    with database.read() as tx:
        assert len(notices.list_all(tx)) == 60


def test_what_waits_for_a_commit_is_called_after_it_and_never_after_a_rollback(
    database: Database,
) -> None:
    """A wake-up is given in the transaction that made the rows (decisions: shape)."""
    woken: list[int] = []

    def look() -> None:
        with database.write() as tx:
            woken.append(len(notices.list_all(tx)))

    with database.write() as tx:
        tx.after_commit(look)
        notices.put(tx, a_notice())
    with contextlib.suppress(ZeroDivisionError), database.write() as tx:
        tx.after_commit(look)
        _ = 1 / 0
    assert woken == [1]


def test_a_durable_write_waits_for_the_disk_and_an_ordinary_one_does_not(
    database: Database,
) -> None:
    """Consent and claims survive a power cut (promise 5)."""
    setting = "PRAGMA synchronous" if database.dialect == "sqlite" else "SHOW synchronous_commit"
    full, normal = (2, 1) if database.dialect == "sqlite" else ("on", "off")
    with database.write(durable=True) as tx:
        assert tx.execute(text(setting)).scalar() == full
    with database.write() as tx:
        assert tx.execute(text(setting)).scalar() == normal


def test_a_sqlite_file_is_read_while_it_is_written_and_keeps_its_references(
    database: Database,
) -> None:
    if database.dialect == "sqlite":
        with database.read() as tx:
            assert tx.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert tx.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_after_a_burst_of_readers_one_connection_serves_those_who_come_one_by_one(
    database: Database,
) -> None:
    """Each connection keeps pages and statements of its own."""
    if database.dialect == "sqlite":
        with contextlib.ExitStack() as burst:
            for _ in range(3):
                burst.enter_context(database.read())
        used = set()
        for _ in range(6):
            with database.write() as tx:
                used.add(tx.connection.connection.driver_connection)
        assert len(used) == 1


def test_the_urgent_writer_goes_before_those_who_came_earlier() -> None:
    """One FIFO write lock in the process, the web first (decisions: shape)."""
    line, order = WriterQueue(), []
    waiting = threading.Semaphore(0)

    def write(name: str, *, urgent: bool) -> None:
        waiting.release()
        with line.turn(urgent=urgent):
            order.append(name)

    with line.turn(urgent=False):
        threads = []
        for place, (name, urgent) in enumerate(
            (("first", False), ("second", False), ("person", True)), 1
        ):
            threads.append(in_thread(partial(write, name, urgent=urgent)))
            waiting.acquire(timeout=PATIENCE)
            while line.waiting < place:
                pass
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["person", "first", "second"]


def test_a_turn_is_handed_on_when_its_holder_fails() -> None:
    line = WriterQueue()
    with pytest.raises(ZeroDivisionError), line.turn(urgent=False):
        _ = 1 / 0
    with line.turn(urgent=False):
        pass


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 3, 30, fold=1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_a_moment_comes_back_aware_equal_and_in_utc(database: Database, moment: datetime) -> None:
    """SQLite forgets time zones; a feed's clock may say year 1."""
    with database.write() as tx:
        notices.put(tx, a_notice(at=moment))
        (stored,) = notices.list_all(tx)
    assert stored.at == moment
    assert stored.at.tzinfo is UTC


def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="aware"), database.write() as tx:
        notices.put(tx, a_notice(at=datetime(2026, 11, 24)))  # noqa: DTZ001


def test_what_no_database_can_hold_does_not_stop_a_write(database: Database) -> None:
    """Nothing that an outsider sends stops the run (promise 1)."""
    with database.write() as tx:
        notices.put(tx, a_notice("nul \x00 and surrogate \ud800"))
        (stored,) = notices.list_all(tx)
    assert stored.subject == "nul \ufffd and surrogate \ufffd"


@given(st.text())
def test_ordinary_text_is_stored_as_it_is(words: str) -> None:
    assert storable(words) == words.replace("\x00", "\ufffd")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """What a login shell sets: files of programs that do not care are everybody's to read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


PRIVATE = dict.fromkeys((FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"), 0o600)


@pytest.mark.usefixtures("usual_umask")
def test_the_files_of_a_new_sqlite_database_are_their_owners_only(tmp_path: Path) -> None:
    """Rule S7: addresses of people lie in it, whatever the folder lets others do."""
    tmp_path.chmod(0o755)
    database = Database.open(None, data_dir=tmp_path, **HOME)

    with database.write() as tx:
        tx.execute(text("CREATE TABLE town (name TEXT)"))

    assert modes(tmp_path) == PRIVATE
    database.close()


@pytest.mark.usefixtures("usual_umask")
def test_the_files_of_an_old_sqlite_database_become_their_owners_only(tmp_path: Path) -> None:
    """A killed process leaves its log behind, and an earlier version left it readable."""
    crashed = Database.open(None, data_dir=tmp_path, **HOME)
    with crashed.write() as tx:
        tx.execute(text("CREATE TABLE town (name TEXT)"))
    for name in PRIVATE:
        (tmp_path / name).chmod(0o644)

    database = Database.open(None, data_dir=tmp_path, **HOME)
    with database.read() as tx:
        tx.execute(text("SELECT name FROM town"))

    assert modes(tmp_path) == PRIVATE
    database.close()
    crashed.close()
