"""Values for tests, naming only what matters: ``an_entry(title="Uimahalli avattiin")``.

What is not named is plausible, distinct for distinct ids, and always the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syndicator.locales import Locales
from syndicator.model import (
    EntryState,
    IdKind,
    Kind,
    Known,
    KnownEntry,
    KnownStory,
    Licence,
    ParsedEntry,
    ParsedFeed,
    Source,
    SourceState,
)
from syndicator.parse.defaults import Defaults

LANGUAGES = ("fi", "sv", "en")
"""Those of the network that tests are about, in the order they are offered."""
ZONE = "Europe/Helsinki"
"""By whose clock it lives."""
HOME: Mapping[str, Any] = {"time_zone": ZONE, "languages": LANGUAGES}
"""What a database is told of it."""
DEFAULTS = Defaults(zone=ZoneInfo(ZONE), languages=LANGUAGES)
"""What is taken for granted of its feeds."""
LOCALES = Locales(first="fi")
"""Its words."""

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
"""A Tuesday morning in Helsinki, the moment of most tests."""

FIRST_SEEN = datetime(2026, 9, 1, tzinfo=UTC)


def ago(*, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
    """Return the moment so long before ``NOW``; negative lengths are ahead of it."""
    return NOW - timedelta(days=days, hours=hours, minutes=minutes)


def prose(subject: str, *, sentences: int = 8) -> str:
    """Return some text about the subject, the same for the same subject, unlike that of others."""
    seeds = (f"{subject} {at}".encode(errors="surrogatepass") for at in range(sentences * 6))
    words = (hashlib.sha256(seed).hexdigest()[:7] for seed in seeds)
    return f"{subject}: {' '.join(words)}."


def an_entry(raw_id: str = "https://blogi.kauhajoki.fi/?p=1", **changes: Any) -> ParsedEntry:
    """Return an entry as read. Its link, title, text and hash follow from its id unless named."""
    name = raw_id.rpartition("=")[2].rpartition("/")[2] or raw_id
    link = changes.setdefault("link", f"https://blogi.kauhajoki.fi/{name}")
    title = changes.setdefault("title", f"Kirjoitus {name}")
    text = changes.setdefault("text", prose(f"{title} {name}"))
    changes.setdefault("url", link)
    changes.setdefault("content_html", f"<p>{text}</p>")
    changes.setdefault("content_hash", hashlib.sha256(f"{title}|{text}".encode()).hexdigest())
    changes.setdefault("id_kind", IdKind.OWN)
    changes.setdefault("language", "fi")
    return ParsedEntry(raw_id=raw_id, **changes)


def edited(entry: ParsedEntry, **changes: Any) -> ParsedEntry:
    """Return the entry after its author changed it: what is named, and the hash that follows."""
    after = replace(entry, **changes)
    digest = hashlib.sha256(f"{after.title}|{after.text}".encode()).hexdigest()
    return replace(after, content_hash=changes.get("content_hash", digest))


def a_feed(*entries: ParsedEntry, **changes: Any) -> ParsedFeed:
    """Return a feed as read, well-formed and complete, with these entries in this order."""
    changes.setdefault("format", "rss20")
    changes.setdefault("title", "Kauhajoen blogi")
    changes.setdefault("home", "https://blogi.kauhajoki.fi/")
    changes.setdefault("language", "fi")
    return ParsedFeed(entries=entries, **changes)


def a_source(key: str = "kauhajoki", **changes: Any) -> Source:
    """Return an active blog source that was read before; ``first_seen=None`` for a new one."""
    changes.setdefault("id", 1)
    changes.setdefault("url", "https://blogi.kauhajoki.fi/feed/")
    changes.setdefault("city", "kauhajoki")
    changes.setdefault("kind", Kind.BLOG)
    changes.setdefault("licence", Licence.EXCERPT)
    changes.setdefault("state", SourceState.ACTIVE)
    changes.setdefault("first_seen", FIRST_SEEN)
    return Source(key=key, **changes)


def a_known(entry: ParsedEntry | None = None, *, id: int = 1, **changes: Any) -> KnownEntry:
    """Return what the store remembers of an entry it took from the last answer."""
    entry = entry if entry is not None else an_entry()
    changes.setdefault("story", 1000 + id)
    changes.setdefault("raw_ids", frozenset({entry.raw_id}))
    changes.setdefault("link", entry.link)
    changes.setdefault("title", entry.title)
    changes.setdefault("text", entry.text)
    changes.setdefault("content_hash", entry.content_hash)
    changes.setdefault("published", entry.published)
    changes.setdefault("recency", entry.published or FIRST_SEEN)
    changes.setdefault("first_seen", FIRST_SEEN)
    changes.setdefault("changed_at", FIRST_SEEN)
    changes.setdefault("state", EntryState.SHOWN)
    changes.setdefault("in_last_answer", True)
    return KnownEntry(id=id, **changes)


def known(entries: Iterable[ParsedEntry] = (), **changes: Any) -> Known:
    """Return what a store knows that took these from the last answer, numbered from 1."""
    stored = tuple(a_known(entry, id=at) for at, entry in enumerate(entries, 1))
    return Known(entries=stored, **changes)


def elsewhere(entry: ParsedEntry, *, story: int = 7, **changes: Any) -> KnownStory:
    """Return the entry as another source told it."""
    changes.setdefault("entry", story * 100)
    changes.setdefault("source", 2)
    changes.setdefault("first_seen", FIRST_SEEN)
    changes.setdefault("changed_at", FIRST_SEEN)
    return KnownStory(
        story=story,
        link=changes.pop("link", entry.link),
        title=changes.pop("title", entry.title),
        text=changes.pop("text", entry.text),
        language=entry.language,
        **changes,
    )
