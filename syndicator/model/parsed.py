"""A feed as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syndicator.model.source import Hints


class IdKind(StrEnum):
    """Where an entry's raw id comes from."""

    OWN = "own"
    LINK = "link"
    HASH = "hash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture of an entry. ``alt`` is what the source said; we never invent one."""

    url: str
    alt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something wrong in a feed that we could live with; the doctor tells the city.

    ``code`` is a constant word (``date_missing``), ``example`` a short piece of the evidence.
    """

    code: str
    example: str = ""
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedEntry:
    """One entry as read: cleaned, dated, in one language, with plain-text title and excerpt.

    ``raw_id`` is never empty and never resolved against anything. ``link`` is ``url`` normalised
    for comparison (scheme, www, trailing slash, tracking parameters). ``content_html`` is
    sanitised; ``text`` is it as plain text. ``content_hash`` covers all that readers see.
    ``translations`` are (language, url) pairs that the feed itself states.
    """

    raw_id: str
    id_kind: IdKind
    url: str | None
    link: str | None
    title: str
    excerpt: str = ""
    content_html: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    translations: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    rights: str | None = None
    content_hash: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedFeed:
    """A feed as read. ``entries`` keep the feed's order; raw ids are unique within it.

    ``complete`` is True for a well-formed document read to its end: only then may the absence of
    an entry mean that it was deleted.
    """

    format: str
    title: str = ""
    home: str | None = None
    feed_id: str | None = None
    language: str | None = None
    rights: str | None = None
    hub: str | None = None
    hints: Hints = Hints()
    complete: bool = True
    faults: tuple[Fault, ...] = ()
    entries: tuple[ParsedEntry, ...] = ()
