"""The decision about one answer, written down: stories, entries, aliases, revisions, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, insert, select, union, update

from syndicator.model import (
    Alias,
    ChangedEntry,
    Changes,
    EntryState,
    Merge,
    NewEntry,
    ParsedEntry,
    Source,
    SourceState,
)
from syndicator.store import notices
from syndicator.store.db import bulk, row_ids
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import base_key_of, key_of, title_key_of
from syndicator.store.db.schema.incoming import EntryAlias, EntryRow, Revision, SourceRow, StoryRow
from syndicator.store.db.upsert import upsert
from syndicator.store.feeds import dirty_channels, entry_topics, new_stories, stories
from syndicator.store.feeds.stories import CHUNK, STORY, chunks

ENTRY = table_of(EntryRow)
TopicsOf = Callable[[ParsedEntry], tuple[str, ...]]

_NEW_ENTRY = insert(ENTRY)
_NEW_REVISION = insert(table_of(Revision))
_MERGED = select(StoryRow.id, StoryRow.merged_into).where(
    StoryRow.id.in_(bindparam("ids", expanding=True))
)
_NOW_STORED = select(
    EntryRow.id,
    EntryRow.story_id,
    EntryRow.updated,
    EntryRow.content_hash,
    EntryRow.title,
    EntryRow.excerpt,
    EntryRow.content_html,
).where(EntryRow.id.in_(bindparam("ids", expanding=True)))
_EDIT = (
    update(ENTRY)
    .where(EntryRow.id == bindparam("wanted"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "updated", "changed_at", "link_key", "title_key", "language", "published",
                "content_hash", "link", "url", "title", "details", "excerpt", "content_html",
                "text",
            )
        }
    )
)  # fmt: skip
_WATCHED = union(
    *(
        select(EntryRow.id, EntryRow.in_last_answer, EntryRow.missing).where(
            EntryRow.source_id == bindparam("source"), watched
        )
        for watched in (EntryRow.in_last_answer, EntryRow.missing > 0)
    )
)
_BY_IDS = EntryRow.id.in_(bindparam("ids", expanding=True))
_LEFT_ANSWER = update(ENTRY).where(_BY_IDS).values(in_last_answer=False)
_CAME = update(ENTRY).where(_BY_IDS).values(in_last_answer=True)
_DELETED = (
    update(ENTRY)
    .where(_BY_IDS, EntryRow.state == EntryState.SHOWN)
    # It is no longer looked for, so it is no longer missing.
    .values(state=EntryState.DELETED, missing=0)
    .returning(EntryRow.story_id)
)
_RETURNED = (
    update(ENTRY)
    .where(_BY_IDS, EntryRow.state == EntryState.DELETED)
    .values(state=EntryState.SHOWN)
    .returning(EntryRow.story_id)
)
_OWNS = (
    update(ENTRY).where(_BY_IDS).values(owns_link=bindparam("owns")).returning(EntryRow.story_id)
)
_NOT_MISSING = update(ENTRY).where(_BY_IDS).values(missing=0)
_MISSED = update(ENTRY).where(_BY_IDS).values(missing=EntryRow.missing + 1)


_ALIAS = upsert(
    table_of(EntryAlias),
    unique=["source_id", "raw_key"],
    changes=lambda new: {"entry_id": new.entry_id},
)


def apply(tx: Tx, source: Source, changes: Changes, *, topics: TopicsOf, now: datetime) -> None:
    """Write the decision about one answer of ``source``, and mark exactly what it touches.

    Args:
        topics: the topics of an entry as read.
    """
    if changes == Changes():
        return
    _guard_source(tx, source, changes)
    dirty_channels.lock_entries(tx)
    _remember_answer(tx, source, changes)
    retold = _insert(tx, source, changes.new, topics=topics, now=now)
    touched = _edit(tx, changes.changed, topics=topics, now=now)
    retold |= _move(tx, _DELETED, changes.deleted) | _move(tx, _RETURNED, changes.returned)
    add_aliases(tx, source.id, changes.aliases)
    touched |= _move(tx, _OWNS, changes.owning, owns=True)
    touched |= _move(tx, _OWNS, changes.disowning, owns=False)
    retold |= _merge(tx, changes.merged)
    edited = {changed.id for changed in changes.changed}
    stories.refresh(tx, touched | retold, now=now, edited=edited, retold=retold)
    for notice in changes.notices:
        notices.put(tx, notice)


def _guard_source(tx: Tx, source: Source, changes: Changes) -> None:
    values: dict[str, Any] = {}
    if changes.hold_source is not None:
        values |= {"state": SourceState.HELD, "held_because": changes.hold_source}
    if changes.id_mode is not None:
        values["id_mode"] = changes.id_mode
    if values:
        tx.execute(update(SourceRow).where(SourceRow.id == source.id).values(values))


def _insert(
    tx: Tx, source: Source, new: Sequence[NewEntry], *, topics: TopicsOf, now: datetime
) -> set[int]:
    """Store new entries and the stories that begin with them; return the stories they join."""
    if not new:
        return set()
    joined = _where_merged(tx, {entry.story for entry in new if entry.story is not None})
    ids = row_ids.take(tx, ENTRY, len(new))
    topics_of = {id_: topics(entry.parsed) for id_, entry in zip(ids, new, strict=True)}
    begun = iter(row_ids.take(tx, STORY, sum(entry.story is None for entry in new)))
    story_of = [next(begun) if entry.story is None else joined[entry.story] for entry in new]
    rows = [
        _new_row(source, entry, story=story, now=now) | {"id": id_}
        for id_, entry, story in zip(ids, new, story_of, strict=True)
    ]
    begins = [row for row, entry in zip(rows, new, strict=True) if entry.story is None]
    new_stories.begin(tx, source, begins, topics=topics_of, now=now)
    bulk.run(tx, _NEW_ENTRY, rows)
    pairs = zip(ids, new, strict=True)
    names = [Alias(entry=id_, raw_id=raw) for id_, entry in pairs for raw in entry.aliases]
    add_aliases(tx, source.id, names)
    entry_topics.add(tx, topics_of)
    return {story for story, entry in zip(story_of, new, strict=True) if entry.story is not None}


def _where_merged(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Return where each story lives today: itself, or the story it was merged into."""
    return {
        row.id: row.id if row.merged_into is None else row.merged_into
        for some in chunks(sorted(ids), CHUNK)
        for row in tx.execute(_MERGED, {"ids": some})
    }


