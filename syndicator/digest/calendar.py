"""When a digest goes out, and which span of time it tells of.

Slots are wall-clock moments in the network's own zone, found day by day: adding seven times
twenty-four hours would drift by an hour on the Sunday the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from syndicator.model import Cadence

CUT_OFF = timedelta(hours=24)
"""How long before its slot an issue stops taking entries, so that a person can see it first."""

SATURDAY = 5

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One place in the calendar: the issue of ``period`` goes out at ``at``.

    It tells of what became eligible after ``opens`` and not after ``closes``.
    """

    cadence: Cadence
    period: str
    opens: datetime
    closes: datetime
    at: datetime


def last_closed(
    moment: datetime, *, cadence: Cadence, weekday: int, send_at: time, zone: ZoneInfo
) -> Slot:
    """Return the newest slot whose cut-off is not after ``moment``.

    Args:
        weekday: 0 is Monday. A monthly digest ignores it and takes the month's first working day.

    Returns:
        A slot with ``opens < closes <= moment``; its ``opens`` is the cut-off of the slot before.
    """
    latest = moment.astimezone(zone).date() + CUT_OFF + timedelta(days=1)
    days = _days_back(latest, cadence=cadence, weekday=weekday)
    for day, previous in pairwise(days):
        at = _local(day, send_at, zone)
        if at - CUT_OFF <= moment:
            return Slot(
                cadence=cadence,
                period=_period(cadence, day),
                opens=_local(previous, send_at, zone) - CUT_OFF,
                closes=at - CUT_OFF,
                at=at,
            )
    raise AssertionError("the calendar goes back for ever")


def closed_between(
    since: datetime,
    until: datetime,
    *,
    cadence: Cadence,
    weekday: int,
    send_at: time,
    zone: ZoneInfo,
    most: int,
) -> tuple[Slot, ...]:
    """Return the slots whose cut-off lies in ``(since, until]``, oldest first: the newest ``most``
    of them at the most. The rest is as for ``last_closed``."""
    found: list[Slot] = []
    moment = until
    while len(found) < most:
        slot = last_closed(moment, cadence=cadence, weekday=weekday, send_at=send_at, zone=zone)
        if slot.closes <= since:
            break
        found.append(slot)
        moment = slot.closes - _INSTANT
    return tuple(reversed(found))


def _days_back(latest: date, *, cadence: Cadence, weekday: int) -> Iterator[date]:
    """Yield the days a digest goes out, from ``latest`` back without end."""
    day = latest
    while True:
        if cadence is Cadence.WEEKLY and day.weekday() == weekday:
            yield day
        if cadence is Cadence.MONTHLY and day == _first_working_day(day):
            yield day
        day -= timedelta(days=1)


def _first_working_day(day: date) -> date:
    first = day.replace(day=1)
    weekend = first.weekday() >= SATURDAY
    return first + timedelta(days=7 - first.weekday()) if weekend else first


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the wall-clock moment in UTC; an hour the clocks skip is read as the hour after."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _period(cadence: Cadence, slot_day: date) -> str:
    """Name the span a digest tells of: the ISO week or the month before the day it goes out."""
    if cadence is Cadence.WEEKLY:
        return (slot_day - timedelta(days=7)).strftime("%G-W%V")
    return (slot_day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
