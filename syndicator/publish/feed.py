"""RSS 2.0 and Atom of an edition, in bytes: the only door to feedgen.

feedgen leaves out or spoils part of what a good feed needs, so its two classes are subclassed: the
entry writes its own links, source and language, the frame its own dates, hub and archive links.
"""

from __future__ import annotations

from html import escape
from typing import Any

from feedgen.entry import FeedEntry  # type: ignore[import-untyped]
from feedgen.ext.base import BaseExtension  # type: ignore[import-untyped]
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]
from lxml import etree

from syndicator.model import Channel, Edition, Scope, Tombstone
from syndicator.publish.feed_item import Item, Items, LeftOut, Rendered, SourceItem, items_of
from syndicator.publish.feed_text import legal, line, rfc822, rfc3339, uri
from syndicator.publish.masthead import Form, Masthead, path_of

STYLESHEET = "feed.xsl"
"""Path of the face that browsers give a feed."""

TTL_MINUTES = 60

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Link = dict[str, str]


def to_rss(edition: Edition, *, masthead: Masthead) -> Rendered:
    """Return the edition as RSS 2.0, and the posts that could not be in it."""
    return rss_of(edition, items_of(edition, masthead=masthead), masthead=masthead)


def to_atom(edition: Edition, *, masthead: Masthead) -> Rendered:
    """Return the edition as Atom 1.0, and the posts that could not be in it."""
    return atom_of(edition, items_of(edition, masthead=masthead), masthead=masthead)


def rss_of(edition: Edition, items: Items, *, masthead: Masthead) -> Rendered:
    """Return RSS 2.0 of items already made from the edition."""
    frame = _Frame(edition, masthead=masthead, form=Form.RSS)
    left_out = frame.take(items)
    return Rendered(body=frame.rss_str(pretty=True), left_out=left_out)


def atom_of(edition: Edition, items: Items, *, masthead: Masthead) -> Rendered:
    """Return Atom 1.0 of items already made from the edition, its tombstones before the entries."""
    frame = _Frame(edition, masthead=masthead, form=Form.ATOM)
    left_out = frame.take(items)
    return Rendered(body=frame.atom_str(pretty=True), left_out=left_out)


def archive_links(channel: Channel, months: tuple[str, ...], *, form: Form) -> tuple[Link, ...]:
    """Return the links from a document to its neighbours in the archive, as (rel, path).

    Only the whole and the languages have archives. ``months`` are newest first. The current
    document points to the newest archive; an archive to its neighbours and the current one.

    Source: RFC 5005 4.
    """
    if channel.scope not in (Scope.WHOLE, Scope.LANGUAGE):
        return ()
    links: list[Link] = []

    def add(rel: str, month: str | None) -> None:
        there = Channel(scope=channel.scope, value=channel.value, month=month)
        links.append({"rel": rel, "href": path_of(there, form)})

    older, newer = _neighbours(channel.month, months)
    if channel.month is not None:
        add("current", None)
    if older is not None:
        add("prev-archive", older)
    if newer is not None:
        add("next-archive", newer)
    return tuple(links)


