"""SQLite's file held by another process: requests wait so long, readers not at all."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.errors import StoreUnavailable
from syndicator.store import notices
from syndicator.store.db.database import BUSY, FILE_NAME, Database
from syndicator.store.db.deadline import AT_LEAST, REQUEST, Deadline
from syndicator.store.db.writer_queue import MOST_WAITING, STUCK, WriterQueue
from tests.builders import HOME
from tests.store.db.test_database import PATIENCE, a_notice

SHORT = timedelta(seconds=0.3)


@pytest.fixture
def file(tmp_path: Path, empty_sqlite: Path) -> Path:
    """A migrated database of which no connection is open yet."""
    path = tmp_path / FILE_NAME
    path.write_bytes((empty_sqlite / FILE_NAME).read_bytes())
    return path


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    database = Database.open(None, data_dir=file.parent, **HOME)
    yield database
    database.close()


@pytest.fixture
def other(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that is none of the program's."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        yield connection


@contextlib.contextmanager
def request(wait: timedelta = SHORT) -> Iterator[None]:
    """Be a request that waits so long for the database."""
    before = REQUEST.set(Deadline(wait=wait, monotonic=time.monotonic))
    try:
        yield
    finally:
        REQUEST.reset(before)


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_request_waits_for_another_process_only_as_long_as_a_person_does(
    database: Database, other: sqlite3.Connection, lock: str
) -> None:
    other.execute(f"BEGIN {lock}")
    began = time.monotonic()
    with request(), pytest.raises(StoreUnavailable, match="locked"), database.write(urgent=True):
        pass
    assert time.monotonic() - began < BUSY.total_seconds() / 2
    other.execute("ROLLBACK")

    with request(), database.write(urgent=True) as tx:
        notices.put(tx, a_notice())


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_readers_do_not_wait_for_a_writer_of_another_process(
    database: Database, other: sqlite3.Connection, lock: str
) -> None:
    with database.write() as tx:
        notices.put(tx, a_notice())
    other.execute(f"BEGIN {lock}")

    with request(), database.read() as tx:
        assert len(notices.list_all(tx)) == 1


def test_work_that_nobody_waits_for_waits_longer(
    database: Database, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(_put, database)
        with request(), pytest.raises(StoreUnavailable), database.write(urgent=True):
            pass
        other.execute("ROLLBACK")
        done.result(PATIENCE)


def _put(database: Database) -> None:
    with database.write() as tx:
        notices.put(tx, a_notice())


def test_a_request_gives_up_its_place_in_line_in_time_and_the_line_goes_on(
    database: Database,
) -> None:
    with (
        database.write(),
        ThreadPoolExecutor(1) as threads,
        pytest.raises(StoreUnavailable, match="longer write"),
    ):
        threads.submit(_put_in_time, database).result(PATIENCE)
    _put(database)
    with database.read() as tx:
        assert len(notices.list_all(tx)) == 1


def _put_in_time(database: Database) -> None:
    with request(), database.write(urgent=True) as tx:
        notices.put(tx, a_notice())


def test_all_that_a_request_waits_for_is_one_time() -> None:
    now = [0.0]
    deadline = Deadline(wait=timedelta(seconds=5), monotonic=lambda: now[0])
    now[0] = 4.0
    assert deadline.left == timedelta(seconds=1)
    now[0] = 60.0
    assert deadline.left == AT_LEAST
    deadline.restart()
    assert deadline.left == timedelta(seconds=5)


class Line:
    """A line for writers whose first has the turn, a clock that a test moves, and those behind."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.queue = WriterQueue(clock=lambda: self.seconds)
        self._threads = ThreadPoolExecutor(MOST_WAITING + 5)

    @contextlib.contextmanager
    def behind(self, people: int, *, begun: bool) -> Iterator[list[Future[bool]]]:
        """Let so many people wait behind a writer, who has the database or cannot begin."""
        # The turn ends first, or nobody of them ever ended.
        with self._threads, self.queue.turn(urgent=True):
            if begun:
                self.queue.begun()
            tries = [self._threads.submit(self._served) for _ in range(people)]
            until(lambda: self.queue.waiting == people)
            yield tries

    def _served(self) -> bool:
        try:
            with self.queue.turn(urgent=True, within=timedelta(minutes=5)):
                self.queue.begun()
        except StoreUnavailable:
            return False
        return True


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds."""
    ends, pause = time.monotonic() + PATIENCE, threading.Event()
    while not condition():
        assert time.monotonic() < ends
        pause.wait(0.02)


def test_few_people_wait_while_the_writer_before_them_cannot_even_begin() -> None:
    """Each that waits keeps a thread from those who only read."""
    line = Line()
    with line.behind(MOST_WAITING + 5, begun=False) as tries:
        line.seconds += STUCK.total_seconds()
        until(lambda: line.queue.waiting == MOST_WAITING)
    assert sum(one.result(PATIENCE) for one in tries) == MOST_WAITING


def test_everybody_waits_for_a_writer_that_is_at_work() -> None:
    line = Line()
    with line.behind(MOST_WAITING + 5, begun=True) as tries:
        line.seconds += STUCK.total_seconds()
        # Each of them looks at the clock some times meanwhile.
        assert not wait(tries, timeout=0.5).done
    assert all(one.result(PATIENCE) for one in tries)
