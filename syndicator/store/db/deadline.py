"""How long a request may wait for the database, all in all: for its turn, a lock, a connection."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from datetime import timedelta

FOR_A_PERSON = timedelta(seconds=5)
"""Whoever waits for a page gives up soon after; a thread that waits on serves nobody."""

AT_LEAST = timedelta(milliseconds=250)
"""What is left to whoever used up their time elsewhere: a database that nobody holds answers."""


class Deadline:
    """The moment until which one request may wait for the database.

    Used by the threads of one request, one after another.
    """

    def __init__(self, *, wait: timedelta = FOR_A_PERSON, monotonic: Callable[[], float]) -> None:
        self._wait = wait.total_seconds()
        self._monotonic = monotonic
        self.restart()

    def restart(self) -> None:
        """Count anew from now: what came before was somebody else's time."""
        self._until = self._monotonic() + self._wait

    @property
    def left(self) -> timedelta:
        """How long may still be waited, AT_LEAST in any case."""
        return max(AT_LEAST, timedelta(seconds=self._until - self._monotonic()))


REQUEST: ContextVar[Deadline | None] = ContextVar("request", default=None)
"""The deadline of the request that runs here; ``None`` for all other work."""
