"""How every source is doing at this moment, and what of its posts waits for an editor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syndicator.model import EntryState, HeldBecause, Notice, Source
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.feeds import moderation, sources

MANY_HELD = 50
"""Held entries that are named one by one; of the others only their number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldEntry:
    """An entry kept back. ``source`` is the id of one of the sources beside it; ``title`` and
    ``language`` are for the editor, the public sees neither."""

    source: int
    title: str
    language: str | None
    because: HeldBecause
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How everything is doing at this moment.

    ``sources`` are all that are declared or registered, in any order and state; ``held`` are
    newest first, perhaps cut, with ``held_count`` the whole number of them.
    """

    sources: tuple[Source, ...]
    held: tuple[HeldEntry, ...] = ()
    held_count: int = 0
    notices: tuple[Notice, ...] = ()


def health(database: Database) -> Health:
    """Return how everything is, read anew at each call."""
    with database.read() as tx:
        every_source = sources.list_all(tx)
        ids = {source.key: source.id for source in every_source}
        return Health(
            sources=every_source,
            held=tuple(
                HeldEntry(
                    source=ids[entry.source],
                    title=entry.title,
                    language=entry.language,
                    because=entry.held or HeldBecause.BY_EDITOR,
                    since=entry.recency,
                )
                for entry in moderation.list_entries(tx, state=EntryState.HELD, limit=MANY_HELD)
            ),
            held_count=moderation.count_by_state(tx)[EntryState.HELD],
            notices=notices.list_all(tx),
        )
