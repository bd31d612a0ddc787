"""Which topics an entry belongs to: written with it, and anew when the topics change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, insert, select

from syndicator.store.db import bulk
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import EntryRow, EntryTopic, SourceRow
from syndicator.store.feeds import dirty_channels, stories
from syndicator.store.feeds.stories import CHUNK, chunks

_ADD = insert(table_of(EntryTopic))


class TopicsOf(Protocol):
    """Says which topics a text belongs to."""

    def __call__(
        self, title: str, *, text: str, categories: tuple[str, ...], source_key: str
    ) -> tuple[str, ...]:
        """Return the slugs of its topics."""


def write(tx: Tx, topics_of: Mapping[int, tuple[str, ...]]) -> None:
    """Let each entry belong to exactly these topics."""
    for some in chunks(sorted(topics_of), CHUNK):
        tx.execute(delete(EntryTopic).where(EntryTopic.entry_id.in_(some)))
    add(tx, topics_of)


def add(tx: Tx, topics_of: Mapping[int, tuple[str, ...]]) -> None:
    """Let each entry, which belongs to no topic yet, belong to these."""
    rows = [
        {"entry_id": entry, "topic": topic}
        for entry, topics in topics_of.items()
        for topic in dict.fromkeys(topics)
    ]
    bulk.run(tx, _ADD, rows)


def retopic(
    tx: Tx, *, topics: TopicsOf, now: datetime, after: int = 0, limit: int = CHUNK
) -> int | None:
    """Ask again which topics the next ``limit`` entries belong to, and mark what that changes.

    For the day the configuration names other topics. Call it, each time in a transaction of its
    own, with what it returned until it returns ``None``.

    Args:
        after: the last entry done; 0 to begin.
    """
    dirty_channels.lock_entries(tx)
    rows = tx.execute(
        select(
            EntryRow.id,
            EntryRow.story_id,
            EntryRow.title,
            EntryRow.text,
            EntryRow.details,
            SourceRow.key,
        )
        .join(SourceRow, SourceRow.id == EntryRow.source_id)
        .where(EntryRow.id > after)
        .order_by(EntryRow.id)
        .limit(limit)
    ).all()
    if not rows:
        return None
    held: dict[int, set[str]] = {row.id: set() for row in rows}
    in_order = select(EntryTopic.entry_id, EntryTopic.topic).where(
        EntryTopic.entry_id > after, EntryTopic.entry_id <= rows[-1].id
    )
    for row in tx.execute(in_order):
        held[row.entry_id].add(row.topic)
    wanted = {
        row.id: topics(
            row.title,
            text=row.text,
            categories=tuple(row.details.get("categories", ())),
            source_key=row.key,
        )
        for row in rows
    }
    changed = {entry: slugs for entry, slugs in wanted.items() if set(slugs) != held[entry]}
    write(tx, changed)
    stories.refresh(tx, [row.story_id for row in rows if row.id in changed], now=now)
    return int(rows[-1].id)
