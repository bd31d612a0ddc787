"""Dates as Finland writes them, in three languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.builders import LOCALES

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
    assert LOCALES[language].short_date(DAY) == short
    assert LOCALES[language].long_date(DAY) == long
    assert LOCALES[language].full_date(DAY) == full


def test_finnish_days_have_no_leading_zero() -> None:
    assert LOCALES["fi"].short_date(date(2027, 1, 3)) == "3.1.2027"


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

    assert LOCALES[language].moment(at, zone=HELSINKI) == expected


def test_summer_and_winter_time_are_the_zones() -> None:
    summer = datetime(2026, 7, 1, 4, 5, tzinfo=UTC)

    assert LOCALES["fi"].time_of_day(summer, zone=HELSINKI) == "klo\u00a07.05"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fi", "marraskuu 2026"), ("sv", "november 2026"), ("en", "November 2026")],
)
def test_a_month_alone_is_in_the_nominative(language: str, expected: str) -> None:
    assert LOCALES[language].month_name("2026-11") == expected


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
    assert LOCALES["fi"].week_name(day) == expected
    assert LOCALES["sv"].week_name(day) == expected.replace("viikko", "vecka")
    assert LOCALES["en"].week_name(day) == expected.replace("viikko", "week")


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_day_that_is_typed_as_it_is_shown_is_read(language: str) -> None:
    locale = LOCALES[language]

    assert locale.read_digits(locale.digits(DAY)) == DAY
    assert locale.read_digits(" 3. 1. 2027 ") == date(2027, 1, 3)


@pytest.mark.parametrize("written", ["", "31.2.2027", "2027", "1.2.27", "1/2/2027", "x"])
def test_what_is_no_day_is_none(written: str) -> None:
    assert LOCALES["fi"].read_digits(written) is None
