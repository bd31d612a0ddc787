"""What an editor does to entries: keep back, release, take down, let come back, look through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from syndicator.model import EntryState, HeldBecause
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import alias_block, hash_block, link_block
from syndicator.store.db.schema.incoming import (
    EntryAlias,
    EntryRow,
    EntryTopic,
    Revision,
    SourceRow,
    StoryRow,
    Takedown,
)
from syndicator.store.feeds import dirty_channels, sources, stories

ENTRY = table_of(EntryRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class EntrySummary:
    """An entry in an editor's list."""

    id: int
    public_id: str
    source: str
    city: str | None
    state: EntryState
    held: HeldBecause | None
    title: str
    url: str | None
    language: str | None
    recency: datetime
    eligible_at: datetime | None


def list_entries(
    tx: Tx,
    *,
    state: EntryState | None = None,
    source: str | None = None,
    limit: int = 50,
    skip: int = 0,
) -> tuple[EntrySummary, ...]:
    """Return entries, newest first by their place, after the first ``skip``."""
    query = (
        select(EntryRow, StoryRow.public_id, SourceRow.key, SourceRow.city)
        .with_only_columns(
            EntryRow.id,
            EntryRow.state,
            EntryRow.held,
            EntryRow.title,
            EntryRow.url,
            EntryRow.language,
            EntryRow.recency,
            EntryRow.eligible_at,
            StoryRow.public_id,
            SourceRow.key,
            SourceRow.city,
        )
        .join(StoryRow, StoryRow.id == EntryRow.story_id)
        .join(SourceRow, SourceRow.id == EntryRow.source_id)
        .order_by(EntryRow.recency.desc(), EntryRow.id.desc())
        .limit(limit)
        .offset(skip)
    )
    if state is not None:
        # Spelt out in the statement, or the index of those not shown would not be seen to fit.
        query = query.where(EntryRow.state == bindparam("state", state, literal_execute=True))
        if state is not EntryState.SHOWN:
            query = query.where(EntryRow.state != literal_column("'shown'"))
    if source is not None:
        wanted = sources.by_key(tx, source)
        query = query.where(EntryRow.source_id == (None if wanted is None else wanted.id))
    return tuple(_listed(row) for row in tx.execute(query))


def _listed(row: Any) -> EntrySummary:
    return EntrySummary(
        id=row.id,
        public_id=row.public_id,
        source=row.key,
        city=row.city,
        state=row.state,
        held=row.held,
        title=row.title,
        url=row.url,
        language=row.language,
        recency=row.recency,
        eligible_at=row.eligible_at,
    )


def count_by_state(tx: Tx) -> Mapping[EntryState, int]:
    """Return how many entries stand in each state; states with none are 0."""
    everything = tx.execute(select(func.count()).select_from(ENTRY)).scalar_one()
    # The few that are not shown have an index; to count the others by state would read them all.
    kept = {
        row.state: int(row.number)
        for row in tx.execute(
            select(EntryRow.state, func.count().label("number"))
            .where(EntryRow.state != literal_column("'shown'"))
            .group_by(EntryRow.state)
        )
    }
    shown = int(everything) - sum(kept.values())
    return {state: kept.get(state, 0) for state in EntryState} | {EntryState.SHOWN: shown}


def hold(tx: Tx, entry_id: int, *, now: datetime) -> bool:
    """Keep a shown entry back until it is released. False if it was not shown."""
    return _move(
        tx,
        entry_id,
        was=EntryState.SHOWN,
        values={"state": EntryState.HELD, "held": HeldBecause.BY_EDITOR},
        now=now,
    )


def release(tx: Tx, entry_id: int, *, now: datetime) -> bool:
    """Show a held entry, which may be mailed from ``now`` on. False if it was not held."""
    values = {"state": EntryState.SHOWN, "held": None, "eligible_at": now}
    dirty_channels.lock_entries(tx)
    entry = _entry(tx, entry_id)
    if entry is None or entry.state != EntryState.HELD:
        return False
    # A story that another source tells meanwhile keeps its moment: it may have been mailed.
    tx.execute(
        update(StoryRow)
        .where(StoryRow.id == entry.story_id, StoryRow.lead_id.is_(None))
        .values(eligible_at=now)
    )
    return _move(tx, entry_id, was=EntryState.HELD, values=values, now=now)


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenDownEntry:
    """An entry that was taken down, by what issues know of it."""

    story_id: int
    source_id: int


