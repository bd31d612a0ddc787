"""How fast we send: turns at the relay, and domains that rest."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syndicator.deliver.rates import (
    BURST,
    FAILURES,
    LONGEST_REST,
    Domain,
    accepted,
    put_off,
    taken,
    turn,
)
from tests.builders import NOW

MINUTE = timedelta(minutes=1)


def left_within(span: timedelta, *, per_minute: int, pauses: list[float]) -> list[datetime]:
    """Return when messages leave of a sender that pauses so many seconds after each."""
    now, free_at, leaves = NOW, None, []
    for pause in pauses:
        at, free_at = turn(free_at, per_minute=per_minute, now=now)
        leaves.append(at)
        now = at + timedelta(seconds=pause)
    return [at for at in leaves if at < NOW + span]


@given(st.integers(1, 5_000), st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_never_more_leave_in_a_minute_than_the_relay_takes(
    per_minute: int, pauses: list[float]
) -> None:
    """E11; what a slow answer held up may be made up for within a moment."""
    leaves = left_within(MINUTE, per_minute=per_minute, pauses=pauses)

    assert len(leaves) <= per_minute + BURST / (MINUTE / per_minute) + 1


def test_a_steady_sender_gets_all_its_turns() -> None:
    leaves = left_within(MINUTE, per_minute=60, pauses=[0.4] * 80)

    assert 60 <= len(leaves) <= 61


def test_a_domain_that_puts_us_off_in_a_row_rests_alone_and_longer_each_time() -> None:
    """Promise 6: a failing receiving domain is slowed."""
    domain = Domain()
    for _ in range(FAILURES - 1):
        domain = put_off(domain, now=NOW, slower=False, jitter=0.5)
        assert domain.free(NOW) == NOW
    domain = put_off(domain, now=NOW, slower=False, jitter=0.5)
    first = domain.free(NOW)
    again = put_off(domain, now=first, slower=False, jitter=0.5)

    assert first - NOW == MINUTE
    assert again.free(first) - first == 2 * MINUTE


def test_a_domain_that_asks_us_to_be_slower_rests_at_once() -> None:
    assert put_off(Domain(), now=NOW, slower=True, jitter=0.5).free(NOW) == NOW + MINUTE


def test_a_domain_that_takes_our_mail_again_is_forgiven() -> None:
    rested = put_off(Domain(), now=NOW, slower=True, jitter=0.5)

    assert accepted(rested) == Domain()


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_no_rest_is_longer_than_an_hour_and_a_quarter(times: int, jitter: float) -> None:
    domain = Domain()
    for _ in range(times):
        domain = put_off(domain, now=NOW, slower=True, jitter=jitter)

    assert domain.free(NOW) - NOW <= LONGEST_REST * 1.25


def test_a_domain_with_a_limit_takes_one_message_after_the_other() -> None:
    after = taken(Domain(), per_minute=6, now=NOW)

    assert after.free(NOW) == NOW + timedelta(seconds=10)
    assert taken(Domain(), per_minute=None, now=NOW) == Domain()
