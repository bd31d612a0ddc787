"""Writes of many threads in one transaction: whoever comes while another writes shares the next.

    thread 1 ──value──> leads: one transaction for all that wait ──> each thread its own result
    thread 2 ──value──┘                                          ╲─> the next leader

A transaction costs about as much whether it holds one small write or thirty. Nobody waits for
company: alone, a write is made at once, as if this were not here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Generic, TypeVar, cast

A = TypeVar("A")
B = TypeVar("B")

MOST = 32
"""Values in one transaction at most, so that it stays short."""


class _Job(Generic[A, B]):
    """One caller's value, and what became of it."""

    def __init__(self, value: A) -> None:
        self.value = value
        self.done = False
        self.result: B | None = None
        self.error: BaseException | None = None
        self.turn = Lock()
        self.turn.acquire()

    def outcome(self) -> B:
        if self.error is not None:
            raise self.error
        return cast("B", self.result)


class GroupCommit(Generic[A, B]):
    """Calls ``write`` with the values of all threads that wait, one call at a time. Thread-safe.

    Args:
        write: begins, commits and ends a transaction of its own. It is given a function that
            returns the values, to be called when the transaction has begun, since more come while
            it waits to begin; it returns one result for each, in their order.
    """

    def __init__(self, write: Callable[[Callable[[], Sequence[A]]], Sequence[B]]) -> None:
        self._write = write
        self._guard = Lock()
        self._waiting: deque[_Job[A, B]] = deque()
        self._led = False

    @property
    def waiting(self) -> int:
        """How many values wait to be written now."""
        with self._guard:
            return len(self._waiting)

    def __call__(self, value: A) -> B:
        """Return the result for ``value`` once it is committed.

        Raises:
            Exception: what ``write`` raised for this value alone; a value of another thread never
                fails this one.
        """
        job: _Job[A, B] = _Job(value)
        with self._guard:
            self._waiting.append(job)
            leads, self._led = not self._led, True
        if not leads:
            job.turn.acquire()
        if not job.done:
            batch: list[_Job[A, B]] = []
            try:
                self._settle(batch)
            finally:
                self._hand_on(batch)
        return job.outcome()

    def _settle(self, batch: list[_Job[A, B]]) -> None:
        try:
            results = self._write(lambda: self._take(batch))
        except Exception as error:  # noqa: BLE001
            # Whatever it is, it is another thread's as well: it is kept with its job and raised
            # again by the caller of each, after all who wait have been woken.
            if len(batch) > 1:
                self._one_by_one(batch)
                return
            if not batch:  # the transaction could not even begin
                self._take(batch)
            for job in batch:
                job.error, job.done = error, True
            return
        for job, result in zip(batch, results, strict=True):
            job.result, job.done = result, True

    def _take(self, batch: list[_Job[A, B]]) -> Sequence[A]:
        with self._guard:
            while self._waiting and len(batch) < MOST:
                batch.append(self._waiting.popleft())
        return [job.value for job in batch]

    def _one_by_one(self, batch: Sequence[_Job[A, B]]) -> None:
        """Write again what failed together: only the guilty may fail."""
        for job in batch:
            try:
                (job.result,) = self._write(partial(tuple, (job.value,)))
            except Exception as error:  # noqa: BLE001
                # Raised again by its own caller: those behind it must get their turn all the same.
                job.error = error
            job.done = True

    def _hand_on(self, batch: Sequence[_Job[A, B]]) -> None:
        with self._guard:
            following = self._waiting[0] if self._waiting else None
            self._led = following is not None
        for job in batch:
            if not job.done:
                job.error, job.done = RuntimeError("the write was interrupted"), True
            job.turn.release()
        if following is not None:
            following.turn.release()
