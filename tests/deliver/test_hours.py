"""Newsletters leave in their hours only, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndicator.config import SendHours
from syndicator.deliver.hours import Window, opening, span

HELSINKI = ZoneInfo("Europe/Helsinki")
MINUTE = timedelta(minutes=1)
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC)
"""When Helsinki's clocks go from 3 to 4."""
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC)
"""When Helsinki's clocks go from 4 to 3."""

walls = st.builds(time, st.integers(0, 23), st.integers(0, 59))
hours = st.tuples(walls, walls).filter(lambda pair: pair[0] != pair[1])
windows = hours.map(
    lambda pair: Window(hours=SendHours(begins=pair[0], ends=pair[1]), zone=HELSINKI)
)
near_a_change = st.sampled_from((SPRING, AUTUMN)).flatmap(
    lambda change: st.integers(-3000, 3000).map(lambda number: change + number * MINUTE)
)
moments = near_a_change | st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def window(begins: str, ends: str) -> Window:
    made = SendHours(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
    return Window(hours=made, zone=HELSINKI)


def local(day: str, wall: str, *, fold: int = 0) -> datetime:
    made = datetime.fromisoformat(f"{day}T{wall}").replace(tzinfo=HELSINKI, fold=fold)
    return made.astimezone(UTC)


@given(window=windows, moment=moments)
@example(window=window("03:30", "12:00"), moment=AUTUMN)
@example(window=window("12:00", "03:30"), moment=SPRING)
def test_the_wall_clock_shows_an_allowed_hour_whenever_mail_may_leave(
    window: Window, moment: datetime
) -> None:
    if span(window, moment) is not None:
        assert window.hours.hold(moment.astimezone(HELSINKI).time())


@given(window=windows, moment=moments)
def test_an_allowed_hour_is_open_unless_the_clocks_change_around_it(
    window: Window, moment: datetime
) -> None:
    hour = timedelta(hours=30)
    steady = len({(moment + by).astimezone(HELSINKI).utcoffset() for by in (-hour, hour)}) == 1
    if steady and window.hours.hold(moment.astimezone(HELSINKI).time()):
        assert span(window, moment) is not None


@given(window=windows, moment=moments)
def test_the_opening_is_the_first_moment_that_is_open(window: Window, moment: datetime) -> None:
    opens = opening(window, moment)

    assert opens >= moment
    assert span(window, opens) is not None
    if opens > moment:
        assert span(window, moment) is None
        assert span(window, opens - timedelta(microseconds=1)) is None
    # Two nights of changed clocks may each swallow a span that is shorter than an hour.
    assert opens - moment < timedelta(hours=49)


@given(window=windows, moment=moments)
def test_a_span_is_open_from_its_beginning_to_just_before_its_end(
    window: Window, moment: datetime
) -> None:
    found = span(window, opening(window, moment))
    assert found is not None
    begins, ends = found

    assert span(window, begins) == span(window, ends - timedelta(microseconds=1)) == found
    assert span(window, ends) is None


@pytest.mark.parametrize(
    ("begins", "ends", "at", "goes_on"),
    [
        ("07:00", "20:00", ("2026-11-24", "19:59"), ("2026-11-24", "19:59")),
        ("07:00", "20:00", ("2026-11-24", "20:00"), ("2026-11-25", "07:00")),
        ("07:00", "20:00", ("2026-11-24", "06:59"), ("2026-11-24", "07:00")),
        ("22:00", "06:00", ("2026-11-24", "23:00"), ("2026-11-24", "23:00")),
        ("22:00", "06:00", ("2026-11-25", "05:59"), ("2026-11-25", "05:59")),
        ("22:00", "06:00", ("2026-11-25", "06:00"), ("2026-11-25", "22:00")),
        # The night is an hour shorter, then an hour longer; seven stays seven.
        ("07:00", "20:00", ("2026-03-28", "21:00"), ("2026-03-29", "07:00")),
        ("07:00", "20:00", ("2026-10-24", "21:00"), ("2026-10-25", "07:00")),
        # There is no 03:30 on that morning: the clock shows 4:30 first.
        ("03:30", "20:00", ("2026-03-29", "02:00"), ("2026-03-29", "04:30")),
    ],
)
def test_mail_goes_on_when_the_clock_says_so(
    begins: str, ends: str, at: tuple[str, str], goes_on: tuple[str, str]
) -> None:
    assert opening(window(begins, ends), local(*at)) == local(*goes_on)


def test_an_hour_that_comes_twice_is_entered_at_its_second_and_left_at_its_first() -> None:
    assert opening(window("03:30", "20:00"), local("2026-10-25", "00:00")) == local(
        "2026-10-25", "03:30", fold=1
    )
    night = span(window("22:00", "03:30"), local("2026-10-25", "00:00"))
    assert night is not None
    assert night[1] == local("2026-10-25", "03:30", fold=0)
