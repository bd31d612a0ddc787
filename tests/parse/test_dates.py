"""Moments out of written dates (P4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse import dates

HELSINKI = ZoneInfo("Europe/Helsinki")

read_date = partial(dates.read_date, zone=HELSINKI)


def moment_of(text: str | None) -> datetime | None:
    reading = read_date(text)
    return reading.moment if reading else None


WINTER = datetime(2026, 11, 24, 5, 5, tzinfo=UTC)
SUMMER = datetime(2026, 6, 24, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Tue, 24 Nov 2026 07:05:00 +0200",
        "Tue, 24 Nov 2026 05:05:00 GMT",
        "Tue, 24 Nov 2026 05:05:00 Z",
        "Tue, 24 Nov 2026 00:05:00 EST",
        "24 Nov 2026 07:05 +0200",
        "24 Nov 26 07:05:00 +0200",
        "Tuesday, 24 November 2026 07:05:00 +02:00",
        "Tue,24 Nov 2026 7:5:00 +0200",
        "Tue, 24-Nov-2026 05:05:00 GMT",
        "Tue, 24 Nov 2026 07:05:00 +0200 (EET)",
        "Tue, 24 Nov 2026 07:05:00 GMT+2",
        "Wrongday, 24 Nov 2026 07:05:00 +0200",
        "Tue Nov 24 07:05:00 2026",
        "Tue Nov 24 07:05:00 EET 2026",
        "2026-11-24T07:05:00+02:00",
        "2026-11-24T07:05:00+0200",
        "2026-11-24T05:05:00Z",
        "2026-11-24T05:05:00.123456Z",
        "2026-11-24 05:05:00 UTC",
        "20261124T050500Z",
        "24.11.2026 klo 7.05",
        "24.11.2026 7:05",
        "24.11.2026, 07:05:00",
        "ti 24.11.2026 klo 7.05",
        "tiistai 24. marraskuuta 2026 klo 7.05",
        "tiistaina 24. marraskuuta 2026 kello 7.05",
        "ti, 24 marras 2026 07:05:00 EET",
        "Ti, 24 marraskuu 2026 07:05:00 +0200",
        "tisdag 24 november 2026 kl. 7.05",
        "tis, 24 nov 2026 07:05:00 +0200",
        "den 24 november 2026 kl 07:05",
        "Tue, 11/24/2026 - 07:05",
        "11/24/2026 - 07:05",
        "24/11/2026 07:05",
        "2026/11/24 07:05",
        "November 24, 2026 7:05 am",
        "Nov 24th, 2026, 7:05 a.m.",
        "Mon, 23 Nov 2026 21:05:00 -800",
        "2026-11-23T21:05:00-800",
        "Tue, 24 Nov 2026 10:35:00 +5:30",
        "2026-11-24T07:05:00+02:00[Europe/Helsinki]",
        "2026-11-24T07:05+02:00[Europe/Helsinki]",
        "2026-11-24T05:05:00Z[UTC]",
        "Ter, 24 Nov 2026 07:05:00 +0200",
        "terça-feira, 24 de novembro de 2026 às 07:05",
    ],
)
def test_a_winter_morning_in_finland_in_all_its_spellings(written: str) -> None:
    """P4: RFC 822 with its sins, ISO 8601, Finnish, Swedish and American forms; no zone means
    Helsinki."""
    assert moment_of(written) == WINTER


@pytest.mark.parametrize(
    "written",
    [
        "Wed, 24 Jun 2026 07:05:00 EEST",
        "ke 24.6.2026 klo 7.05",
        "24. kesäkuuta 2026 klo 7.05",
        "24. KESÄKUUTA 2026 klo 7.05",
        "onsdag 24 juni 2026 kl. 7.05",
        "2026-06-24 07:05",
        "2026-06-24T06:05:00+02:00",
        "Wed, 24 Jun 2026 06:05:00 CEST",
        "Wed, 24 Jun 2026 06:05:00 EET",
    ],
)
def test_summer_time_is_three_hours_ahead_and_zones_mean_what_they_say(written: str) -> None:
    """P4: EET is two hours ahead even in June, EEST three."""
    assert moment_of(written) == SUMMER


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2. tammikuuta 2026", 1), ("2. helmikuuta 2026", 2), ("2. maaliskuuta 2026", 3),
        ("2. huhtikuuta 2026", 4), ("2. toukokuuta 2026", 5), ("2. kesäkuuta 2026", 6),
        ("2. heinäkuuta 2026", 7), ("2. elokuuta 2026", 8), ("2. syyskuuta 2026", 9),
        ("2. lokakuuta 2026", 10), ("2. marraskuuta 2026", 11), ("2. joulukuuta 2026", 12),
        ("2 januari 2026", 1), ("2 februari 2026", 2), ("2 mars 2026", 3), ("2 april 2026", 4),
        ("2 maj 2026", 5), ("2 juni 2026", 6), ("2 juli 2026", 7), ("2 augusti 2026", 8),
        ("2 september 2026", 9), ("2 oktober 2026", 10), ("2 november 2026", 11),
        ("2 december 2026", 12), ("2 Mar 2026", 3), ("2 May 2026", 5), ("2 Sept 2026", 9),
        ("Sex, 2 Jan 2026", 1), ("Seg, 2 Fev 2026", 2), ("Seg, 2 Mar 2026", 3),
        ("Qui, 2 Abr 2026", 4), ("Sáb, 2 Mai 2026", 5), ("Ter, 2 Jun 2026", 6),
        ("Qui, 2 Jul 2026", 7), ("Dom, 2 Ago 2026", 8), ("Qua, 2 Set 2026", 9),
        ("Sex, 2 Out 2026", 10), ("Seg, 2 Nov 2026", 11), ("Qua, 2 Dez 2026", 12),
        ("2 de março de 2026", 3), ("2 de outubro de 2026", 10),
    ],
)  # fmt: skip
def test_every_month_has_its_name_in_four_languages(written: str, month: int) -> None:
    """P4: a date without a time is its midnight in Finland."""
    assert moment_of(written) == datetime(2026, month, 2, tzinfo=HELSINKI)


@pytest.mark.parametrize(
    "written",
    [None, "", "  ", "eilen", "1732424700", "1732424700000", "0", "202611", "24.13.2026",
     "31 Nov 2026", "0000-00-00 00:00:00",
     "Wed, 30 Nov -0001 00:00:00 +0000", "Mon, 01 Jan 0001 00:00:00 GMT",
     "Tue, 24 Nov 2026 27:05:00 GMT", "24 Foo 2026", "2026", "9" * 50, "Tue, " * 500],
)  # fmt: skip
def test_what_is_no_date_is_none(written: str | None) -> None:
    """P4: a bare number may be an epoch or not; a guess would be wrong as often as right."""
    assert moment_of(written) is None


@pytest.mark.parametrize("year", [1969, 2099])
def test_unlikely_years_come_back_as_written(year: int) -> None:
    """Whether to believe them is decided elsewhere."""
    assert moment_of(f"01 Jan {year} 00:00:00 GMT") == datetime(year, 1, 1, tzinfo=UTC)


def test_midnight_may_be_called_24() -> None:
    assert moment_of("2026-11-24T24:00:00Z") == datetime(2026, 11, 25, tzinfo=UTC)


def test_what_is_unusual_in_a_date_is_told() -> None:
    usual, iso = (
        read_date("Tue, 24 Nov 2026 07:05:00 +0200"),
        read_date("2026-11-24T07:05:00+02:00"),
    )
    other = read_date("24.11.2026 klo 7.05")
    assert [(r.form, r.zoned) for r in (usual, iso, other) if r] == [
        ("rfc822", True), ("iso", True), ("other", False),
    ]  # fmt: skip


MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001  # hypothesis wants them without a zone
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
ZONES = st.integers(-14 * 4, 14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)


@given(MOMENTS, ZONES)
def test_what_the_standards_write_is_read_back(moment: datetime, zone: timezone) -> None:
    local = moment.astimezone(zone)
    assert moment_of(format_datetime(local)) == moment
    assert moment_of(local.isoformat()) == moment
    assert moment_of(f"{moment:%Y%m%dT%H%M%SZ}") == moment


@given(st.text(max_size=120))
def test_no_text_makes_it_stumble(text: str) -> None:
    found = moment_of(text)
    assert found is None or found.tzinfo is UTC
