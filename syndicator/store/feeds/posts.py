"""Posts: stories as published, newest first, with the licence of their source applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Row

from syndicator.model import (
    Channel,
    Edition,
    EntryState,
    Image,
    Kind,
    Licence,
    Origin,
    Post,
    Scope,
    Tombstone,
)
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import (
    EntryRow,
    Placement,
    SourceRow,
    StoryRow,
    TombstoneRow,
)
from syndicator.store.feeds import declared, months
from syndicator.store.feeds.stories import CHUNK, chunks, grouped

TOMBSTONES = 50
"""Most tombstones a document carries, newest first."""

_HERE = Placement.channel == bindparam("channel")
_THIS_KIND = Placement.kind == bindparam("kind")
_NEWEST = (
    select(Placement.recency, Placement.public_id, Placement.story_id)
    .where(_HERE, _THIS_KIND)
    .order_by(Placement.recency.desc(), Placement.public_id)
)
_LATEST = _NEWEST.limit(bindparam("how_many"))
_OF_MONTH = _NEWEST.where(
    Placement.recency >= bindparam("opens"), Placement.recency < bindparam("closes")
)
_GRAVES = (
    select(TombstoneRow.story_id, TombstoneRow.public_id, TombstoneRow.at)
    .where(TombstoneRow.channel == bindparam("channel"))
    .order_by(TombstoneRow.at.desc(), TombstoneRow.public_id)
    .limit(TOMBSTONES)
)
_ATTRIBUTION = (
    EntryRow.id,
    EntryRow.story_id,
    EntryRow.first_seen,
    EntryRow.changed_at.label("entry_changed_at"),
    SourceRow.key,
    SourceRow.city,
    SourceRow.kind,
    SourceRow.licence,
    SourceRow.url.label("feed_url"),
    SourceRow.home,
    SourceRow.feed_id,
    func.coalesce(SourceRow.title, SourceRow.feed_title).label("source_title"),
)
_WHOLE = select(
    *_ATTRIBUTION,
    StoryRow.public_id,
    StoryRow.recency,
    StoryRow.changed_at,
    EntryRow.published,
    EntryRow.language,
    EntryRow.url,
    EntryRow.title,
    EntryRow.details,
    EntryRow.excerpt,
    EntryRow.content_html,
)
_LEADS = (
    _WHOLE.add_columns(StoryRow.updated)
    .join(StoryRow, StoryRow.lead_id == EntryRow.id)
    .join(SourceRow, SourceRow.id == EntryRow.source_id)
    .where(StoryRow.id.in_(bindparam("ids", expanding=True)))
)
_OF_CITY = (
    _WHOLE.add_columns(EntryRow.updated)
    .join(StoryRow, StoryRow.id == EntryRow.story_id)
    .join(SourceRow, SourceRow.id == EntryRow.source_id)
    .where(
        EntryRow.story_id.in_(bindparam("ids", expanding=True)),
        EntryRow.state == EntryState.SHOWN,
        SourceRow.city == bindparam("city"),
    )
    .order_by(EntryRow.recency, EntryRow.id)
)
_OTHERS = (
    select(*_ATTRIBUTION)
    .join(StoryRow, StoryRow.id == EntryRow.story_id)
    .join(SourceRow, SourceRow.id == EntryRow.source_id)
    .where(
        EntryRow.story_id.in_(bindparam("ids", expanding=True)),
        EntryRow.state == EntryState.SHOWN,
        EntryRow.id != StoryRow.lead_id,
    )
)

_TOPICS = (
    select(Placement.public_id, Placement.channel)
    .where(
        Placement.story_id.in_(bindparam("ids", expanding=True)),
        Placement.channel.startswith(f"{Scope.TOPIC}/"),
    )
    .order_by(Placement.story_id, Placement.channel)
)


def edition(
    tx: Tx, channel: Channel, *, size: int = 50, kinds: frozenset[Kind] = frozenset(Kind)
) -> Edition:
    """Return all that the documents of ``channel`` are made from.

    The current document holds the ``size`` newest by (recency, public id), an archive all of its
    month or part. City channels take every kind of source, and a post in them is the city's own
    entry of it, whoever leads in the others. Same stored state, same edition.

    Args:
        kinds: kinds of source that the other channels take.
    """
    taken = frozenset(Kind) if channel.scope is Scope.CITY else kinds
    stories = _ordered(tx, channel, size=size, kinds=taken)
    part = _part(tx, channel, stories)
    posts, changed = _posts(
        tx,
        [story for story in stories if part is None or story in part],
        city=channel.value if channel.scope is Scope.CITY else None,
    )
    graves = _tombstones(tx, channel, part)
    moments = [*changed, *(grave.at for grave in graves)]
    return Edition(
        channel=channel,
        posts=posts,
        tombstones=graves,
        months=months.months(tx, channel, kinds=taken),
        updated=max(moments) if moments else declared.since(tx),
    )


def by_story(tx: Tx, ids: Sequence[int], *, topics: bool = False) -> tuple[Post, ...]:
    """Return the posts of these stories, in this order; those not published now are left out.

    Args:
        topics: fill in the topics each is published under; pages and feeds have no use for them.
    """
    posts = _posts(tx, ids)[0]
    if not topics:
        return posts
    own = _topics(tx, ids)
    return tuple(replace(post, topics=own.get(post.public_id, ())) for post in posts)


def _topics(tx: Tx, ids: Sequence[int]) -> dict[str, tuple[str, ...]]:
    topics: dict[str, tuple[str, ...]] = {}
    for some in chunks(ids, CHUNK):
        for row in tx.execute(_TOPICS, {"ids": some}):
            topic = months.channel_of(row.channel).value
            topics[row.public_id] = (*topics.get(row.public_id, ()), topic)
    return topics


def members(
    tx: Tx, channel: Channel, *, size: int, kinds: Iterable[Kind] = tuple(Kind)
) -> list[int]:
    """Return the stories of a document in its order, from sources of these kinds."""
    stories = _ordered(tx, channel, size=size, kinds=kinds)
    part = _part(tx, channel, stories)
    return stories if part is None else [story for story in stories if story in part]


def _part(tx: Tx, channel: Channel, stories: Sequence[int]) -> frozenset[int] | None:
    """Return the stories, gone ones too, whose place is in this part; ``None``: all of the month.

    Parts are filled in the order in which we first saw the stories, and the gone keep their places.
    So a full part takes no more posts and gives none away, whatever its posts' dates.
    """
    if channel.month is None or (len(stories) <= months.PART and channel.part == 1):
        return None
    gone = {row.story_id for row in months.gone(tx, channel, channel.month)}
    first = (channel.part - 1) * months.PART
    return frozenset(sorted(gone.union(stories))[first : first + months.PART])


def _ordered(tx: Tx, channel: Channel, *, size: int, kinds: Iterable[Kind]) -> list[int]:
    """Return the stories of a current document or of a whole month, in the order of recency."""
    # One walk along the index for each kind, merged here: one query over several kinds would
    # make the database sort the whole channel.
    place: dict[str, Any] = {"channel": channel.prefix}
    if channel.month is None:
        walk = _LATEST
        place["how_many"] = size
    else:
        walk = _OF_MONTH
        place["opens"], place["closes"] = months.span(channel.month, tx.time_zone)
    walks = [tx.execute(walk, place | {"kind": kind}).all() for kind in sorted(kinds)]
    ordered = merge(*walks, key=lambda row: (-row.recency.timestamp(), row.public_id))
    rows = ordered if channel.month else islice(ordered, size)
    return [row.story_id for row in rows]


def _tombstones(tx: Tx, channel: Channel, part: frozenset[int] | None) -> tuple[Tombstone, ...]:
    if channel.month is None:
        rows = tx.execute(_GRAVES, {"channel": channel.prefix}).all()
    else:
        rows = months.gone(tx, channel, channel.month)
    own = (row for row in rows if part is None or row.story_id in part)
    return tuple(Tombstone(public_id=row.public_id, at=row.at) for row in islice(own, TOMBSTONES))


def _posts(
    tx: Tx, ids: Sequence[int], *, city: str | None = None
) -> tuple[tuple[Post, ...], list[datetime]]:
    """Return the posts of stories by their leading entries, or by this city's where it has one;
    and the moment at which each changed last."""
    leads: dict[int, Row[Any]] = {}
    others: dict[int, list[Row[Any]]] = {}
    for some in chunks(ids, CHUNK):
        leads |= {row.story_id: row for row in tx.execute(_LEADS, {"ids": some})}
        others |= grouped(tx.execute(_OTHERS, {"ids": some}))
    own = {} if city is None else _entries_of_city(tx, city, leads)
    shown = [own.get(story, leads[story]) for story in ids if story in leads]
    posts = tuple(_post(row, (leads[row.story_id], *others.get(row.story_id, ()))) for row in shown)
    return posts, [max(row.changed_at, row.entry_changed_at) for row in shown]


def _entries_of_city(tx: Tx, city: str, leads: Mapping[int, Row[Any]]) -> dict[int, Row[Any]]:
    """Return the earliest entry of the city for each story that another city's leads."""
    own: dict[int, Row[Any]] = {}
    led_elsewhere = [story for story, lead in leads.items() if lead.city != city]
    for some in chunks(led_elsewhere, CHUNK):
        for row in tx.execute(_OF_CITY, {"ids": some, "city": city}):
            own.setdefault(row.story_id, row)
    return own