def _merge(tx: Tx, merged: Sequence[Merge]) -> set[int]:
    """Make stories one; return both of each pair, those that go and those that stay."""
    both = {story for merge in merged for story in (merge.story, merge.into)}
    # Where another source's answer united them while this one was decided, they live elsewhere.
    lives = _where_merged(tx, both) if both else {}
    touched: set[int] = set()
    for merge in merged:
        story, into = lives[merge.story], lives[merge.into]
        if story != into:
            stories.unite(tx, story=story, into=into)
            lives = {id_: into if home == story else home for id_, home in lives.items()}
            touched |= {story, into}
    return touched


def _new_row(source: Source, entry: NewEntry, *, story: int, now: datetime) -> dict[str, Any]:
    return _text_of(entry.parsed) | {
        "source_id": source.id,
        "story_id": story,
        "state": EntryState.SHOWN if entry.held is None else EntryState.HELD,
        "held": entry.held,
        "in_last_answer": True,
        "missing": 0,
        "recency": entry.recency,
        "eligible_at": entry.eligible_at,
        "first_seen": now,
        "updated": min(entry.parsed.published or entry.recency, now),
        "changed_at": now,
        "owns_link": entry.owns_link,
    }


def _text_of(parsed: ParsedEntry) -> dict[str, Any]:
    return {
        "link_key": None if parsed.link is None else key_of(parsed.link),
        "title_key": title_key_of(parsed.title),
        "language": parsed.language,
        "published": parsed.published,
        "content_hash": parsed.content_hash,
        "link": parsed.link,
        "url": parsed.url,
        "title": parsed.title,
        "details": _details(parsed),
        "excerpt": parsed.excerpt,
        "content_html": parsed.content_html,
        "text": parsed.text,
    }


