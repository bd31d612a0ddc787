"""Moments out of the dates people and programs write into feeds.

RFC 822 with all its sins, ISO 8601 (common in ``pubDate`` of Finnish systems), and what Finnish,
Swedish, American and Portuguese templates print. No zone means the network's time. A bare number
is refused: as an epoch it would be a guess, and the guess is wrong as often as not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_LONGEST = 100
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 9000

_FINNISH_MONTHS = "tammi helmi maalis huhti touko kesa heina elo syys loka marras joulu"
_NORTHERN_MONTHS = (
    ("jan", "january", "januari", "janv"),
    ("feb", "february", "februari", "febr"),
    ("mar", "march", "mars"),
    ("apr", "april"),
    ("may", "maj"),
    ("jun", "june", "juni"),
    ("jul", "july", "juli"),
    ("aug", "august", "augusti"),
    ("sep", "sept", "september"),
    ("oct", "october", "okt", "oktober"),
    ("nov", "november"),
    ("dec", "december"),
)
_MONTHS = {name: n for n, names in enumerate(_NORTHERN_MONTHS, 1) for name in names}
_MONTHS |= {name: n for n, name in enumerate(_FINNISH_MONTHS.split(), 1)}
_PORTUGUESE_MONTHS = (
    ("janeiro",),
    ("fev", "fevereiro"),
    ("marco",),
    ("abr", "abril"),
    ("mai", "maio"),
    ("junho",),
    ("julho",),
    ("ago", "agosto"),
    ("set", "setembro"),
    ("out", "outubro"),
    ("novembro",),
    ("dez", "dezembro"),
)
_MONTHS |= {name: n for n, names in enumerate(_PORTUGUESE_MONTHS, 1) for name in names}
_WITHOUT_MARKS = str.maketrans("äåöç", "aaoc")
_KUU = re.compile(r"kuu(ta|n|ssa)?$")

_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "west": 60, "bst": 60, "cet": 60, "mez": 60, "cest": 120, "mest": 120,
    "eet": 120, "eest": 180, "msk": 180,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
}  # fmt: skip

_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,]\d+)?)?"
_AM_PM = r"(?:\s*(?P<half>[ap])\.?m\.?)?"
_AT = r"(?:\s*,?\s*(?:klo\.?|kl\.?|kello|at|às|@|-|–|\|)?\s*"
_ZONE = r"\s*(?P<zone>(?:[a-z]{1,5})?\s*[+-]\s*\d{1,2}(?::?\d{2})?(?:\s+[a-z]{2,5})?|[a-z]{1,5})?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}(?:-feira)?(?:\.?,\s*|\.\s*|\s+))?"
_OF = r"(?:de\s+)?"
_YEAR = r"(?P<year>\d{2,4})"

_ISO = re.compile(
    r"(?P<year>\d{4})-?(?P<month>\d{2})(?:-?(?P<day>\d{2}))?"
    r"(?:(?:\s*t\s*|\s+)(?P<hour>\d{1,2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,]\d+)?)?"
    + _ZONE + r")?"
)  # fmt: skip
_RFC822 = re.compile(
    _WEEKDAY + r"(?P<day>\d{1,2})\.?[\s-]*" + _OF + r"(?P<name>[^\W\d_]+)\.?[\s,-]*" + _OF + _YEAR
    + _AT + _TIME + _AM_PM + _ZONE + r")?"
)  # fmt: skip
_DOTTED = re.compile(
    _WEEKDAY + r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?" + _YEAR
    + _AT + _TIME + _ZONE + r")?"
)  # fmt: skip
_AMERICAN = re.compile(
    _WEEKDAY + r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    + _AT + _TIME + _AM_PM + _ZONE + r")?"
)  # fmt: skip
_SLASHED = re.compile(
    r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})" + _AT + _TIME + _ZONE + r")?"
)
_NAME_FIRST = re.compile(
    _WEEKDAY + r"(?P<name>[^\W\d_]+)\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
    + _AT + _TIME + _AM_PM + _ZONE + r")?"
)  # fmt: skip
_ASCTIME = re.compile(
    r"[a-z]{3},?\s+(?P<name>[^\W\d_]+)\s+(?P<day>\d{1,2})\s+" + _TIME + _ZONE
    + r"\s+(?P<year>\d{4})"
)  # fmt: skip

# What repeats the zone for people: "(EET)", and "[Europe/Helsinki]" behind the offset, where Java's
# ZonedDateTime puts it.
_REMARK = re.compile(r"\s*\([^)]*\)\s*$|(?<=[\dz])\[[a-z0-9/_+-]+\]$")

_STRICT_RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? "
    r"(?:[+-]\d{4}|GMT|UT|UTC|Z|[ECMP][SD]T)"
)
_STRICT_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A date as understood: the moment in UTC, whether it named its zone, and its form:
    ``"rfc822"``, ``"iso"`` or ``"other"``."""

    moment: datetime
    zoned: bool
    form: str


