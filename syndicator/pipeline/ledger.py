"""Steps of several connections in one transaction.

A commit costs as much as the statements of several messages. While one thread commits, the steps
of the others gather; the first of them then takes all of them at once. Each still waits for the
commit of its own step before its message leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

W = TypeVar("W")
R = TypeVar("R")


@dataclass(slots=True)
class _Wish(Generic[W, R]):
    """What one thread wants, and what came of it. If it ``leads``, it is the next to take all."""

    wanted: W
    ready: Event = field(default_factory=Event)
    leads: bool = False
    result: R | None = None
    error: Exception | None = None


class Together(Generic[W, R]):
    """Lets ``take`` do what several threads want at once, in the order they came.

    ``take`` returns a result for each; what it raises, each of them is told.
    """

    def __init__(self, take: Callable[[Sequence[W]], Sequence[R]]) -> None:
        self._take = take
        self._lock = Lock()
        self._waiting: list[_Wish[W, R]] = []
        self._busy = False

    def __call__(self, wanted: W) -> R:
        """Return the result for ``wanted``, once it is done."""
        wish: _Wish[W, R] = _Wish(wanted)
        with self._lock:
            self._waiting.append(wish)
            wish.leads = not self._busy
            self._busy = True
        if not wish.leads:
            wish.ready.wait()
        if wish.leads:
            self._lead()
        if wish.error is not None:
            raise wish.error
        assert wish.result is not None, "a result for each"
        return wish.result

    def _lead(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        try:
            results = self._take([wish.wanted for wish in batch])
            for wish, result in zip(batch, results, strict=True):
                wish.result = result
        except Exception as error:  # noqa: BLE001 - it is raised again by each who waits for it
            for wish in batch:
                wish.error = error
        with self._lock:
            self._busy = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].ready.set()
        for wish in batch:
            wish.ready.set()