def _details(parsed: ParsedEntry) -> dict[str, Any]:
    image = parsed.image
    return {
        "authors": list(parsed.authors),
        "categories": list(parsed.categories),
        "translations": [list(pair) for pair in parsed.translations],
        "image": None if image is None else {"url": image.url, "alt": image.alt},
        "rights": parsed.rights,
    }


def _edit(tx: Tx, changed: Sequence[ChangedEntry], *, topics: TopicsOf, now: datetime) -> set[int]:
    """Keep what the entries said as revisions, write what they say now; return their stories."""
    wanted = {change.id: change.parsed for change in changed}
    if not wanted:
        return set()
    before = {
        row.id: row
        for some in chunks(sorted(wanted), CHUNK)
        for row in tx.execute(_NOW_STORED, {"ids": some})
    }
    bulk.run(
        tx,
        _NEW_REVISION,
        [
            {
                "entry_id": row.id,
                "at": now,
                "content_hash": row.content_hash,
                "title": row.title,
                "excerpt": row.excerpt,
                "content_html": row.content_html,
            }
            for row in before.values()
        ],
    )
    edits = [
        {f"new_{name}": value for name, value in _text_of(wanted[id_]).items()}
        | {
            "wanted": id_,
            "new_changed_at": now,
            "new_updated": _edited_at(wanted[id_], before=row.updated, now=now),
        }
        for id_, row in before.items()
    ]
    bulk.run(tx, _EDIT, edits)
    entry_topics.write(tx, {id_: topics(wanted[id_]) for id_ in before})
    return {row.story_id for row in before.values()}


def _edited_at(parsed: ParsedEntry, *, before: datetime, now: datetime) -> datetime:
    """Return when the edit was made: the feed's word where it can be true, else now."""
    stated = parsed.updated
    return stated if stated is not None and before < stated <= now else now


def add_aliases(tx: Tx, source_id: int, aliases: Iterable[Alias]) -> None:
    """Let raw ids of a source point to their entries from now on."""
    rows = [
        {
            "source_id": source_id,
            "raw_key": key_of(alias.raw_id),
            "base_key": base_key_of(alias.raw_id),
            "entry_id": alias.entry,
            "raw_id": alias.raw_id,
        }
        for alias in aliases
    ]
    bulk.run(tx, _ALIAS[tx.dialect], rows)


def _move(tx: Tx, statement: Executable, ids: Sequence[int], **values: bool) -> set[int]:
    """Move entries to another state; return the stories of those that were moved."""
    return {
        story
        for some in chunks(ids, CHUNK)
        for story in tx.execute(statement, {"ids": some, **values}).scalars()
    }


def _remember_answer(tx: Tx, source: Source, changes: Changes) -> None:
    """Remember which stored entries the answer held, which it lacked, and how often in a row."""
    here = {*changes.present, *changes.returned, *(change.id for change in changes.changed)}
    missed = set(changes.missed)
    watched = tx.execute(_WATCHED, {"source": source.id}).all()
    held = {row.id for row in watched if row.in_last_answer}
    counted = {row.id for row in watched if row.missing}
    left, no_longer_missing = held - here, counted - missed
    if not changes.whole or not (here or changes.new):
        # Cut short, or emptied: no news of what it does not hold.
        left, no_longer_missing = held & missed, counted & here
    for statement, ids in (
        (_LEFT_ANSWER, left),
        (_CAME, here - held),
        (_NOT_MISSING, no_longer_missing),
        (_MISSED, missed),
    ):
        for some in chunks(sorted(ids), CHUNK):
            tx.execute(statement, {"ids": some})