def read_date(text: str | None, *, zone: tzinfo) -> Reading | None:
    """Return the date with what is to be said of its form, or ``None`` if it is none we understand.

    Dates far in the past or future come back as they are: whether to believe them is decided
    elsewhere. A date without time is its midnight; without zone it is by the clock of ``zone``.
    """
    written = " ".join((text or "").split())
    if not written or len(written) > _LONGEST or (written.isdigit() and len(written) != 8):
        return None
    plain = _REMARK.sub("", written.lower())
    for form, order in ((_ISO, _numbers), (_RFC822, _named), (_DOTTED, _numbers),
                        (_AMERICAN, _american), (_SLASHED, _numbers), (_NAME_FIRST, _named),
                        (_ASCTIME, _named)):  # fmt: skip
        match = form.fullmatch(plain)
        local = _local(match, order) if match else None
        if match and local:
            return _reading(local, match.groupdict().get("zone"), written, otherwise=zone)
    return None


def _reading(
    local: datetime, zone_name: str | None, written: str, *, otherwise: tzinfo
) -> Reading | None:
    zone = _zone(zone_name)
    try:
        moment = local.replace(tzinfo=zone or otherwise).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    form = "rfc822" if _STRICT_RFC822.fullmatch(written) else "other"
    form = "iso" if _STRICT_ISO.fullmatch(written) else form
    return Reading(moment=moment, zoned=zone is not None, form=form)


_Order = Callable[[re.Match[str]], tuple[int, int] | None]


def _local(match: re.Match[str], order: _Order) -> datetime | None:
    """Return the wall-clock time a match says, or ``None`` if there is no such time."""
    parts = match.groupdict()
    month_day = order(match)
    year = _year(parts["year"])
    if month_day is None or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    hour, minute = int(parts["hour"] or 0), int(parts["minute"] or 0)
    second = min(int(parts["second"] or 0), 59)
    if parts.get("half"):
        hour = hour % 12 + (12 if parts["half"] == "p" else 0)
    days = timedelta(days=1) if (hour, minute) == (24, 0) else timedelta()
    try:
        return datetime(year, *month_day, 0 if days else hour, minute, second) + days  # noqa: DTZ001
    except ValueError:
        return None


def _numbers(match: re.Match[str]) -> tuple[int, int] | None:
    """Return (month, day) of a form that writes both as numbers; the day may be left out."""
    return int(match["month"]), int(match["day"] or 1)


def _american(match: re.Match[str]) -> tuple[int, int] | None:
    """Return (month, day) of ``m/d/Y``, or of ``d/m/Y`` where the first cannot be a month."""
    first, second = int(match["month"]), int(match["day"])
    return (second, first) if first > 12 else (first, second)


def _named(match: re.Match[str]) -> tuple[int, int] | None:
    """Return (month, day) of a form that names its month, or ``None`` if that is no month."""
    name = match["name"].translate(_WITHOUT_MARKS)
    month = _MONTHS.get(name) or _MONTHS.get(_KUU.sub("", name))
    return (month, int(match["day"])) if month else None


def _year(text: str) -> int:
    """Return the year; two digits as RFC 2822 4.3 says, three are years since 1900."""
    number = int(text)
    if len(text) == 2:
        return number + (2000 if number < 69 else 1900)
    return number + 1900 if len(text) == 3 else number


def _zone(text: str | None) -> tzinfo | None:
    """Return the offset that ``EET``, ``+0300`` or ``GMT+2`` names; ``None`` if none is named.

    A number counts before a name beside it, since programs write the number; of one with three
    digits the last two are the minutes.
    """
    name = (text or "").strip()
    offset = re.search(r"([+-])\s*(\d{1,2}?):?(\d{2})?(?!\d)", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return (
            timezone(timedelta(minutes=minutes * (-1 if offset[1] == "-" else 1)))
            if (minutes <= 15 * 60)
            else None
        )
    return timezone(timedelta(minutes=_ZONES[name])) if name in _ZONES else None
