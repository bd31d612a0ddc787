"""Dates and times as Finland writes them, in each language.

The patterns are written by hand: CLDR's Swedish is Sweden's (2026-11-24, 07:05), and its English
numeric date is read in two ways. Names of months and weekdays are Babel's. Local time is the
caller's to choose: every function takes the zone, or a date that is already local.
"""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import cache

from babel.dates import get_day_names, get_month_names

# Bare "sv" or "en" would give wrong week numbers; the names are the same, the habit is not.
_LOCALES = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}
_EN_DASH = "–"
_NO_BREAK = "\u00a0"


def short_date(day: date, *, language: str) -> str:
    """Return ``24.11.2026``; in English ``24 November 2026``, since digits alone mislead."""
    if language == "en":
        return long_date(day, language=language)
    return f"{day.day}.{day.month}.{day.year}"


def long_date(day: date, *, language: str) -> str:
    """Return ``24. marraskuuta 2026``, ``24 november 2026`` or ``24 November 2026``."""
    return f"{_day_and_month(day, language=language)} {day.year}"


def full_date(day: date, *, language: str) -> str:
    """Return the long date with its weekday: ``tiistai 24. marraskuuta 2026``."""
    # Stand-alone: the other form is Finnish for "on Tuesday" (tiistaina).
    names = get_day_names("wide", context="stand-alone", locale=_LOCALES[language])
    weekday = names[day.weekday()]
    comma = "," if language == "en" else ""
    return f"{weekday}{comma} {long_date(day, language=language)}"


def time_of_day(moment: datetime, *, language: str, zone: tzinfo) -> str:
    """Return ``klo 7.05``, ``kl. 7.05`` or ``at 7:05``, by the clock of ``zone``."""
    local = moment.astimezone(zone)
    match language:
        case "fi":
            return f"klo{_NO_BREAK}{local.hour}.{local.minute:02}"
        case "sv":
            return f"kl.{_NO_BREAK}{local.hour}.{local.minute:02}"
        case _:
            return f"at{_NO_BREAK}{local.hour}:{local.minute:02}"


def moment(at: datetime, *, language: str, zone: tzinfo) -> str:
    """Return the short date and the time of day: ``24.11.2026 klo 7.05``."""
    day = short_date(at.astimezone(zone).date(), language=language)
    return f"{day} {time_of_day(at, language=language, zone=zone)}"


def date_range(first: date, last: date, *, language: str) -> str:
    """Return ``16.–22.11.2026`` or ``16–22 november 2026``; what both ends share is said once.

    ``first`` is not after ``last``. The dash stands between spaces where an end is many words.
    """
    if first == last:
        return short_date(first, language=language)
    if language == "fi":
        return f"{_finnish_start(first, last)}{_EN_DASH}{short_date(last, language=language)}"
    end = long_date(last, language=language)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{_EN_DASH}{end}"
    if first.year == last.year:
        return f"{_day_and_month(first, language=language)} {_EN_DASH} {end}"
    return f"{long_date(first, language=language)} {_EN_DASH} {end}"


def month_name(month: str, *, language: str) -> str:
    """Return ``2026-11`` as a heading: ``marraskuu 2026``, ``november 2026``, ``November 2026``.

    Raises:
        ValueError: ``month`` is not a year and a month.
    """
    first = date.fromisoformat(f"{month}-01")
    names = get_month_names("wide", context="stand-alone", locale=_LOCALES[language])
    return f"{names[first.month]} {first.year}"


def week_name(day: date, *, language: str) -> str:
    """Return the ISO week ``day`` falls in, with the week's own year: ``viikko 53/2026``."""
    year, week, _ = day.isocalendar()
    word = {"fi": "viikko", "sv": "vecka"}.get(language, "week")
    return f"{word}{_NO_BREAK}{week}/{year}"


def period_name(period: str, *, language: str) -> str:
    """Return the week or month a digest tells of: ``viikko 47/2026``, ``marraskuu 2026``.

    Args:
        period: ``2026-W47`` or ``2026-11``.

    Raises:
        ValueError: it is neither.
    """
    year, is_week, week = period.partition("-W")
    if not is_week:
        return month_name(period, language=language)
    return week_name(date.fromisocalendar(int(year), int(week), 1), language=language)


def _day_and_month(day: date, *, language: str) -> str:
    stop = "." if language == "fi" else ""
    return f"{day.day}{stop} {_months(language)[day.month - 1]}"


def _finnish_start(first: date, last: date) -> str:
    if first.year != last.year:
        return f"{first.day}.{first.month}.{first.year}"
    if first.month != last.month:
        return f"{first.day}.{first.month}."
    return f"{first.day}."


@cache
def _months(language: str) -> tuple[str, ...]:
    names = get_month_names("wide", context="format", locale=_LOCALES[language])
    return tuple(names[month] for month in range(1, 13))
