"""Stories: who leads each, where it is published, and what must be made anew when that changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Row

from syndicator.model import Channel, EntryState, Kind, Scope
from syndicator.store.db import bulk
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import (
    EntryRow,
    EntryTopic,
    Placement,
    SourceRow,
    StoryRow,
    TombstoneRow,
)
from syndicator.store.feeds import dirty_channels, months

CHUNK = 500
"""Ids in one ``IN``: SQLite and PostgreSQL both limit the parameters of a statement."""

STORY = table_of(StoryRow)

_STORIES = select(STORY).where(StoryRow.id.in_(bindparam("ids", expanding=True)))
_TELLINGS = (
    select(
        EntryRow.id,
        EntryRow.story_id,
        EntryRow.language,
        EntryRow.recency,
        EntryRow.eligible_at,
        EntryRow.updated,
        EntryRow.owns_link,
        SourceRow.city,
        SourceRow.kind,
    )
    .join(SourceRow, SourceRow.id == EntryRow.source_id)
    .where(
        EntryRow.story_id.in_(bindparam("ids", expanding=True)),
        EntryRow.state == EntryState.SHOWN,
    )
)
_TOPICS = (
    select(EntryRow.story_id, EntryTopic.topic)
    .join(EntryRow, EntryRow.id == EntryTopic.entry_id)
    .where(
        EntryRow.story_id.in_(bindparam("ids", expanding=True)),
        EntryRow.state == EntryState.SHOWN,
    )
)
_PLACES = select(Placement.story_id, Placement.channel, Placement.kind).where(
    Placement.story_id.in_(bindparam("ids", expanding=True))
)
_PLACE = insert(table_of(Placement))
_BURY = insert(table_of(TombstoneRow))
_REMOVE = delete(Placement).where(
    Placement.story_id == bindparam("story"), Placement.channel == bindparam("name")
)
_UPDATE_STORY = (
    update(STORY)
    .where(StoryRow.id == bindparam("wanted"))
    .values(
        lead_id=bindparam("new_lead"),
        updated=bindparam("new_updated"),
        changed_at=bindparam("new_changed_at"),
        eligible_at=bindparam("new_eligible_at"),
        published_once=bindparam("new_published_once"),
    )
)

T = TypeVar("T")


@dataclass(kw_only=True, slots=True)
class StoryWrites:
    """What one change of many stories writes, gathered first so that each table is written once.

    ``removed`` and ``placed`` are places, ``buried`` and ``raised`` tombstones.
    """

    stories: list[dict[str, Any]] = field(default_factory=list)
    placed: list[dict[str, Any]] = field(default_factory=list)
    removed: list[tuple[int, str]] = field(default_factory=list)
    buried: list[dict[str, Any]] = field(default_factory=list)
    raised: list[int] = field(default_factory=list)
    dirty: set[Channel] = field(default_factory=set)
    counts: Counter[months.Month] = field(default_factory=Counter)


def refresh(
    tx: Tx,
    story_ids: Iterable[int],
    *,
    now: datetime,
    edited: Collection[int] = (),
    retold: Collection[int] = (),
) -> None:
    """Make leads, places, tombstones and marks of these stories agree with their entries.

    A story is led by an entry whose source owns its link, whenever that came; where none does, or
    several do, by the one of them that leads already, else by the earliest. With no entry shown it
    leaves its channels and a tombstone stays in each. Exactly the channels whose documents read
    differently afterwards are marked.

    Args:
        edited: entries whose text changed; their stories are marked where such an entry leads, and
            in the channel of its city where it does not.
        retold: stories that more, fewer or other sources tell than before.
    """
    ids = sorted(set(story_ids))
    for some in chunks(ids, CHUNK):
        _refresh(tx, some, now=now, edited=frozenset(edited), retold=frozenset(retold))


def retell(tx: Tx, source_ids: Sequence[int], *, now: datetime) -> None:
    """Publish all that these sources tell anew: their city, kind, licence or name changed."""
    theirs = select(EntryRow.story_id).where(EntryRow.source_id.in_(source_ids)).distinct()
    dirty_channels.lock_entries(tx)
    ids = list(tx.execute(theirs).scalars())
    refresh(tx, ids, now=now, retold=ids)


def unite(tx: Tx, *, story: int, into: int) -> None:
    """Let the entries of one story belong to another; whoever calls it refreshes both.

    The id that goes then leaves a tombstone where it was published; what joins it later joins
    ``into``. The story that stays may be mailed from the earlier moment of the two: what an issue
    carried under the id that goes is not carried again under the other.
    """
    moments = select(func.min(StoryRow.eligible_at)).where(StoryRow.id.in_((story, into)))
    earliest = tx.execute(moments).scalar()
    tx.execute(update(StoryRow).where(StoryRow.id == into).values(eligible_at=earliest))
    tx.execute(update(EntryRow).where(EntryRow.story_id == story).values(story_id=into))
    tx.execute(
        update(StoryRow)
        .where((StoryRow.id == story) | (StoryRow.merged_into == story))
        .values(merged_into=into)
    )


def _refresh(
    tx: Tx, ids: Sequence[int], *, now: datetime, edited: frozenset[int], retold: frozenset[int]
) -> None:
    stories = {row.id: row for row in tx.execute(_STORIES, {"ids": ids})}
    tellings = grouped(tx.execute(_TELLINGS, {"ids": ids}))
    topics = grouped(tx.execute(_TOPICS, {"ids": ids}))
    places = grouped(tx.execute(_PLACES, {"ids": ids}))
    work = StoryWrites()
    for story_id in ids:
        _decide(
            work,
            stories[story_id],
            tellings=tellings.get(story_id, []),
            topics={row.topic for row in topics.get(story_id, [])},
            places={row.channel: row.kind for row in places.get(story_id, [])},
            reworded=edited,
            retold=story_id in retold,
            now=now,
            zone=tx.time_zone,
            languages=tx.languages,
        )
    write(tx, work)


def _decide(
    work: StoryWrites,
    story: Row[Any],
    *,
    tellings: Sequence[Row[Any]],
    topics: set[str],
    places: dict[str, Kind],
    reworded: frozenset[int],
    retold: bool,
    now: datetime,
    zone: ZoneInfo,
    languages: Collection[str],
) -> None:
    lead = _lead_of(story, tellings)
    wanted = {} if lead is None else _where(lead, tellings, topics, languages)
    changed = lead is not None and (retold or lead.id in reworded or lead.id != story.lead_id)
    left = {name for name, kind in places.items() if wanted.get(name) != kind}
    come = {name: kind for name, kind in wanted.items() if places.get(name) != kind}
    anew = left | come.keys() | (_cities_with(reworded, lead, tellings) & wanted.keys())
    touched = places.keys() | wanted.keys() if changed else anew
    work.dirty |= set(months.documents(touched, story.recency, zone))
    if not changed and wanted == places:
        return
    work.removed += [(story.id, name) for name in left]
    work.placed += [
        place(name, kind, story=story.id, public_id=story.public_id, recency=story.recency)
        for name, kind in come.items()
    ]
    if lead is None:
        work.buried += [_bury(story, name, now) for name in places]
    elif not places and story.published_once:
        work.raised.append(story.id)
    month = months.month_of(story.recency, zone)
    work.counts.update(archived(come, month))
    work.counts.subtract(archived({name: places[name] for name in left}, month))
    work.stories.append(_story_values(story, lead, now=now))


def archived(places: Mapping[str, Kind], month: str) -> set[months.Month]:
    """Return the months that count a story of ``month`` with these places."""
    return {
        (name, month, kind)
        for name, kind in places.items()
        if months.has_archive(months.channel_of(name))
    }


def _lead_of(story: Row[Any], tellings: Sequence[Row[Any]]) -> Row[Any] | None:
    among = [telling for telling in tellings if telling.owns_link] or tellings
    for telling in among:
        if telling.id == story.lead_id:
            return telling
    return min(among, key=lambda telling: (telling.recency, telling.id), default=None)


def _cities_with(
    entries: Collection[int], lead: Row[Any] | None, tellings: Sequence[Row[Any]]
) -> set[str]:
    """Return the prefixes of the city channels that show one of these entries, though it does not
    lead: as ``posts.edition`` chooses, the earliest of the city."""
    shown: dict[str, Row[Any]] = {}
    for telling in sorted(tellings, key=lambda telling: (telling.recency, telling.id)):
        if telling.city and lead is not None and telling.city != lead.city:
            shown.setdefault(telling.city, telling)
    return {
        Channel(scope=Scope.CITY, value=city).prefix
        for city, telling in shown.items()
        if telling.id in entries
    }


def _where(
    lead: Row[Any],
    tellings: Sequence[Row[Any]],
    topics: Iterable[str],
    languages: Collection[str],
) -> dict[str, Kind]:
    cities = {telling.city for telling in tellings if telling.city}
    return channels(
        lead.language, languages=languages, kind=lead.kind, cities=cities, topics=topics
    )


def channels(
    language: str | None,
    *,
    languages: Collection[str],
    kind: Kind,
    cities: Iterable[str],
    topics: Iterable[str],
) -> dict[str, Kind]:
    """Return the prefixes of the channels that a story is published in, each with its kind.

    ``languages`` are those that have channels of their own.
    """
    names = [Channel().prefix]
    if language is not None and language in languages:
        names.append(Channel(scope=Scope.LANGUAGE, value=language).prefix)
    names += [Channel(scope=Scope.CITY, value=city).prefix for city in cities]
    names += [Channel(scope=Scope.TOPIC, value=topic).prefix for topic in topics]
    return dict.fromkeys(names, kind)


def place(
    name: str, kind: Kind, *, story: int, public_id: str, recency: datetime
) -> dict[str, Any]:
    """Return the row of a story's place in the channel with this prefix."""
    return {
        "story_id": story,
        "channel": name,
        "kind": kind,
        "recency": recency,
        "public_id": public_id,
    }