def hide(tx: Tx, entry_id: int, *, now: datetime) -> TakenDownEntry | None:
    """Take an entry down for good: its texts are purged and it may not come back.

    What stays is its address and title, for the editor's list, and keys of its ids, link and
    text, by which it is refused when a feed brings it again. ``None`` if there is no such entry.
    Issues that told of it are ``issues.redactions``' to mend.
    """
    dirty_channels.lock_entries(tx)
    entry = _entry(tx, entry_id)
    if entry is None or entry.state == EntryState.HIDDEN:
        return None
    _block(tx, entry, now=now)
    tx.execute(delete(Revision).where(Revision.entry_id == entry.id))
    tx.execute(delete(EntryTopic).where(EntryTopic.entry_id == entry.id))
    _move(tx, entry_id, was=entry.state, values=_EMPTY | {"state": EntryState.HIDDEN}, now=now)
    return TakenDownEntry(story_id=entry.story_id, source_id=entry.source_id)


_EMPTY: dict[str, Any] = {
    "held": None,
    "eligible_at": None,
    "content_hash": "",
    "excerpt": "",
    "content_html": "",
    "text": "",
    "details": {},
}


def show(tx: Tx, entry_id: int, *, now: datetime) -> bool:
    """Let a hidden entry come back: with the next answer of its source that holds it.

    Its texts were purged, so until then it counts as deleted; the source is read anew even if it
    did not change. False if it was not hidden.
    """
    entry = _entry(tx, entry_id)
    if entry is None or entry.state != EntryState.HIDDEN:
        return False
    sources.forget(tx, entry.source_id)
    dirty_channels.lock_entries(tx)
    tx.execute(delete(Takedown).where(Takedown.entry_id == entry_id))
    return _move(
        tx,
        entry_id,
        was=EntryState.HIDDEN,
        values={"state": EntryState.DELETED, "missing": 0},
        now=now,
    )


def _entry(tx: Tx, entry_id: int) -> Any:
    return tx.execute(
        select(
            EntryRow.id,
            EntryRow.source_id,
            EntryRow.story_id,
            EntryRow.state,
            EntryRow.link,
            EntryRow.content_hash,
        ).where(EntryRow.id == entry_id)
    ).one_or_none()


def _move(tx: Tx, entry_id: int, *, was: EntryState, values: dict[str, Any], now: datetime) -> bool:
    dirty_channels.lock_entries(tx)
    story = tx.execute(
        update(ENTRY)
        .where(EntryRow.id == entry_id, EntryRow.state == was)
        .values(changed_at=now, **values)
        .returning(EntryRow.story_id)
    ).scalar_one_or_none()
    if story is None:
        return False
    stories.refresh(tx, [story], now=now, retold=[story])
    return True


def _block(tx: Tx, entry: Any, *, now: datetime) -> None:
    raw_ids = tx.execute(select(EntryAlias.raw_id).where(EntryAlias.entry_id == entry.id)).scalars()
    keys = {alias_block(entry.source_id, raw_id) for raw_id in raw_ids}
    if entry.link is not None:
        keys.add(link_block(entry.link))
    hashes = tx.execute(
        select(Revision.content_hash).where(Revision.entry_id == entry.id)
    ).scalars()
    keys |= {hash_block(hash_) for hash_ in (entry.content_hash, *hashes) if hash_}
    held = set(tx.execute(select(Takedown.key).where(Takedown.key.in_(keys))).scalars())
    rows = [{"key": key, "entry_id": entry.id, "at": now} for key in sorted(keys - held)]
    if rows:
        tx.execute(insert(table_of(Takedown)), rows)
