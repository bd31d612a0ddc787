"""When a digest goes out, and which span of time it covers.

Slots are wall-clock moments in the network's own zone, counted day by day: adding seven times
twenty-four hours would drift by an hour on the Sunday the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from typing import assert_never

from syndicator.model import Cadence, Rhythm

CUT_OFF = timedelta(hours=24)
"""How long before its slot an issue stops taking entries, so that a person can see it first."""

SATURDAY = 5

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)
_MIDDLE = timedelta(days=5)
"""From the day a weekly digest goes out back to the middle of what it covers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """One place in the calendar: the issue of ``period`` goes out at ``at``.

    It covers what became eligible after ``opens`` and not after ``closes``.
    """

    cadence: Cadence
    period: str
    opens: datetime
    closes: datetime
    at: datetime


def last_closed(moment: datetime, *, rhythm: Rhythm) -> Slot:
    """Return the newest slot whose cut-off is not after ``moment``.

    Returns:
        A slot with ``opens < closes <= moment``; its ``opens`` is the cut-off of the slot before.
    """
    latest = moment.astimezone(rhythm.zone).date() + CUT_OFF + _DAY
    slots = (_slot(day, rhythm) for day in _days_out(latest, rhythm, step=-_DAY))
    return next(slot for slot in slots if slot.closes <= moment)


def closed_between(
    since: datetime,
    until: datetime,
    *,
    rhythm: Rhythm,
    most: int,
) -> tuple[Slot, ...]:
    """Return the slots whose cut-off lies in ``(since, until]``, oldest first: the newest ``most``
    of them at the most."""
    slots: list[Slot] = []
    moment = until
    while len(slots) < most:
        slot = last_closed(moment, rhythm=rhythm)
        if slot.closes <= since:
            break
        slots.append(slot)
        moment = slot.closes - _INSTANT
    return tuple(reversed(slots))


def next_slots(moment: datetime, *, rhythm: Rhythm) -> Iterator[Slot]:
    """Yield the slots that go out after ``moment``, the next one first, without end."""
    today = moment.astimezone(rhythm.zone).date()
    return (slot for slot in slots_from(today, rhythm=rhythm) if slot.at > moment)


def next_day(moment: datetime, *, rhythm: Rhythm, since: date | None = None) -> date:
    """Return the local day on which the next slot goes out after ``moment``.

    Args:
        since: a day before which none counts.
    """
    slots = next_slots(moment, rhythm=rhythm)
    days = (slot.at.astimezone(rhythm.zone).date() for slot in slots)
    return next(day for day in days if since is None or day >= since)


def slots_from(day: date, *, rhythm: Rhythm) -> Iterator[Slot]:
    """Yield the slots that go out on the local ``day`` or later, in their order, without end."""
    return (_slot(day, rhythm) for day in _days_out(day, rhythm, step=_DAY))


def slot_of(period: str, *, rhythm: Rhythm) -> Slot:
    """Return the slot whose issue covers ``period``: ``2026-W47`` or ``2026-11``.

    Raises:
        ValueError: it names no week of a weekly digest, or no month of a monthly one.
    """
    first = _first_day(period, rhythm.cadence)
    # What covers a period goes out while it lasts or within ten days after it.
    slots = islice(slots_from(first, rhythm=rhythm), 3)
    slot = next((slot for slot in slots if slot.period == period), None)
    if slot is None:
        raise ValueError(f"{period}: no {rhythm.cadence} issue tells of it")
    return slot


def _first_day(period: str, cadence: Cadence) -> date:
    year, is_week, week = period.partition("-W")
    match cadence:
        case Cadence.WEEKLY if is_week:
            return date.fromisocalendar(int(year), int(week), 1)
        case Cadence.MONTHLY if not is_week:
            return date.fromisoformat(f"{period}-01")
        case Cadence.WEEKLY | Cadence.MONTHLY:
            raise ValueError(f"{period}: no period of a {cadence} digest")
        case _:
            assert_never(cadence)


def _slot(day: date, rhythm: Rhythm) -> Slot:
    """Return the slot of a day on which the digest goes out."""
    before = _days_out(day - _DAY, rhythm, step=-_DAY)
    at = _local(day, rhythm)
    return Slot(
        cadence=rhythm.cadence,
        period=_period(rhythm.cadence, day),
        opens=_local(next(before), rhythm) - CUT_OFF,
        closes=at - CUT_OFF,
        at=at,
    )


def _days_out(first: date, rhythm: Rhythm, *, step: timedelta) -> Iterator[date]:
    """Yield the days on which the digest goes out, from ``first`` on or backwards."""
    days = (first + number * step for number in count())
    return (day for day in days if _goes_out(day, rhythm))


def _goes_out(day: date, rhythm: Rhythm) -> bool:
    match rhythm.cadence:
        case Cadence.WEEKLY:
            return day.weekday() == rhythm.weekday
        case Cadence.MONTHLY:
            return day == _first_working_day(day)
        case _:
            assert_never(rhythm.cadence)


def _first_working_day(day: date) -> date:
    first = day.replace(day=1)
    weekend = first.weekday() >= SATURDAY
    return first + timedelta(days=7 - first.weekday()) if weekend else first


def _local(day: date, rhythm: Rhythm) -> datetime:
    """Return the wall-clock moment in UTC; an hour the clocks skip is read as the hour after."""
    return datetime.combine(day, rhythm.send_at, tzinfo=rhythm.zone).astimezone(UTC)


def _period(cadence: Cadence, slot_day: date) -> str:
    """Name the span a digest covers: the ISO week that most of it lies in, or the month before.

    What goes out on a Sunday covers the week that ends, on a Monday the week before.
    """
    match cadence:
        case Cadence.WEEKLY:
            year, week, _ = (slot_day - _MIDDLE).isocalendar()
            return f"{year:04}-W{week:02}"
        case Cadence.MONTHLY:
            return (slot_day.replace(day=1) - _DAY).strftime("%Y-%m")
        case _:
            assert_never(cadence)
