"""Dates as Finland writes them, in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.locales import (
    date_range,
    full_date,
    long_date,
    moment,
    month_name,
    short_date,
    time_of_day,
    week_name,
)
from syndicator.model import LANGUAGES

HELSINKI = ZoneInfo("Europe/Helsinki")
DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("language", "short", "long", "full"),
    [
        ("fi", "24.11.2026", "24. marraskuuta 2026", "tiistai 24. marraskuuta 2026"),
        ("sv", "24.11.2026", "24 november 2026", "tisdag 24 november 2026"),
        ("en", "24 November 2026", "24 November 2026", "Tuesday, 24 November 2026"),
    ],
)
def test_a_day(language: str, short: str, long: str, full: str) -> None:
    assert short_date(DAY, language=language) == short
    assert long_date(DAY, language=language) == long
    assert full_date(DAY, language=language) == full


def test_finnish_days_have_no_leading_zero() -> None:
    assert short_date(date(2027, 1, 3), language="fi") == "3.1.2027"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", "24.11.2026 klo\u00a07.05"),
        ("sv", "24.11.2026 kl.\u00a07.05"),
        ("en", "24 November 2026 at\u00a07:05"),
    ],
)
def test_a_moment_is_local_and_its_hour_stays_with_its_word(language: str, expected: str) -> None:
    at = datetime(2026, 11, 24, 5, 5, tzinfo=UTC)

    assert moment(at, language=language, zone=HELSINKI) == expected


def test_summer_and_winter_time_are_the_zones() -> None:
    summer = datetime(2026, 7, 1, 4, 5, tzinfo=UTC)

    assert time_of_day(summer, language="fi", zone=HELSINKI) == "klo\u00a07.05"


@pytest.mark.parametrize(
    ("first", "last", "fi", "sv", "en"),
    [
        (
            date(2026, 11, 16),
            date(2026, 11, 22),
            "16.–22.11.2026",
            "16–22 november 2026",
            "16–22 November 2026",
        ),
        (
            date(2026, 11, 30),
            date(2026, 12, 6),
            "30.11.–6.12.2026",
            "30 november – 6 december 2026",
            "30 November – 6 December 2026",
        ),
        (
            date(2026, 12, 28),
            date(2027, 1, 3),
            "28.12.2026–3.1.2027",
            "28 december 2026 – 3 januari 2027",
            "28 December 2026 – 3 January 2027",
        ),
        (DAY, DAY, "24.11.2026", "24.11.2026", "24 November 2026"),
    ],
)
def test_a_range_says_once_what_both_ends_share(
    first: date, last: date, fi: str, sv: str, en: str
) -> None:
    for language, expected in (("fi", fi), ("sv", sv), ("en", en)):
        assert date_range(first, last, language=language) == expected


@given(first=st.dates(), days=st.integers(min_value=0, max_value=800))
def test_a_range_always_names_the_year_it_ends_in(first: date, days: int) -> None:
    try:
        last = first + timedelta(days=days)
    except OverflowError:
        return
    for language in LANGUAGES:
        assert date_range(first, last, language=language).endswith(str(last.year))


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fi", "marraskuu 2026"), ("sv", "november 2026"), ("en", "November 2026")],
)
def test_a_month_alone_is_in_the_nominative(language: str, expected: str) -> None:
    assert month_name("2026-11", language=language) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 24), "viikko\u00a048/2026"),
        (date(2026, 12, 31), "viikko\u00a053/2026"),
        (date(2027, 1, 1), "viikko\u00a053/2026"),
        (date(2027, 1, 4), "viikko\u00a01/2027"),
    ],
)
def test_a_week_has_its_own_year(day: date, expected: str) -> None:
    """E12: ISO weeks; 2026 has week 53."""
    assert week_name(day, language="fi") == expected
    assert week_name(day, language="sv") == expected.replace("viikko", "vecka")
    assert week_name(day, language="en") == expected.replace("viikko", "week")
