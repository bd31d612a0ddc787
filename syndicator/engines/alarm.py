"""Calls that are to be made a little later, kept in memory by one thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count

Call = Callable[[], None]


class Alarm:
    """Makes each call at its time, on a thread of its own that starts with the first one.

    Calls must be short. Those that wait when the alarm is closed are never made.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Call]] = []
        self._order = count()
        self._thread: threading.Thread | None = None
        self._closed = False

    def set(self, call: Call, *, after: timedelta) -> None:
        """Make ``call`` once ``after`` has passed; not before, and never after ``close``."""
        with self._changed:
            if self._closed:
                return
            due = self._clock() + after.total_seconds()
            heappush(self._waiting, (due, next(self._order), call))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="alarm", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Make no more calls."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()

    def _watch(self) -> None:
        while (call := self._next()) is not None:
            call()

    def _next(self) -> Call | None:
        with self._changed:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                left = self._waiting[0][0] - self._clock()
                if left <= 0:
                    return heappop(self._waiting)[2]
                self._changed.wait(left)
        return None
