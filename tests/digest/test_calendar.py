"""Slots: wall time across the change of clocks, ISO weeks, first working days (E12)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.digest.calendar import (
    CUT_OFF,
    Slot,
    closed_between,
    last_closed,
    next_slots,
    slot_of,
    slots_from,
)
from syndicator.model import Cadence, Rhythm

HELSINKI = ZoneInfo("Europe/Helsinki")
MONDAY = Rhythm(cadence=Cadence.WEEKLY, weekday=0, send_at=time(7, 3), zone=HELSINKI)


def weekly(moment: datetime) -> Slot:
    return last_closed(moment, rhythm=MONDAY)


def monthly(moment: datetime) -> Slot:
    return last_closed(moment, rhythm=replace(MONDAY, cadence=Cadence.MONTHLY))


def test_a_weekly_slot_tells_of_the_week_before_it() -> None:
    slot = weekly(datetime(2026, 11, 24, 12, tzinfo=UTC))

    assert slot.period == "2026-W47"
    assert slot.at == datetime(2026, 11, 23, 5, 3, tzinfo=UTC)
    assert slot.closes == slot.at - timedelta(hours=24)


def test_the_year_with_53_weeks_has_its_53rd() -> None:
    assert weekly(datetime(2027, 1, 5, tzinfo=UTC)).period == "2026-W53"


def test_the_slot_after_the_clocks_change_is_still_at_seven_in_helsinki() -> None:
    slot = weekly(datetime(2027, 3, 30, tzinfo=UTC))

    assert slot.at.astimezone(HELSINKI).strftime("%d %H:%M") == "29 07:03"
    assert slot.closes - slot.opens == timedelta(days=7) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "day", "period"),
    [
        (datetime(2026, 8, 15, tzinfo=UTC), "2026-08-03", "2026-07"),
        (datetime(2026, 10, 15, tzinfo=UTC), "2026-10-01", "2026-09"),
        (datetime(2027, 1, 15, tzinfo=UTC), "2027-01-01", "2026-12"),
    ],
)
def test_a_monthly_slot_is_the_first_working_day_and_tells_of_the_month_before(
    moment: datetime, day: str, period: str
) -> None:
    slot = monthly(moment)

    assert (f"{slot.at.astimezone(HELSINKI):%Y-%m-%d}", slot.period) == (day, period)


moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments, st.sampled_from([weekly, monthly]))
def test_windows_follow_each_other_without_a_gap_or_an_overlap(
    moment: datetime, slot_of: Callable[[datetime], Slot]
) -> None:
    slot = slot_of(moment)

    assert slot.opens < slot.closes <= moment
    assert slot_of(slot.closes - timedelta(microseconds=1)).closes == slot.opens
    assert slot_of(slot.closes) == slot


@given(moments)
def test_no_two_slots_of_a_cadence_share_a_period(moment: datetime) -> None:
    slot = weekly(moment)

    assert weekly(slot.at - CUT_OFF - timedelta(microseconds=1)).period != slot.period


def closed(since: datetime, until: datetime, *, most: int = 99) -> list[str]:
    slots = closed_between(
        since,
        until,
        rhythm=MONDAY,
        most=most,
    )
    return [slot.period for slot in slots]


def test_the_slots_of_a_span_are_those_whose_cut_off_lies_in_it_the_newest_at_most() -> None:
    cut_off = weekly(datetime(2026, 11, 24, 12, tzinfo=UTC)).closes
    later = cut_off + timedelta(days=14)

    assert closed(cut_off, later) == ["2026-W48", "2026-W49"]
    assert closed(cut_off - timedelta(seconds=1), later) == ["2026-W47", "2026-W48", "2026-W49"]
    assert closed(cut_off, later, most=1) == ["2026-W49"]
    assert closed(cut_off, cut_off) == []


# --- by day and by period -------------------------------------------------------------------------

rhythms = st.builds(
    Rhythm,
    cadence=st.sampled_from(Cadence),
    weekday=st.integers(0, 6),
    send_at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.just(HELSINKI),
)
FIRST_DAY = replace(MONDAY, cadence=Cadence.MONTHLY)


@given(moments, rhythms)
def test_the_slots_to_come_follow_each_other_and_close_where_the_next_one_opens(
    moment: datetime, rhythm: Rhythm
) -> None:
    """E12: no entry falls between two issues, none into both."""
    slots = list(islice(next_slots(moment, rhythm=rhythm), 4))

    assert moment < slots[0].at
    assert [slot.closes for slot in slots[:-1]] == [slot.opens for slot in slots[1:]]
    assert len({slot.period for slot in slots}) == 4
    assert all(slot.closes == slot.at - CUT_OFF for slot in slots)


@given(moments, rhythms)
def test_a_slot_is_found_by_its_period(moment: datetime, rhythm: Rhythm) -> None:
    slot = next(next_slots(moment, rhythm=rhythm))

    assert slot_of(slot.period, rhythm=rhythm) == slot


@given(moments, rhythms)
def test_the_last_closed_slot_is_one_of_the_calendar(moment: datetime, rhythm: Rhythm) -> None:
    last = last_closed(moment, rhythm=rhythm)

    assert slot_of(last.period, rhythm=rhythm) == last


@given(moments, rhythms)
def test_a_slot_is_at_the_wall_time_unless_the_clocks_skip_it(
    moment: datetime, rhythm: Rhythm
) -> None:
    """E12: Helsinki wall time across DST."""
    slot = next(next_slots(moment, rhythm=rhythm))
    local = slot.at.astimezone(HELSINKI)

    hour_later = (datetime.combine(local, rhythm.send_at) + timedelta(hours=1)).time()
    assert local.time() in (rhythm.send_at, hour_later)
    assert local.time() == rhythm.send_at or local.hour == 4


@pytest.mark.parametrize(
    ("day", "period", "hours"),
    [
        (date(2027, 3, 29), "2027-W12", 167),  # clocks go forward on Sunday 28 March
        (date(2027, 11, 1), "2027-W43", 169),  # and back on Sunday 31 October
        (date(2027, 1, 4), "2026-W53", 168),
        (date(2026, 11, 23), "2026-W47", 168),
    ],
)
def test_a_week_is_as_long_as_its_clocks_make_it(day: date, period: str, hours: int) -> None:
    """E12: both Sundays of the change, and the 53rd week."""
    slot = next(slots_from(day, rhythm=MONDAY))

    assert slot.at.astimezone(HELSINKI) == datetime.combine(day, time(7, 3), tzinfo=HELSINKI)
    assert (slot.period, slot.closes - slot.opens) == (period, timedelta(hours=hours))


def test_a_day_between_slots_gives_the_next_one() -> None:
    assert next(slots_from(date(2026, 11, 24), rhythm=MONDAY)).period == "2026-W48"
    assert next(slots_from(date(2026, 11, 24), rhythm=FIRST_DAY)).period == "2026-11"


@pytest.mark.parametrize(
    ("weekday", "period"), [(0, "2026-W47"), (3, "2026-W47"), (5, "2026-W48"), (6, "2026-W48")]
)
def test_a_week_is_named_by_where_most_of_it_lies(weekday: int, period: str) -> None:
    """One that goes out on a Sunday tells of the week that is ending."""
    rhythm = replace(MONDAY, weekday=weekday)

    assert next(slots_from(date(2026, 11, 23), rhythm=rhythm)).period == period


@pytest.mark.parametrize(
    ("period", "rhythm"),
    [
        ("2026-11", MONDAY),
        ("2026-W47", FIRST_DAY),
        ("2027-W53", MONDAY),
        ("2026-13", FIRST_DAY),
        ("viikko", MONDAY),
    ],
)
def test_what_is_no_period_of_the_digest_is_refused(period: str, rhythm: Rhythm) -> None:
    with pytest.raises(ValueError, match=r"."):
        slot_of(period, rhythm=rhythm)


def test_a_cut_off_in_the_night_the_clocks_skip_an_hour_is_not_missed() -> None:
    """E12: 24 hours before Monday 0:15 it was Saturday 23:15."""
    late_on_saturday = datetime(2027, 3, 27, 21, 30, tzinfo=UTC)

    slot = last_closed(late_on_saturday, rhythm=replace(MONDAY, send_at=time(0, 15)))

    assert slot.at == datetime(2027, 3, 28, 21, 15, tzinfo=UTC)
    assert slot.closes == datetime(2027, 3, 27, 21, 15, tzinfo=UTC)
