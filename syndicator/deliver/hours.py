"""The hours in which newsletters may leave, by the wall clock of one zone. Pure.

Where the clocks change, whichever reading of an hour keeps us inside is taken: a night may give
an hour less than the clock promises, never a minute outside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from syndicator.config import SendHours

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Hours of every day in one zone."""

    hours: SendHours
    zone: ZoneInfo


def span(window: Window, moment: datetime) -> tuple[datetime, datetime] | None:
    """Return from when until when, in UTC, mail may leave around ``moment``; ``None`` if it may not
    leave now."""
    begun = takewhile(lambda pair: pair[0] <= moment, _spans(window, moment))
    return next((pair for pair in begun if moment < pair[1]), None)


def opening(window: Window, moment: datetime) -> datetime:
    """Return the first moment, not before ``moment``, at which mail may leave."""
    return next(max(begins, moment) for begins, ends in _spans(window, moment) if moment < ends)


def _spans(window: Window, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans from the one that began the day before on, without end."""
    day = moment.astimezone(window.zone).date() - _DAY
    while True:
        last = day + _DAY if window.hours.over_midnight else day
        begins = max(_both(window, day, window.hours.begins))
        ends = min(_both(window, last, window.hours.ends))
        if begins < ends:
            yield begins, ends
        day += _DAY


def _both(window: Window, day: date, wall: time) -> tuple[datetime, datetime]:
    """Return both readings of a wall time: two moments only where it comes twice or never."""
    first, second = (
        datetime.combine(day, wall.replace(fold=fold), tzinfo=window.zone) for fold in (0, 1)
    )
    return first.astimezone(UTC), second.astimezone(UTC)
