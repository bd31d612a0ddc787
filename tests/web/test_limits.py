"""Rate limits: so many at once, then one after another, each network on its own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.web.limits import Buckets, Pace, network_of

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
