"""A feed as it came: strings out of the document, nothing believed, nothing cleaned.

Both readers (``feed`` for XML, ``jsonfeed``) give these values and ``entries`` turns them into
what travels on. They never leave this stage.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RawText:
    """A piece of text and whether its author meant it as HTML. ``base`` is the xml:base in force,
    possibly relative; ``language`` the xml:lang."""

    value: str
    is_html: bool
    base: str = ""
    language: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RawLink:
    """A link element: where to, in what relation, of which media type and language."""

    href: str
    rel: str = "alternate"
    type: str = ""
    hreflang: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RawEntry:
    """One item or entry. ``id`` is the guid, atom:id or rdf:about exactly as written, or empty.

    ``original_link`` is where a redirecting service says the post really is. ``summary`` and
    ``content`` are ``None`` when the feed has no such element. Dates are the strings of the feed,
    ``images`` the addresses of the pictures it names, the likeliest first.
    """

    id: str = ""
    link: str = ""
    original_link: str = ""
    links: tuple[RawLink, ...] = ()
    title: RawText | None = None
    summary: RawText | None = None
    content: RawText | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None
    language: str | None = None
    rights: str | None = None
    images: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFeed:
    """A document as read. ``well_formed`` is False when a repair was needed to read it; ``flaw``
    then says what the XML or JSON reader stumbled over."""

    format: str
    title: RawText | None = None
    home: str = ""
    id: str = ""
    language: str | None = None
    rights: str | None = None
    links: tuple[RawLink, ...] = ()
    ttl: str | None = None
    update_period: str | None = None
    update_frequency: str | None = None
    skip_hours: tuple[str, ...] = ()
    skip_days: tuple[str, ...] = ()
    well_formed: bool = True
    flaw: str = ""
    entries: tuple[RawEntry, ...] = ()
