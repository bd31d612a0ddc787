"""Calendar months of channels: which exist, when they begin, who stands beside whom.

They are counted as posts come and go, because to find them in the table of places would take a
step for each month at every publication.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, select
from sqlalchemy.engine import Row

from syndicator.model import Channel, Kind, Scope
from syndicator.store.db import bulk
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import ArchiveMonth, TombstoneRow
from syndicator.store.db.upsert import upsert

Month = tuple[str, str, Kind]
"""A channel's prefix, a month of it, and a kind of source."""

PART = 500
"""Most posts in one document of an archive: a month of more is archived in parts."""

_MONTHS = (
    select(ArchiveMonth.channel, ArchiveMonth.month, ArchiveMonth.kind, ArchiveMonth.posts)
    .where(ArchiveMonth.channel == bindparam("channel"))
    .order_by(ArchiveMonth.month, ArchiveMonth.kind)
)
_GONE = (
    select(TombstoneRow.story_id, TombstoneRow.public_id, TombstoneRow.at)
    .where(
        TombstoneRow.channel == bindparam("channel"),
        TombstoneRow.recency >= bindparam("opens"),
        TombstoneRow.recency < bindparam("closes"),
    )
    .order_by(TombstoneRow.at.desc(), TombstoneRow.public_id)
)
_ENDED = delete(ArchiveMonth).where(
    ArchiveMonth.channel == bindparam("channel"), ArchiveMonth.posts <= 0
)


_ADD = upsert(
    table_of(ArchiveMonth),
    unique=["channel", "month", "kind"],
    changes=lambda new: {"posts": ArchiveMonth.posts + new.posts},
)


