"""Slots: wall time across the change of clocks, ISO weeks, first working days (E12)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.digest.calendar import CUT_OFF, Slot, closed_between, last_closed
from syndicator.model import Cadence

HELSINKI = ZoneInfo("Europe/Helsinki")


def weekly(moment: datetime) -> Slot:
    return last_closed(moment, cadence=Cadence.WEEKLY, weekday=0, send_at=time(7, 3), zone=HELSINKI)


def monthly(moment: datetime) -> Slot:
    return last_closed(
        moment, cadence=Cadence.MONTHLY, weekday=0, send_at=time(7, 3), zone=HELSINKI
    )


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
def test_windows_follow_each_other_without_a_gap_or_an_overlap(moment, slot_of) -> None:
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
        cadence=Cadence.WEEKLY,
        weekday=0,
        send_at=time(7, 3),
        zone=HELSINKI,
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
