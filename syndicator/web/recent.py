"""A value that is costly to compute, kept for some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from syndicator.model import Monotonic

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """Returns what ``make`` returned lately: one caller has it made, others get the last.

    Whoever asks while the first value is made, or while the last one is older than ``stale``, waits
    for the one under way, and takes no thread meanwhile. An error of ``make`` goes to those who
    wait for it, and the next caller tries again. Lives on an event loop.

    Args:
        make: may block; called on a worker thread, never twice at once.
        keeps: how long a value is returned without a question.
        stale: how long it is returned to the others while a new one is made.
    """

    def __init__(
        self,
        make: Callable[[], _Value],
        *,
        keeps: timedelta,
        stale: timedelta,
        monotonic: Monotonic,
    ) -> None:
        self._make = make
        self._keeps = keeps.total_seconds()
        self._stale = stale.total_seconds()
        self._monotonic = monotonic
        self._last: tuple[_Value, float] | None = None
        self._under_way: asyncio.Task[_Value] | None = None

    async def __call__(self) -> _Value:
        """Return the value, at most ``stale`` old."""
        mine = self._under_way is None
        if self._last is not None:
            value, at = self._last
            if self._monotonic() - at < (self._keeps if mine else self._stale):
                return value
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._anew())
            self._under_way.add_done_callback(self._done)
        # A reader who leaves must not take it away from the others who wait for it.
        return await asyncio.shield(self._under_way)

    async def _anew(self) -> _Value:
        began = self._monotonic()
        value = await run_in_threadpool(self._make)
        self._last = (value, began)
        return value

    def _done(self, _: asyncio.Task[_Value]) -> None:
        self._under_way = None
