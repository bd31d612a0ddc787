"""Stories that begin with a new entry: nothing of them is stored, so nothing has to be read first.

Most stories begin so, and at the first sight of a source all of them; what ``stories.refresh``
finds out by reading is known here beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from syndicator.model import EntryState, Kind, Source
from syndicator.store.db import bulk
from syndicator.store.db.database import Tx
from syndicator.store.feeds import months, stories

_NEW_STORY = insert(stories.STORY)


def begin(
    tx: Tx,
    source: Source,
    entries: Sequence[Mapping[str, Any]],
    *,
    topics: Mapping[int, tuple[str, ...]],
    now: datetime,
) -> None:
    """Write the story of each entry, its places and the marks of what it is published in.

    The same rows as ``stories.refresh`` would leave once the entries are stored.

    Args:
        entries: rows of entries that are about to be written, in the same transaction; each is the
            only one of its story.
        topics: the topics of each entry, by its id.
    """
    if not entries:
        return
    rows = [_story(entry, now=now) for entry in entries]
    bulk.run(tx, _NEW_STORY, rows)
    work = stories.StoryWrites()
    for entry, story in zip(entries, rows, strict=True):
        if story["lead_id"] is not None:
            where = stories.channels(
                entry["language"],
                languages=tx.languages,
                kind=source.kind,
                cities=[source.city] if source.city else [],
                topics=topics[entry["id"]],
            )
            _publish(work, story, where=where, zone=tx.time_zone)
    stories.write(tx, work)


def _story(entry: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    shown = entry["state"] is EntryState.SHOWN
    return {
        "id": entry["story_id"],
        "public_id": str(uuid4()),
        "lead_id": entry["id"] if shown else None,
        "recency": entry["recency"],
        "updated": entry["updated"],
        "changed_at": now,
        "eligible_at": entry["eligible_at"],
        "published_once": shown,
    }


def _publish(
    work: stories.StoryWrites,
    story: Mapping[str, Any],
    *,
    where: Mapping[str, Kind],
    zone: ZoneInfo,
) -> None:
    recency = story["recency"]
    work.placed += [
        stories.place(name, kind, story=story["id"], public_id=story["public_id"], recency=recency)
        for name, kind in where.items()
    ]
    work.dirty |= set(months.documents(where, recency, zone))
    work.counts.update(stories.archived(where, months.month_of(recency, zone)))