def _neighbours(month: str | None, months: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return the next older and the next newer month; ``None`` stands for now."""
    older = max((other for other in months if month is None or other < month), default=None)
    newer = min((other for other in months if month is not None and other > month), default=None)
    return older, newer


class _Namespaces(BaseExtension):  # type: ignore[misc]
    """Declares our namespaces once, at the root: the one thing feedgen lets an extension do."""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC, "fh": _HISTORY, "at": _TOMBSTONES}


class _Entry(FeedEntry):  # type: ignore[misc]
    """One item as feedgen's entry, with what feedgen 1.0.0 drops put back."""

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item
        self.id(item.id)
        self.title(item.title)
        self.link(href=item.url, rel="alternate")
        self.updated(item.updated)
        if item.content_html:
            self.content(item.content_html, type="html")
        if item.summary:
            self.summary(item.summary)
        for category in item.categories:
            self.category(term=category)

    def atom_entry(self, extensions: bool = True) -> etree._Element:
        entry: etree._Element = super().atom_entry(extensions)
        item = self._item
        _set_language(entry, item.language)
        _set_text(entry, "updated", rfc3339(item.updated))
        _sub(entry, "published", rfc3339(item.published))
        _replace_links(entry, _entry_links(item))
        for name in item.authors or (item.source.title,):
            _sub(_sub(entry, "author"), "name", name)
        if item.rights:
            _sub(entry, "rights", item.rights)
        entry.append(_atom_source(item.source))
        return entry

    def rss_entry(self, extensions: bool = True) -> etree._Element:
        entry: etree._Element = super().rss_entry(extensions)
        item = self._item
        _set_language(entry, item.language)
        if item.summary:
            # RSS readers take a description for HTML; ours is plain text.
            _set_text(entry, "description", escape(item.summary, quote=False))
        for name in item.authors or (item.source.title,):
            _sub(entry, f"{{{_DC}}}creator", name)
        _sub(entry, "pubDate", rfc822(item.published))
        if item.rights:
            _sub(entry, f"{{{_DC}}}rights", item.rights)
        _sub(entry, "source", item.source.title, url=item.source.feed_url)
        return entry


class _Frame(FeedGenerator):  # type: ignore[misc]
    """The head of a document as feedgen's generator, with dates, links and marks of our own."""

    def __init__(self, edition: Edition, *, masthead: Masthead, form: Form) -> None:
        super().__init__()
        self._edition, self._masthead, self._form = edition, masthead, form
        channel = edition.channel
        self.register_extension("ours", _Namespaces, None)
        self.id(masthead.channel_id(channel))
        self.title(line(masthead.channel_title(channel)))
        self.subtitle(line(masthead.description(channel)))
        self.description(line(masthead.description(channel)))
        self.language(_feed_language(masthead.language(channel)))
        self.updated(edition.updated)
        self.generator(masthead.generator)
        self.ttl(TTL_MINUTES)
        # feedgen would format this date by switching the locale of the whole process, under the
        # feet of other threads; with none set it writes none, and we write ours below.
        self._FeedGenerator__rss_lastBuildDate = None
        self.link([dict(link) for link in self._links()])
        self._FeedGenerator__rss_link = masthead.page_url(channel)

    def take(self, items: Items) -> tuple[LeftOut, ...]:
        """Add every item that can be written; return those left out, earlier ones included."""
        left_out = list(items.left_out)
        for item in items.items:
            try:
                entry = _Entry(item)
                entry.rss_entry() if self._form is Form.RSS else entry.atom_entry()
            except ValueError as error:
                left_out.append(LeftOut(public_id=item.public_id, reason=str(error)))
            else:
                self.add_entry(entry, order="append")
        return tuple(left_out)

    def _links(self) -> tuple[Link, ...]:
        masthead, channel = self._masthead, self._edition.channel
        kind = self._form.media_type
        here = masthead.url(path_of(channel, self._form))
        links: list[Link] = [{"rel": "self", "href": here, "type": kind}]
        links.append({"rel": "alternate", "href": masthead.page_url(channel), "type": "text/html"})
        for link in archive_links(channel, self._edition.months, form=self._form):
            links.append({**link, "href": masthead.url(link["href"]), "type": kind})
        if masthead.hub and channel.month is None:
            links.append({"rel": "hub", "href": masthead.hub})
        return tuple(links)

    def _create_atom(self, extensions: bool = True) -> tuple[Any, Any]:
        feed, document = super()._create_atom(extensions)
        feed.set(_LANG, self._masthead.language(self._edition.channel))
        _set_text(feed, "updated", rfc3339(self._edition.updated))
        extras = [self._author()]
        if self._edition.channel.month is not None:
            extras.append(etree.Element(f"{{{_HISTORY}}}archive"))
        extras.extend(self._deleted(stone) for stone in self._edition.tombstones)
        _insert_before(feed, "entry", extras)
        _point_to_stylesheet(feed, self._masthead.url(STYLESHEET))
        return feed, document

    def _create_rss(self, extensions: bool = True) -> tuple[Any, Any]:
        root, document = super()._create_rss(extensions)
        channel = root[0]
        built = etree.Element("lastBuildDate")
        built.text = rfc822(self._edition.updated)
        extras = [built]
        for link in self._links():
            if link["rel"] not in ("self", "alternate"):
                extras.append(etree.Element(f"{{{_ATOM}}}link", link))
        if self._edition.channel.month is not None:
            extras.append(etree.Element(f"{{{_HISTORY}}}archive"))
        _insert_before(channel, "item", extras)
        _point_to_stylesheet(root, self._masthead.url(STYLESHEET))
        return root, document

    def _author(self) -> etree._Element:
        author = etree.Element("author")
        _sub(author, "name", line(self._masthead.organisation) or "–")
        _sub(author, "uri", uri(self._masthead.contact_url) or self._masthead.url())
        return author

    def _deleted(self, stone: Tombstone) -> etree._Element:
        element = etree.Element(f"{{{_TOMBSTONES}}}deleted-entry")
        element.set("ref", self._masthead.story_id(stone.public_id))
        element.set("when", rfc3339(stone.at))
        return element


def _entry_links(item: Item) -> tuple[Link, ...]:
    main: Link = {"rel": "alternate", "type": "text/html", "href": item.url}
    if item.language:
        main["hreflang"] = item.language
    others = tuple(
        {"rel": "alternate", "type": "text/html", "href": address, "hreflang": language}
        for language, address in item.translations
    )
    return (main, *others)


def _replace_links(entry: etree._Element, links: tuple[Link, ...]) -> None:
    for old in entry.findall("link"):
        entry.remove(old)
    for link in links:
        etree.SubElement(entry, "link", link)


def _atom_source(source: SourceItem) -> etree._Element:
    element = etree.Element("source")
    _sub(element, "id", source.id)
    _sub(element, "title", source.title)
    _sub(element, "updated", rfc3339(source.updated))
    _sub(element, "link", rel="self", href=source.feed_url)
    _sub(element, "link", rel="alternate", href=source.home, type="text/html")
    return element


def _sub(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> Any:
    element = etree.SubElement(parent, name, attributes)
    element.text = text
    return element


def _set_text(parent: etree._Element, name: str, text: str) -> None:
    element = parent.find(name)
    if element is not None:
        element.text = text


def _set_language(element: etree._Element, language: str | None) -> None:
    if language:
        element.set(_LANG, language)


def _insert_before(parent: etree._Element, name: str, extras: list[etree._Element]) -> None:
    first = parent.find(name)
    place = len(parent) if first is None else parent.index(first)
    for offset, extra in enumerate(extras):
        parent.insert(place + offset, extra)


def _point_to_stylesheet(root: etree._Element, address: str) -> None:
    root.addprevious(
        etree.ProcessingInstruction("xml-stylesheet", f'type="text/xsl" href="{legal(address)}"')
    )


def _feed_language(language: str) -> str:
    return "sv-fi" if language == "sv" else language
