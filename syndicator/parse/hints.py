"""How often a feed says it changes, out of the words it says it with."""

from __future__ import annotations

from datetime import timedelta

from syndicator.model import Hints
from syndicator.parse.raw import RawFeed

_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = timedelta(days=365)


def hints(raw: RawFeed) -> Hints:
    """Return what the feed says of its pace; what makes no sense is as good as not said.

    A feed that would skip every hour or every day of the week says nothing sensible either.

    Source: RSS 2.0 (ttl in minutes; skipHours and skipDays in GMT, hour 24 meaning 0), RSS 1.0
    syndication module (updatePeriod divided by updateFrequency).
    """
    hours = frozenset(n % 24 for h in raw.skip_hours if (n := _number(h)) is not None and n <= 24)
    days = frozenset(_DAYS.index(d) for day in raw.skip_days if (d := day.strip().lower()) in _DAYS)
    minutes = _number(raw.ttl)
    period = _PERIODS.get((raw.update_period or "").strip().lower())
    return Hints(
        ttl=min(timedelta(minutes=minutes), _LONGEST) if minutes else None,
        update_period=period / (_number(raw.update_frequency) or 1) if period else None,
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=days if len(days) < 7 else frozenset(),
    )


def _number(text: str | None) -> int | None:
    """Return a whole number of at most nine digits, or ``None``."""
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
