"""The one place in the line for writers of this process: first come, first served, people first."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock

from syndicator.errors import StoreUnavailable

STUCK = timedelta(milliseconds=500)
"""A transaction begins at once, or another process holds the database."""

MOST_WAITING = 16
"""People who wait on while another process holds the database. Each keeps a thread from those who
only read."""

_POLL_SECONDS = 0.1


class WriterQueue:
    """One writer at a time, in the order they came; the urgent (a person waiting) go first.

    SQLite lets writers in by chance and by polling: four busy threads made another wait five
    seconds. Here the one who leaves wakes the one whose turn it is.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._guard = Lock()
        self._taken = False
        self._begins_since: float | None = None
        self._urgent: deque[Lock] = deque()
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        with self._guard:
            return len(self._urgent) + len(self._waiting)

    @contextmanager
    def turn(self, *, urgent: bool, within: timedelta | None = None) -> Iterator[None]:
        """Wait for our turn and hold it until the block is left. Say ``begun`` in it.

        Args:
            within: how long to wait at most; ``None`` is for ever.

        Raises:
            StoreUnavailable: our turn did not come within that, or MOST_WAITING are before us and
                the one whose turn it is cannot begin.
        """
        self._enter(urgent=urgent, within=within)
        try:
            yield
        finally:
            self._leave()

    def begun(self) -> None:
        """Note that whose turn it is has the database: those behind will not wait long."""
        self._begins_since = None

    def _enter(self, *, urgent: bool, within: timedelta | None) -> None:
        line = self._urgent if urgent else self._waiting
        with self._guard:
            if not self._taken:
                self._taken = True
                self._begins_since = self._clock()
                return
            ours = Lock()
            ours.acquire()
            line.append(ours)
        if within is None:
            ours.acquire()
        else:
            self._wait(ours, line, until=self._clock() + within.total_seconds())

    def _wait(self, ours: Lock, line: deque[Lock], *, until: float) -> None:
        while not ours.acquire(timeout=_POLL_SECONDS):
            with self._guard:
                # Whoever left meanwhile may have given us the turn.
                if ours in line and (self._clock() >= until or self._is_hopeless(ours, line)):
                    line.remove(ours)
                    raise StoreUnavailable("database is locked by a longer write")

    def _is_hopeless(self, ours: Lock, line: deque[Lock]) -> bool:
        since = self._begins_since
        stuck = since is not None and self._clock() - since >= STUCK.total_seconds()
        return stuck and line.index(ours) >= MOST_WAITING

    def _leave(self) -> None:
        with self._guard:
            line = self._urgent or self._waiting
            # For the next one, or for nobody: who is not waited for cannot be stuck.
            self._begins_since = self._clock()
            if line:
                line.popleft().release()
            else:
                self._taken = False
