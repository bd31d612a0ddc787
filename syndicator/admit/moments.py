"""The two moments of a new entry: its place in feeds and pages, and from when it may be mailed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from syndicator.admit.rules import Rules
from syndicator.model import ParsedEntry

_STEP = timedelta(seconds=1)
_TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """When an entry counts as having come, and from when it may be mailed (``None``: never)."""

    recency: datetime
    eligible_at: datetime | None


def at_first_sight(
    entries: Sequence[ParsedEntry],
    *,
    now: datetime,
    rules: Rules,
    stored: Sequence[datetime | None] = (),
) -> tuple[Moments, ...]:
    """Return the moments of each entry of a source that is read for the first time.

    The archive of a blog is no news: an entry takes the place of its date, one without a date comes
    after all that have one, in the feed's order. Only what was published within the running window
    may be mailed, and nothing at all if more than ``rules.eligible_a_day`` claim one day: then the
    dates are those of an import. For the same reason a single moment, or the future, that more than
    so many claim is no date.

    Args:
        stored: the dates of what was stored of this archive before a kill: they count, too.

    Source: rules P4 and P5.
    """
    dates = _believed(entries, stored, now=now, rules=rules)
    running = [
        date is not None and _runs(entry.published, now=now, rules=rules)
        for entry, date in zip(entries, dates, strict=True)
    ]
    ours = [entry.published for entry, runs in zip(entries, running, strict=True) if runs]
    theirs = [date for date in stored if _runs(date, now=now, rules=rules)]
    mailed = not _crowded((*ours, *theirs), rules=rules)
    oldest = min([now - rules.undated_age, *(date for date in dates if date is not None)])
    steps = accumulate(date is None for date in dates)
    return tuple(
        Moments(
            recency=oldest - step * _STEP if date is None else date,
            eligible_at=now if runs and mailed else None,
        )
        for date, runs, step in zip(dates, running, steps, strict=True)
    )


def _runs(published: datetime | None, *, now: datetime, rules: Rules) -> bool:
    """Return True if a date lies within the running window."""
    opens, closes = rules.mail_window_opens, now + rules.ahead
    return published is not None and opens <= published <= closes


def _believed(
    entries: Sequence[ParsedEntry],
    stored: Sequence[datetime | None],
    *,
    now: datetime,
    rules: Rules,
) -> list[datetime | None]:
    """Return the date of each entry as far as it can be one: what is ahead of us is now."""
    claims = [_claim(entry.published, now=now, rules=rules) for entry in entries]
    count = Counter((*claims, *(_claim(date, now=now, rules=rules) for date in stored)))
    return [
        None if claim is None or count[claim] > rules.eligible_a_day else min(claim, now)
        for claim in claims
    ]


def _crowded(dates: Iterable[datetime | None], *, rules: Rules) -> bool:
    """Return True if more entries than we believe were published on one local day."""
    zone = ZoneInfo(rules.time_zone)
    days = Counter(date.astimezone(zone).date() for date in dates if date is not None)
    return any(count > rules.eligible_a_day for count in days.values())


def later(entries: Sequence[ParsedEntry], *, now: datetime, rules: Rules) -> tuple[Moments, ...]:
    """Return the moments of each new entry of a source that was read before.

    It came now, whatever its date says, and may be mailed from now on; unless the date is further
    back than ``rules.backlog``: then it takes the place of its date and is no news. What came in
    one answer keeps the order of its dates, a millisecond apart.

    Source: rules P4 and P5.
    """
    dates = [min(entry.published or now, now) for entry in entries]
    order = sorted(range(len(entries)), key=lambda at: dates[at], reverse=True)
    rank = {at: place for place, at in enumerate(order)}
    return tuple(
        Moments(recency=entry.published, eligible_at=None)
        if entry.published is not None and entry.published < now - rules.backlog
        else Moments(recency=now - rank[at] * _TICK, eligible_at=now)
        for at, entry in enumerate(entries)
    )


def _claim(published: datetime | None, *, now: datetime, rules: Rules) -> datetime | None:
    future = published is not None and published > now + rules.ahead
    return now if future else published
