"""The one place in the line for writers of this process: first come, first served, people first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class WriterQueue:
    """One writer at a time, in the order they came; the urgent (a person waiting) go first.

    SQLite lets writers in by chance and by polling: four busy threads made another wait five
    seconds. Here the one who leaves wakes the one whose turn it is.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._urgent: deque[Lock] = deque()
        self._waiting: deque[Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        with self._guard:
            return len(self._urgent) + len(self._waiting)

    @contextmanager
    def turn(self, *, urgent: bool) -> Iterator[None]:
        """Wait for our turn and hold it until the block is left."""
        self._enter(urgent=urgent)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, *, urgent: bool) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            ours = Lock()
            ours.acquire()
            (self._urgent if urgent else self._waiting).append(ours)
        ours.acquire()

    def _leave(self) -> None:
        with self._guard:
            line = self._urgent or self._waiting
            if line:
                line.popleft().release()
            else:
                self._taken = False