def _post(row: Row[Any], entries: Sequence[Row[Any]]) -> Post:
    """Return the post of an entry; ``entries`` are all that its story shows, it among them."""
    others = [entry for entry in entries if entry.id != row.id]
    details = row.details
    full = row.licence is Licence.FULL
    bare = row.licence is Licence.LINK
    image = None if bare else details.get("image")
    return Post(
        public_id=row.public_id,
        url=row.url or row.home or row.feed_url,
        title=row.title,
        excerpt="" if bare else row.excerpt,
        content_html=row.content_html if full else "",
        language=row.language,
        authors=tuple(details.get("authors", ())),
        categories=tuple(details.get("categories", ())),
        published=row.published,
        updated=row.updated,
        recency=row.recency,
        origin=_origin(row, updated=row.entry_changed_at),
        others=tuple(
            _origin(other, updated=other.first_seen)
            for other in sorted(others, key=lambda other: (other.first_seen, other.id))
        ),
        translations=tuple((lang, url) for lang, url in details.get("translations", ())),
        image=None if image is None else Image(url=image["url"], alt=image["alt"]),
        rights=details.get("rights"),
    )


def _origin(row: Row[Any], *, updated: datetime) -> Origin:
    return Origin(
        key=row.key,
        city=row.city,
        title=row.source_title or row.key,
        feed_url=row.feed_url,
        home=row.home,
        feed_id=row.feed_id,
        updated=updated,
        kind=row.kind,
    )
