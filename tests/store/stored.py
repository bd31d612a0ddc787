"""Values in a store, naming only what matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from syndicator.model import (
    Answer,
    Changes,
    Channel,
    Declaration,
    Fetched,
    Kind,
    NewEntry,
    ParsedEntry,
    Source,
    Unchanged,
    Validators,
)
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import apply_changes, artefacts, claims, sources
from tests.builders import NOW, an_entry

LEASE = timedelta(minutes=5)
URL = "https://blogi.kauhajoki.fi/feed/"


def a_declaration(key: str = "kauhajoki", **changes: Any) -> Declaration:
    """Return a blog of the city of the same name."""
    changes.setdefault("url", f"https://blogi.{key}.fi/feed/")
    changes.setdefault("city", key)
    changes.setdefault("kind", Kind.BLOG)
    return Declaration(key=key, **changes)


def declare(tx: Tx, *declarations: Declaration, now: datetime = NOW) -> None:
    """Declare sources that are all due at ``now``."""
    sources.declare(tx, declarations, now=now, first_fetch=lambda _: now)


def a_stored_source(database: Database, key: str = "kauhajoki", **changes: Any) -> Source:
    """Return a source declared beside those that are there."""
    with database.write() as tx:
        others = [again(source) for source in sources.list_all(tx)]
        declare(tx, *others, a_declaration(key, **changes))
        found = sources.by_key(tx, key)
    assert found is not None
    return found


def again(source: Source) -> Declaration:
    """Return the declaration that a stored source has."""
    return Declaration(
        key=source.key,
        url=source.url,
        city=source.city,
        kind=source.kind,
        licence=source.licence,
        language=source.language,
        title=source.title,
    )


def claim(tx: Tx, source: Source, *, now: datetime = NOW, **changes: Any) -> Source:
    """Return the source claimed; it must be free and due."""
    claimed = claims.claim(tx, source.id, now=now, lease=LEASE, **changes)
    assert claimed is not None
    return claimed


def an_answer(url: str = URL, *, etag: str | None = '"1"', **changes: Any) -> Answer:
    """Return what an answer told, with a validator."""
    return Answer(url=url, validators=Validators(etag=etag), **changes)


def fetched(body: bytes = b"<rss/>", **changes: Any) -> Fetched:
    """Return new bytes."""
    changes.setdefault("answer", an_answer())
    return Fetched(body=body, body_hash=body.hex(), content_type="text/xml", **changes)


def unchanged(**changes: Any) -> Unchanged:
    """Return a 304."""
    changes.setdefault("answer", an_answer())
    return Unchanged(**changes)


def new(entry: ParsedEntry | None = None, *, recency: datetime = NOW, **changes: Any) -> NewEntry:
    """Return the decision to store an entry that may be mailed from its recency on."""
    changes.setdefault("eligible_at", recency)
    parsed = entry or an_entry()
    changes.setdefault("aliases", (parsed.raw_id,))
    return NewEntry(parsed=parsed, recency=recency, **changes)


def apply(
    database: Database,
    source: Source,
    *,
    now: datetime = NOW,
    topics: Sequence[str] = (),
    **changes: Any,
) -> None:
    """Write a decision in a transaction of its own."""
    with database.write() as tx:
        apply_changes.apply(tx, source, Changes(**changes), topics=lambda _: tuple(topics), now=now)


def unmark_all(database: Database) -> None:
    """Take every channel for made."""
    with database.write() as tx:
        for channel, mark in artefacts.dirty(tx).items():
            artefacts.save(tx, channel, (), mark=mark)


def marked(database: Database) -> set[Channel]:
    """Return the channels to be made anew, and take them for made."""
    with database.read() as tx:
        found = set(artefacts.dirty(tx))
    unmark_all(database)
    return found