def months(tx: Tx, channel: Channel, *, kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the names of the channel's archives, newest first; none without archives.

    Each month that holds posts is there, as often as it has parts.
    """
    if not has_archive(channel):
        return ()
    taken, posts = frozenset(kinds), Counter[str]()
    for row in tx.execute(_MONTHS, {"channel": channel.prefix}):
        if row.kind in taken:
            posts[row.month] += row.posts
    newest = sorted(posts, reverse=True)
    return tuple(name for month in newest for name in _parts(tx, channel, month, posts[month]))


def _parts(tx: Tx, channel: Channel, month: str, posts: int) -> Iterator[str]:
    """Yield the names of the month's archives, the last filled first."""
    places = posts + len(gone(tx, channel, month)) if posts > PART else posts
    for part in range(-(-places // PART), 0, -1):
        yield replace(channel, month=month, part=part).archive or month


def gone(tx: Tx, channel: Channel, month: str) -> Sequence[Row[Any]]:
    """Return the tombstones of a month with their stories, newest first.

    In a month of several parts the gone keep their places, so that nobody else's changes.
    """
    opens, closes = span(month, tx.time_zone)
    return tx.execute(_GONE, {"channel": channel.prefix, "opens": opens, "closes": closes}).all()


def count(tx: Tx, difference: Counter[Month]) -> set[Channel]:
    """Add to the counts of months; return the archives to be made anew for what stands beside them.

    An archive links to the next older and the next newer one, so those beside a month that begins
    or ends read differently, too.
    """
    changed = {month: number for month, number in difference.items() if number}
    if not changed:
        return set()
    channels = sorted({channel for channel, _, _ in changed})
    before = {
        channel: {
            (row.month, row.kind): row.posts for row in tx.execute(_MONTHS, {"channel": channel})
        }
        for channel in channels
    }
    rows = [
        {"channel": channel, "month": month, "kind": kind, "posts": number}
        for (channel, month, kind), number in sorted(changed.items())
    ]
    bulk.run(tx, _ADD[tx.dialect], rows)
    if any(number < 0 for number in changed.values()):
        tx.execute(_ENDED, [{"channel": channel} for channel in channels])
    beside: set[Channel] = set()
    for channel in channels:
        after = _after(before[channel], changed, channel)
        for kinds in (*({kind} for kind in Kind), set(Kind)):
            beside |= _beside(channel, _names(before[channel], kinds), _names(after, kinds))
        beside |= _beside_large(channel, before[channel], after)
    return beside


def _after(
    before: Mapping[tuple[str, Kind], int], changed: Mapping[Month, int], channel: str
) -> dict[tuple[str, Kind], int]:
    after: defaultdict[tuple[str, Kind], int] = defaultdict(int, before)
    for (name, month, kind), number in changed.items():
        if name == channel:
            after[month, kind] += number
    return {place: number for place, number in after.items() if number > 0}


def _names(counts: Mapping[tuple[str, Kind], int], kinds: set[Kind]) -> list[str]:
    return sorted({month for month, kind in counts if kind in kinds})


def _beside(prefix: str, before: list[str], after: list[str]) -> set[Channel]:
    """Return the archives whose older or newer neighbour is another one now."""
    old, new = _neighbours(before), _neighbours(after)
    return {_archive(prefix, month) for month in after if old.get(month) != new[month]}


def _beside_large(
    prefix: str, before: Mapping[tuple[str, Kind], int], after: Mapping[tuple[str, Kind], int]
) -> set[Channel]:
    """Return the archives beside a month of parts that changed: it may have another last part."""
    old, new = _totals(before), _totals(after)
    changed = {month for month in new if old[month] != new[month]}
    large = {month for month in changed if max(old[month], new[month]) > PART}
    beside = _neighbours(sorted(new))
    return {_archive(prefix, there) for month in large for there in beside[month] if there}


def _totals(counts: Mapping[tuple[str, Kind], int]) -> Counter[str]:
    totals = Counter[str]()
    for (month, _), posts in counts.items():
        totals[month] += posts
    return totals


def _neighbours(months: list[str]) -> dict[str, tuple[str | None, str | None]]:
    ends = [None, *months, None]
    return {month: (ends[at], ends[at + 2]) for at, month in enumerate(months)}


def _archive(prefix: str, month: str) -> Channel:
    channel = channel_of(prefix)
    return Channel(scope=channel.scope, value=channel.value, month=month)


# --- names ----------------------------------------------------------------------------------------


def documents(prefixes: Iterable[str], recency: datetime, zone: ZoneInfo) -> Iterator[Channel]:
    """Yield the documents a story of this ``recency`` stands in, for the channels it is in."""
    month = month_of(recency, zone)
    for prefix in prefixes:
        channel = channel_of(prefix)
        yield channel
        if has_archive(channel):
            yield _archive(prefix, month)


@lru_cache(maxsize=1024)
def channel_of(prefix: str) -> Channel:
    """Return the channel whose ``prefix`` this is."""
    match prefix.rstrip("/").split("/"):
        case [""]:
            return Channel()
        case [language, "issues", *issue]:
            return Channel(scope=Scope.ISSUES, value="/".join((language, *issue)))
        case [language]:
            return Channel(scope=Scope.LANGUAGE, value=language)
        case [scope, value]:
            return Channel(scope=Scope(scope), value=value)
    raise ValueError(f"{prefix!r}: not the prefix of a channel")


def archives(tx: Tx) -> tuple[Channel, ...]:
    """Return the archive of every channel and month that has posts, whatever part of it."""
    kept = select(ArchiveMonth.channel, ArchiveMonth.month).distinct()
    rows = tx.execute(kept.order_by(ArchiveMonth.channel, ArchiveMonth.month))
    return tuple(replace(channel_of(row.channel), month=row.month) for row in rows)


def has_archive(channel: Channel) -> bool:
    """Return True for the channels whose older posts are kept by month."""
    return channel.scope in (Scope.WHOLE, Scope.LANGUAGE)


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return the calendar month of ``moment`` in ``zone``, like ``2026-11``."""
    local = moment.astimezone(zone)
    return f"{local.year:04d}-{local.month:02d}"


def span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first moment of a calendar month in ``zone`` and that of the next, in UTC."""
    year, number = map(int, month.split("-"))
    opens = datetime(year, number, 1, tzinfo=zone)
    closes = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return opens.astimezone(UTC), closes.astimezone(UTC)
