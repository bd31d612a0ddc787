"""When a source may be asked again: rules F2, F3, F4, F5 and F10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.fetch.pace import (
    FIRST_SPREAD,
    LONGEST_BACK_OFF,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    could_be_ours,
    first_fetch,
    next_fetch,
    not_before,
    own_outage,
)
from syndicator.model import (
    Answer,
    Failed,
    Fetched,
    Hints,
    Outcome,
    Reason,
    Unchanged,
    Validators,
)
from tests.fetch.sources import NOW, URL

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
VALIDATORS = Validators(etag='"a"')

waits = st.none() | st.timedeltas(timedelta(0), timedelta(days=3650))
jitters = st.floats(0, 1, exclude_max=True)
answers = st.builds(
    Answer, url=st.just(URL), validators=st.sampled_from([VALIDATORS, Validators()]), wait=waits
)
hints = st.builds(
    Hints,
    ttl=waits,
    update_period=waits,
    skip_hours=st.frozensets(st.integers(0, 24)),
    skip_days=st.frozensets(st.integers(0, 6)),
)
outcomes = st.one_of(
    st.builds(Unchanged, answer=answers),
    st.builds(
        Fetched,
        answer=answers,
        body=st.just(b"<rss/>"),
        body_hash=st.just("0"),
        content_type=st.none(),
    ),
    st.builds(
        Failed,
        reason=st.sampled_from(Reason),
        detail=st.just(""),
        answer=st.none() | answers,
    ),
)
moments = st.floats(0, 1500).map(lambda days: NOW + timedelta(days=days))


def unchanged(wait: timedelta | None = None, validators: Validators = VALIDATORS) -> Unchanged:
    return Unchanged(answer=Answer(url=URL, validators=validators, wait=wait))


def failed(reason: Reason = Reason.SERVER, wait: timedelta | None = None) -> Failed:
    return Failed(reason=reason, detail="", answer=Answer(url=URL, wait=wait))


def wait_after(
    outcome: Outcome,
    *,
    hints: Hints | None = None,
    failures: int = 0,
    jitter: float = 0.0,
    now: datetime = NOW,
) -> timedelta:
    when = next_fetch(outcome, hints=hints or Hints(), failures=failures, now=now, jitter=jitter)
    return when - now


@given(outcomes, hints, st.integers(0, 10_000), moments, jitters)
def test_the_next_fetch_lies_between_an_hour_and_a_week_ahead_f2(
    outcome: Outcome, hints: Hints, failures: int, now: datetime, jitter: float
) -> None:
    wait = wait_after(outcome, hints=hints, failures=failures, jitter=jitter, now=now)
    assert SHORTEST_WAIT <= wait <= LONGEST_WAIT


@given(outcomes, hints, st.integers(0, 50), moments, jitters)
def test_never_before_the_server_lets_us_up_to_a_week_f3_f4(
    outcome: Outcome, hints: Hints, failures: int, now: datetime, jitter: float
) -> None:
    wait = wait_after(outcome, hints=hints, failures=failures, jitter=jitter, now=now)
    asked = outcome.answer.wait if outcome.answer else None
    assert wait >= min(asked or timedelta(0), LONGEST_WAIT)


@given(outcomes, hints, moments, jitters)
def test_never_before_the_feed_lets_us_up_to_a_week_f3(
    outcome: Outcome, hints: Hints, now: datetime, jitter: float
) -> None:
    if isinstance(outcome, Failed):
        return
    wait = wait_after(outcome, hints=hints, now=now, jitter=jitter)
    for asked in (hints.ttl, hints.update_period):
        assert wait >= min(asked or timedelta(0), LONGEST_WAIT)


@given(outcomes, hints, st.integers(0, 9), moments, jitters)
def test_never_in_an_hour_or_on_a_day_the_feed_skips_f3(
    outcome: Outcome, hints: Hints, failures: int, now: datetime, jitter: float
) -> None:
    when = next_fetch(outcome, hints=hints, failures=failures, now=now, jitter=jitter)
    if when == now + LONGEST_WAIT:
        return
    hours = {hour % 24 for hour in hints.skip_hours}
    open_days = set(range(7)) - hints.skip_days
    if len(hours) < 24 and open_days:
        assert when.hour not in hours
        assert when.weekday() in open_days


@given(outcomes, hints, st.integers(0, 9), moments, jitters, jitters)
def test_more_jitter_is_never_earlier(
    outcome: Outcome, hints: Hints, failures: int, now: datetime, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    first = wait_after(outcome, hints=hints, failures=failures, now=now, jitter=low)
    assert first <= wait_after(outcome, hints=hints, failures=failures, now=now, jitter=high)


def test_a_healthy_source_is_asked_every_hour_spread_a_little_f2() -> None:
    assert wait_after(unchanged()) == HOUR
    assert HOUR < wait_after(unchanged(), jitter=0.99) <= HOUR * 1.1


def test_a_server_without_validators_is_asked_once_a_day_f2() -> None:
    assert wait_after(unchanged(validators=Validators())) == DAY


def test_the_server_never_hurries_us_f3() -> None:
    assert wait_after(unchanged(wait=timedelta(minutes=1))) == HOUR
    assert wait_after(unchanged(), hints=Hints(ttl=timedelta(minutes=5))) == HOUR


def test_max_age_is_waited_for_after_a_304_too_f3() -> None:
    assert wait_after(unchanged(wait=timedelta(hours=5))) == timedelta(hours=5)


def test_ttl_and_update_period_slow_us_f3() -> None:
    assert wait_after(unchanged(), hints=Hints(ttl=timedelta(hours=6))) == timedelta(hours=6)
    assert wait_after(unchanged(), hints=Hints(update_period=DAY)) == DAY


def test_skip_hours_are_gmt_f3() -> None:
    """11:30 GMT is skipped, so it is 12:00 GMT, which is 14:00 in Helsinki."""
    wait = wait_after(unchanged(), hints=Hints(skip_hours=frozenset({11})))
    assert NOW + wait == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_skipped_days_push_to_the_next_open_day_f3() -> None:
    """NOW is a Tuesday."""
    wait = wait_after(unchanged(), hints=Hints(skip_days=frozenset({1, 2})))
    assert NOW + wait == datetime(2026, 11, 26, 0, 0, tzinfo=UTC)


def test_a_feed_that_skips_everything_is_not_believed() -> None:
    assert wait_after(unchanged(), hints=Hints(skip_hours=frozenset(range(24)))) == HOUR
    assert wait_after(unchanged(), hints=Hints(skip_days=frozenset(range(7)))) == HOUR


@pytest.mark.parametrize("reason", [Reason.THROTTLED, Reason.BUSY])
def test_retry_after_is_waited_for_up_to_a_week_f4(reason: Reason) -> None:
    asked = timedelta(hours=30)
    assert wait_after(failed(reason, wait=asked), failures=1) == asked
    assert wait_after(failed(reason, wait=timedelta(days=400)), failures=1) == LONGEST_WAIT


@pytest.mark.parametrize("reason", [Reason.THROTTLED, Reason.SERVER, Reason.DNS])
def test_failures_back_off_twice_as_long_each_time_up_to_a_day_f10(reason: Reason) -> None:
    waits = [wait_after(failed(reason), failures=n) for n in range(1, 9)]
    assert waits[:5] == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert set(waits[5:]) == {LONGEST_BACK_OFF}


def test_back_off_is_jittered_widely_f10() -> None:
    assert wait_after(failed(), failures=3, jitter=0.5) == 6 * HOUR


def test_a_failure_that_is_not_counted_costs_an_hour_f10() -> None:
    assert wait_after(failed(Reason.DNS), failures=0) == HOUR


def test_an_answer_that_cannot_be_read_backs_off_too_f10() -> None:
    assert wait_after(unchanged(), failures=4) == 8 * HOUR
    page = Failed(reason=Reason.NOT_A_FEED, detail="", answer=Answer(url=URL))
    assert wait_after(page, failures=1) == DAY, "no validators: the whole page each time (F2)"


def test_the_servers_own_word_stands_apart_from_our_pace_f3_f4() -> None:
    assert not_before(unchanged(), now=NOW) is None
    assert not_before(Failed(reason=Reason.DNS, detail=""), now=NOW) is None
    assert not_before(failed(wait=timedelta(minutes=2)), now=NOW) == NOW + timedelta(minutes=2)
    assert not_before(failed(wait=timedelta(days=90)), now=NOW) == NOW + LONGEST_WAIT


def test_410_is_not_polled_f8() -> None:
    assert wait_after(failed(Reason.GONE), failures=1) == LONGEST_WAIT


# --- F5: the first fetches of a new installation


@given(st.integers(1, 300), moments, jitters)
def test_first_fetches_are_spread_over_two_minutes_at_most_f5(
    count: int, now: datetime, jitter: float
) -> None:
    moments = sorted(first_fetch(index, now=now, jitter=jitter) for index in range(count))
    assert now <= moments[0]
    assert moments[-1] <= now + FIRST_SPREAD <= now + timedelta(minutes=2)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap > FIRST_SPREAD / count / 4 for gap in gaps), "no burst"


# --- F10: our own outage


def attempts(*oks: bool, minutes_apart: float = 0.5) -> list[tuple[datetime, bool]]:
    """Attempts, the newest last."""
    count = len(oks)
    return [
        (NOW - timedelta(minutes=minutes_apart) * (count - 1 - n), ok) for n, ok in enumerate(oks)
    ]


def test_over_half_of_the_last_twenty_failing_is_our_outage() -> None:
    assert own_outage(attempts(*[True] * 9, *[False] * 11), now=NOW)
    assert not own_outage(attempts(*[True] * 10, *[False] * 10), now=NOW)


def test_only_the_last_twenty_count() -> None:
    assert own_outage(attempts(*[True] * 9, *[False] * 20, minutes_apart=0.4), now=NOW)
    assert not own_outage(attempts(*[False] * 9, *[True] * 20, minutes_apart=0.4), now=NOW)


def test_only_the_last_fifteen_minutes_count() -> None:
    assert not own_outage(attempts(*[False] * 8, minutes_apart=5), now=NOW)


def test_the_order_told_does_not_matter() -> None:
    recent = attempts(*[True] * 20, *[False] * 15, minutes_apart=0.3)
    assert own_outage(recent[::-1], now=NOW)


def test_one_dead_source_alone_is_no_outage() -> None:
    assert not own_outage(attempts(False), now=NOW)
    assert not own_outage([], now=NOW)


def test_a_server_that_says_no_proves_that_our_network_works() -> None:
    assert could_be_ours(Reason.DNS)
    assert not could_be_ours(Reason.MISSING)
    assert not could_be_ours(Reason.CERTIFICATE)
