"""The contract of ``enqueue``, for every engine there is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from syndicator import log
from syndicator.engines.embedded import Embedded, Work
from syndicator.store.db.database import Database
from tests.builders import HOME

SOON = timedelta(seconds=20)


class Recorder:
    """A task that remembers its keys and can be made to wait or fail."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self._ran = threading.Semaphore(0)

    def wait_for(self, number: int) -> None:
        """Wait until so many more runs began."""
        for _ in range(number):
            assert self._ran.acquire(timeout=20)

    def run(self, _engine: object, key: str) -> None:
        self.keys.append(key)
        self.began.set()
        self._ran.release()
        if key == "broken":
            raise RuntimeError("this task fails")
        assert self.may_end.wait(timeout=20)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def engine(recorder: Recorder) -> Iterator[Embedded]:
    made = Embedded({"note": Work(run=recorder.run, workers=1)})
    yield made
    recorder.may_end.set()
    assert made.close(within=SOON)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database.open(None, data_dir=tmp_path, **HOME)
    yield made
    made.close()


def test_a_wake_up_in_a_transaction_comes_after_its_commit(
    engine: Embedded, recorder: Recorder, database: Database
) -> None:
    with database.write() as tx:
        engine.enqueue(tx, "note", "1")
        assert engine.idle(within=SOON)
        assert recorder.keys == []

    assert engine.idle(within=SOON)
    assert recorder.keys == ["1"]


def test_a_transaction_that_rolls_back_wakes_nobody(
    engine: Embedded, recorder: Recorder, database: Database
) -> None:
    def wake_and_fail() -> None:
        with database.write() as tx:
            engine.enqueue(tx, "note", "1")
            raise ValueError("no commit")

    with pytest.raises(ValueError, match="no commit"):
        wake_and_fail()

    assert engine.idle(within=SOON)
    assert recorder.keys == []


def test_an_unknown_task_is_refused_before_anything_is_written(
    engine: Embedded, database: Database
) -> None:
    with pytest.raises(KeyError), database.write() as tx:
        engine.enqueue(tx, "nothing", "1")


def test_a_key_that_waits_is_not_queued_twice_but_one_that_runs_is_run_again(
    engine: Embedded, recorder: Recorder
) -> None:
    recorder.may_end.clear()
    engine.wake("note", "running")
    assert recorder.began.wait(timeout=20)

    for _ in range(3):
        engine.wake("note", "running")
    recorder.may_end.set()

    assert engine.idle(within=SOON)
    assert recorder.keys == ["running", "running"]


def test_a_task_that_fails_does_not_stop_the_others(engine: Embedded, recorder: Recorder) -> None:
    told = StringIO()
    log.configure(json=True, stream=told)
    engine.wake("note", "broken")
    engine.wake("note", "2")

    assert engine.idle(within=SOON)
    assert recorder.keys == ["broken", "2"]
    assert "task failed" in told.getvalue()
    assert "this task fails" in told.getvalue()


def test_a_closed_engine_starts_nothing_more(engine: Embedded, recorder: Recorder) -> None:
    assert engine.close(within=SOON)

    engine.wake("note", "late")

    assert recorder.keys == []


def test_closing_does_not_wait_longer_than_it_was_told(
    engine: Embedded, recorder: Recorder
) -> None:
    recorder.may_end.clear()
    engine.wake("note", "slow")
    assert recorder.began.wait(timeout=20)

    assert not engine.close(within=timedelta(milliseconds=10))


def test_a_later_wake_up_comes_in_the_order_of_its_time(
    engine: Embedded, recorder: Recorder
) -> None:
    engine.wake_later("note", "second", after=timedelta(milliseconds=60))
    engine.wake_later("note", "first", after=timedelta(milliseconds=5))

    recorder.wait_for(2)

    assert recorder.keys == ["first", "second"]


def test_a_wake_up_that_waits_when_the_engine_closes_never_comes(
    engine: Embedded, recorder: Recorder
) -> None:
    engine.wake_later("note", "late", after=timedelta(milliseconds=1))
    assert engine.close(within=SOON)

    engine.wake_later("note", "later", after=timedelta(0))

    assert "later" not in recorder.keys
