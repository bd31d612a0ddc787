"""Calendar months of channels: which exist, when they begin, who stands beside whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from syndicator.model import Channel, Kind, Scope
from syndicator.store.database import Tx
from syndicator.store.schema import Placement

END = datetime(9999, 12, 29, tzinfo=UTC)
"""Later than any place, and early enough to be a moment in every time zone."""

Month = tuple[str, Kind, str]
"""A channel's prefix, a kind of source, and a month of it."""

_PLACE = (Placement.channel == bindparam("channel"), Placement.kind == bindparam("kind"))
_BEFORE = select(func.max(Placement.recency)).where(
    *_PLACE, Placement.recency < bindparam("closes")
)
_SINCE = select(func.min(Placement.recency)).where(*_PLACE, Placement.recency >= bindparam("opens"))


def months(tx: Tx, channel: Channel, *, kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the months that hold posts of the channel, newest first; none without archives.

    A step for each month along the index, however many posts it holds.
    """
    if not has_archive(channel):
        return ()
    found = {month for kind in kinds for month in _walk(tx, channel.prefix, kind)}
    return tuple(sorted(found, reverse=True))


def _walk(tx: Tx, prefix: str, kind: Kind) -> Iterator[str]:
    closes = END
    while (month := _last_before(tx, prefix, kind, closes=closes)) is not None:
        yield month
        closes = span(month, tx.time_zone)[0]


def absent(tx: Tx, wanted: Iterable[Month]) -> set[Month]:
    """Return those of the months that hold no post."""
    return {month for month in wanted if not _holds(tx, month)}


def beside(tx: Tx, those: Iterable[Month]) -> set[Channel]:
    """Return the archives next older and next newer than these months: they link to them."""
    found: set[Channel] = set()
    for prefix, _, month in those:
        opens, closes = span(month, tx.time_zone)
        for kind in Kind:
            older = _last_before(tx, prefix, kind, closes=opens)
            newer = _first_since(tx, prefix, kind, opens=closes)
            found |= {_archive(prefix, near) for near in (older, newer) if near is not None}
    return found


def _holds(tx: Tx, month: Month) -> bool:
    prefix, kind, name = month
    opens, closes = span(name, tx.time_zone)
    last = tx.execute(_BEFORE, {"channel": prefix, "kind": kind, "closes": closes}).scalar_one()
    return last is not None and last >= opens


def _last_before(tx: Tx, prefix: str, kind: Kind, *, closes: datetime) -> str | None:
    place = {"channel": prefix, "kind": kind, "closes": closes}
    last = tx.execute(_BEFORE, place).scalar_one()
    return None if last is None else month_of(last, tx.time_zone)


def _first_since(tx: Tx, prefix: str, kind: Kind, *, opens: datetime) -> str | None:
    place = {"channel": prefix, "kind": kind, "opens": opens}
    first = tx.execute(_SINCE, place).scalar_one()
    return None if first is None else month_of(first, tx.time_zone)


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


def channel_of(prefix: str) -> Channel:
    """Return the channel whose ``prefix`` this is."""
    match prefix.rstrip("/").split("/"):
        case [""]:
            return Channel()
        case [language]:
            return Channel(scope=Scope.LANGUAGE, value=language)
        case [scope, value]:
            return Channel(scope=Scope(scope), value=value)
    raise ValueError(f"{prefix!r}: not the prefix of a channel")


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