def _bury(story: Row[Any], name: str, now: datetime) -> dict[str, Any]:
    return {
        "story_id": story.id,
        "channel": name,
        "at": now,
        "recency": story.recency,
        "public_id": story.public_id,
    }


def _story_values(story: Row[Any], lead: Row[Any] | None, *, now: datetime) -> dict[str, Any]:
    first = lead is not None and not story.published_once
    eligible_at = story.eligible_at
    if lead is not None and (first or (eligible_at is None and lead.owns_link)):
        # What was never to be mailed as another listed it may be as its own source brings it.
        eligible_at = lead.eligible_at
    return {
        "wanted": story.id,
        "new_lead": None if lead is None else lead.id,
        "new_updated": story.updated if lead is None else lead.updated,
        "new_changed_at": now,
        "new_eligible_at": eligible_at,
        "new_published_once": story.published_once or lead is not None,
    }


def write(tx: Tx, work: StoryWrites) -> None:
    """Write the places, tombstones, counts and marks of stories, and the stories themselves."""
    bulk.run(tx, _REMOVE, [{"story": story, "name": name} for story, name in work.removed])
    bulk.run(tx, _PLACE, work.placed)
    if work.raised:
        tx.execute(delete(TombstoneRow).where(TombstoneRow.story_id.in_(work.raised)))
    bulk.run(tx, _BURY, work.buried)
    bulk.run(tx, _UPDATE_STORY, work.stories)
    dirty_channels.mark(tx, work.dirty | months.count(tx, work.counts))


def chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield ``values`` in pieces of at most ``size``."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def grouped(rows: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
    """Return rows by their ``story_id``, in their order."""
    groups: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.story_id].append(row)
    return groups
