"""What the store knows that bears on one answer of one source, loaded by index and bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Executable, bindparam, func, literal_column, select, union
from sqlalchemy.engine import Row

from syndicator.model import (
    Known,
    KnownEntry,
    KnownStory,
    ParsedEntry,
    ParsedFeed,
    Source,
)
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import (
    alias_block,
    base_key_of,
    hash_block,
    key_of,
    link_block,
    title_key_of,
)
from syndicator.store.db.schema.incoming import EntryAlias, EntryRow, Takedown
from syndicator.store.feeds.stories import CHUNK, chunks

ELSEWHERE = 200
"""Most entries of other sources that one answer is compared with, newest first."""

SINCE = 2_000
"""Most entries within an answer's date window that are looked at, newest first: one date of 1970
in a feed must not load all that its source ever said."""

_OURS = EntryRow.source_id == bindparam("source")
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_BY_ALIAS = select(EntryAlias.entry_id).where(
    EntryAlias.source_id == bindparam("source"), EntryAlias.base_key.in_(_KEYS)
)
# Plus nothing, so that SQLite goes by the keys and not through all that the source ever said.
_OURS_AMONG = EntryRow.source_id + literal_column("0") == bindparam("source")
_BY_LINK = select(EntryRow.id).where(_OURS_AMONG, EntryRow.link_key.in_(_KEYS))
_BY_TITLE = select(EntryRow.id).where(_OURS_AMONG, EntryRow.title_key.in_(_KEYS))
_MISSING = select(EntryRow.id).where(_OURS, EntryRow.missing > 0)
_LACKING = (
    select(EntryRow.source_id).where(EntryRow.source_id.in_(_KEYS), EntryRow.missing > 0).distinct()
)
_WATCHED = union(_MISSING, select(EntryRow.id).where(_OURS, EntryRow.in_last_answer))
_SINCE = (
    select(EntryRow.id)
    .where(_OURS, EntryRow.published >= bindparam("since"))
    .order_by(EntryRow.published.desc())
    .limit(SINCE)
)
_NEWEST = select(EntryRow.id).where(_OURS).order_by(EntryRow.recency.desc()).limit(1)
_ENTRIES = select(
    EntryRow.id,
    EntryRow.story_id,
    EntryRow.link,
    EntryRow.title,
    EntryRow.text,
    EntryRow.content_hash,
    EntryRow.published,
    EntryRow.recency,
    EntryRow.first_seen,
    EntryRow.changed_at,
    EntryRow.state,
    EntryRow.in_last_answer,
    EntryRow.missing,
    EntryRow.owns_link,
).where(EntryRow.id.in_(bindparam("ids", expanding=True)))
_ALIASES = select(EntryAlias.entry_id, EntryAlias.raw_key, EntryAlias.raw_id).where(
    EntryAlias.entry_id.in_(bindparam("ids", expanding=True))
)
_SOURCES_OF = select(EntryRow.story_id, EntryRow.source_id).where(
    EntryRow.story_id.in_(bindparam("ids", expanding=True))
)
_ANY_TAKEN_DOWN = select(func.min(Takedown.key))
_TAKEN_DOWN = select(Takedown.key).where(Takedown.key.in_(_KEYS))
_ELSEWHERE = (
    select(
        EntryRow.story_id,
        EntryRow.id,
        EntryRow.source_id,
        EntryRow.link,
        EntryRow.title,
        EntryRow.text,
        EntryRow.language,
        EntryRow.first_seen,
        EntryRow.changed_at,
        EntryRow.state,
        EntryRow.eligible_at,
    )
    .where(EntryRow.source_id != bindparam("source"))
    .order_by(EntryRow.recency.desc(), EntryRow.id)
    .limit(ELSEWHERE)
)
_ELSEWHERE_BY_LINK = _ELSEWHERE.where(EntryRow.link_key.in_(_KEYS))
_ELSEWHERE_BY_TITLE = _ELSEWHERE.where(EntryRow.title_key.in_(_KEYS))


def load_known(tx: Tx, source: Source, parsed: ParsedFeed) -> Known:
    """Return what is stored of this source that the answer may speak of, and of others the same.

    As ``model.Known`` says, by id. Of entries of others, at most ``ELSEWHERE`` for each way of
    finding them, newest first; within the date window at most ``SINCE``.
    """
    entries = parsed.entries
    links = sorted({key_of(entry.link) for entry in entries if entry.link is not None})
    titles = sorted({title_key_of(entry.title) for entry in entries})
    ids = set(tx.execute(_NEWEST, {"source": source.id}).scalars())
    if ids:
        ids |= set(tx.execute(_WATCHED, {"source": source.id}).scalars())
        bases = sorted({base_key_of(entry.raw_id) for entry in entries})
        for statement, keys in ((_BY_ALIAS, bases), (_BY_LINK, links), (_BY_TITLE, titles)):
            ids |= {row[0] for row in _by_keys(tx, statement, source, keys)}
        dates = [entry.published for entry in entries if entry.published is not None]
        if dates:
            ids |= set(tx.execute(_SINCE, {"source": source.id, "since": min(dates)}).scalars())
    ours = _entries(tx, sorted(ids), spelt={key_of(e.raw_id): e.raw_id for e in entries})
    theirs = _elsewhere(tx, source, links=links, titles=titles)
    return Known(
        entries=ours,
        elsewhere=theirs,
        tellers=_sources_of(tx, ours, theirs) if theirs else {},
        taken_down=_taken_down(tx, source, entries),
    )


def load_missing(tx: Tx, source: Source) -> Known:
    """Return only the entries that the last answers lacked: all that an unchanged one bears on."""
    ids = list(tx.execute(_MISSING, {"source": source.id}).scalars())
    return Known(entries=_entries(tx, sorted(ids), spelt={})) if ids else Known()


def sources_with_missing(tx: Tx, source_ids: Sequence[int]) -> frozenset[int]:
    """Return those of the sources of which ``load_missing`` would return any entry."""
    return frozenset(
        source
        for some in chunks(source_ids, CHUNK)
        for source in tx.execute(_LACKING, {"keys": some}).scalars()
    )


def _by_keys(
    tx: Tx, statement: Executable, source: Source, keys: Sequence[int]
) -> Iterable[Row[Any]]:
    for some in chunks(keys, CHUNK):
        yield from tx.execute(statement, {"source": source.id, "keys": some})


def _entries(tx: Tx, ids: Sequence[int], *, spelt: dict[int, str]) -> tuple[KnownEntry, ...]:
    raw_ids: defaultdict[int, set[str]] = defaultdict(set)
    rows: list[Row[Any]] = []
    for some in chunks(ids, CHUNK):
        rows += tx.execute(_ENTRIES, {"ids": some})
        for alias in tx.execute(_ALIASES, {"ids": some}):
            # The id as the feed spells it, should the store have had to replace a character.
            raw_ids[alias.entry_id].add(spelt.get(alias.raw_key, alias.raw_id))
    return tuple(_entry(row, frozenset(raw_ids[row.id])) for row in sorted(rows))


def _entry(row: Row[Any], raw_ids: frozenset[str]) -> KnownEntry:
    return KnownEntry(
        id=row.id,
        story=row.story_id,
        raw_ids=raw_ids,
        link=row.link,
        title=row.title,
        text=row.text,
        content_hash=row.content_hash,
        published=row.published,
        recency=row.recency,
        first_seen=row.first_seen,
        changed_at=row.changed_at,
        state=row.state,
        in_last_answer=row.in_last_answer,
        missing=row.missing,
        owns_link=row.owns_link,
    )


def _elsewhere(
    tx: Tx, source: Source, *, links: Sequence[int], titles: Sequence[int]
) -> tuple[KnownStory, ...]:
    rows = {
        row.id: row
        for statement, keys in ((_ELSEWHERE_BY_LINK, links), (_ELSEWHERE_BY_TITLE, titles))
        for row in _by_keys(tx, statement, source, keys)
    }
    return tuple(
        KnownStory(
            story=row.story_id,
            entry=row.id,
            source=row.source_id,
            link=row.link,
            title=row.title,
            text=row.text,
            language=row.language,
            first_seen=row.first_seen,
            changed_at=row.changed_at,
            state=row.state,
            eligible_at=row.eligible_at,
        )
        for _, row in sorted(rows.items())
    )


def _sources_of(
    tx: Tx, ours: Iterable[KnownEntry], theirs: Iterable[KnownStory]
) -> dict[int, frozenset[int]]:
    sources: defaultdict[int, set[int]] = defaultdict(set)
    stories = {entry.story for entry in ours} | {entry.story for entry in theirs}
    for some in chunks(sorted(stories), CHUNK):
        for row in tx.execute(_SOURCES_OF, {"ids": some}):
            sources[row.story_id].add(row.source_id)
    return {story: frozenset(tellers) for story, tellers in sources.items()}


def _taken_down(tx: Tx, source: Source, entries: Sequence[ParsedEntry]) -> frozenset[str]:
    if tx.execute(_ANY_TAKEN_DOWN).scalar() is None:
        return frozenset()
    words: dict[int, str] = {}
    for entry in entries:
        words[alias_block(source.id, entry.raw_id)] = entry.raw_id
        if entry.link is not None:
            words[link_block(entry.link)] = entry.link
        if entry.content_hash:
            words[hash_block(entry.content_hash)] = entry.content_hash
    blocked = (
        key
        for some in chunks(sorted(words), CHUNK)
        for key in tx.execute(_TAKEN_DOWN, {"keys": some}).scalars()
    )
    return frozenset(words[key] for key in blocked)
