"""Rate limits: so many at once, then one after another, each network on its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.web.limits import Buckets, OneAtATime, Pace, network_of

_PACE = Pace(burst=3, each=timedelta(seconds=60))


def test_a_network_that_used_its_burst_waits_and_others_do_not() -> None:
    buckets = Buckets(_PACE)
    for _ in range(3):
        assert not buckets.take("a", now=0)

    assert buckets.take("a", now=0) == timedelta(seconds=60)
    assert buckets.take("a", now=45) == timedelta(seconds=15)
    assert not buckets.take("b", now=0)
    assert not buckets.take("a", now=61)


@given(gaps=st.lists(st.floats(min_value=0, max_value=200), max_size=60))
def test_never_more_than_the_burst_and_the_pace_allow(gaps: list[float]) -> None:
    buckets, now, taken = Buckets(_PACE), 0.0, 0
    for gap in gaps:
        now += gap
        taken += not buckets.take("a", now=now)

    assert taken <= 3 + now / 60 + 1e-6


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("unix:", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_network_is_what_one_subscriber_has(address: str | None, network: str) -> None:
    assert network_of(address) == network


AT_ONCE = timedelta()
AN_HOUR = timedelta(hours=1)


async def _got(*networks: str, in_all: int = 9) -> list[bool]:
    """Return who of these networks gets a turn at once, while those before them keep theirs."""
    turns = OneAtATime(in_all=in_all, patience=AT_ONCE)
    async with AsyncExitStack() as held:
        return [await held.enter_async_context(turns.turn(network)) for network in networks]


def test_a_network_has_one_turn_at_a_time_and_keeps_no_other_from_its_own() -> None:
    assert asyncio.run(_got("a", "a", "b", "a", "c")) == [True, False, True, False, True]


def test_turns_of_all_networks_together_have_an_end() -> None:
    assert asyncio.run(_got("a", "b", "c", in_all=2)) == [True, True, False]


@pytest.mark.parametrize("ends", [None, RuntimeError()])
def test_a_turn_goes_to_whoever_waits_once_it_is_over_however_it_ended(
    ends: Exception | None,
) -> None:
    async def second() -> bool:
        turns = OneAtATime(in_all=1, patience=AN_HOUR)
        waits = asyncio.Event()

        @asynccontextmanager
        async def first() -> AsyncIterator[None]:
            async with turns.turn("a") as ours:
                assert ours
                yield

        async def after() -> bool:
            waits.set()
            async with turns.turn("b") as ours:
                return ours

        try:
            async with first():
                waiting = asyncio.create_task(after())
                await waits.wait()
                if ends:
                    raise ends
        except RuntimeError:
            pass
        async with asyncio.timeout(20):
            return await waiting

    assert asyncio.run(second())


def test_whoever_got_no_turn_leaves_none_behind() -> None:
    async def turn() -> list[bool]:
        turns, got = OneAtATime(in_all=1, patience=AT_ONCE), list[bool]()
        async with turns.turn("a"), turns.turn("a") as second:
            got.append(second)
        async with turns.turn("a") as third:
            got.append(third)
        return got

    assert asyncio.run(turn()) == [False, True]
