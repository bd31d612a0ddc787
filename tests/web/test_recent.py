"""What is dear to make is made once, and kept for some seconds."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest

from syndicator.web.recent import Recent

LONG_ENOUGH = 20
"""Seconds after which a test that hangs fails."""


class Maker:
    """Makes 1, 2, 3 ..., or fails; a made value waits until ``go`` is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.count = 0
        self.fails = False
        self.go = threading.Event()
        self.go.set()

    def make(self) -> int:
        self.count += 1
        count = self.count
        assert self.go.wait(LONG_ENOUGH)
        if self.fails:
            raise RuntimeError("no")
        return count

    def recent(self) -> Recent[int]:
        return Recent(
            self.make,
            keeps=timedelta(seconds=5),
            stale=timedelta(seconds=60),
            monotonic=lambda: self.now,
        )


async def waiting(recent: Recent[int]) -> asyncio.Task[int]:
    """Ask, and return once the question cannot be answered at once."""
    task = asyncio.create_task(recent())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    return task


def test_a_recent_value_is_made_anew_once_it_is_older_than_it_keeps() -> None:
    maker = Maker()

    async def asked() -> list[int]:
        recent, values = maker.recent(), []
        for maker.now in (0, 4.9, 5, 9.9, 10):
            values.append(await recent())
        return values

    assert asyncio.run(asked()) == [1, 1, 2, 2, 3]


def test_while_a_recent_value_is_made_anew_others_get_the_last_until_it_is_stale() -> None:
    maker = Maker()

    async def asked() -> list[int]:
        recent = maker.recent()
        await recent()
        maker.now = 10
        maker.go.clear()
        anew = await waiting(recent)
        meanwhile = await recent()
        maker.now = 60
        late = await waiting(recent)
        maker.go.set()
        return [meanwhile, await anew, await late]

    assert asyncio.run(asked()) == [1, 2, 2]


def test_all_who_wait_for_a_recent_value_hear_its_error_and_the_next_one_tries_again() -> None:
    maker = Maker()

    async def asked() -> int:
        recent = maker.recent()
        maker.fails = True
        maker.go.clear()
        first, second = await waiting(recent), await waiting(recent)
        maker.go.set()
        for task in (first, second):
            with pytest.raises(RuntimeError):
                await task
        maker.fails = False
        return await recent()

    assert asyncio.run(asked()) == 2


def test_a_reader_who_leaves_does_not_take_a_recent_value_from_the_others() -> None:
    maker = Maker()

    async def asked() -> int:
        recent = maker.recent()
        maker.go.clear()
        first, second = await waiting(recent), await waiting(recent)
        first.cancel()
        maker.go.set()
        return await second

    assert asyncio.run(asked()) == 1
