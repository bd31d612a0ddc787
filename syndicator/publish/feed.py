"""RSS 2.0 and Atom of an edition, in bytes: the only door to feedgen.

feedgen leaves out or spoils part of what a good feed needs, so its two classes are subclassed: the
entry writes its own links, source and language, the frame its own dates, hub and archive links.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from feedgen.entry import FeedEntry  # type: ignore[import-untyped]
from feedgen.ext.base import BaseExtension  # type: ignore[import-untyped]
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]
from lxml import etree

from syndicator.model import Edition, Tombstone
from syndicator.publish.feed_face import STYLESHEET, face
from syndicator.publish.feed_item import FeedDocument, Item, Items, LeftOut, SourceItem
from syndicator.publish.feed_text import line, rfc822, rfc3339, uri
from syndicator.publish.masthead import FeedMeta, Form, neighbours, path_of, to_root

TTL_MINUTES = 60
"""How long readers may keep a copy before they ask again, as a hint."""

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_HISTORY = "http://purl.org/syndication/history/1.0"
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Link = dict[str, str]


def rss_of(edition: Edition, items: Items, *, masthead: FeedMeta) -> FeedDocument:
    """Return the edition as RSS 2.0, ``items`` made from it, and the posts not in it."""
    frame = _Frame(edition, masthead=masthead, form=Form.RSS)
    left_out = frame.take(items)
    return FeedDocument(body=frame.rss_str(pretty=True), left_out=left_out)


def atom_of(edition: Edition, items: Items, *, masthead: FeedMeta) -> FeedDocument:
    """Return the edition as Atom 1.0, ``items`` made from it, its tombstones before the entries."""
    frame = _Frame(edition, masthead=masthead, form=Form.ATOM)
    left_out = frame.take(items)
    return FeedDocument(body=frame.atom_str(pretty=True), left_out=left_out)


class _Namespaces(BaseExtension):  # type: ignore[misc]
    """Declares our namespaces once, at the root: the one thing feedgen lets an extension do."""

    def extend_ns(self) -> dict[str, str]:
        return {"dc": _DC, "fh": _HISTORY}


class _Entry(FeedEntry):  # type: ignore[misc]
    """One item as feedgen's entry, with what feedgen 1.0.0 drops put back.

    Made once and kept: feedgen asks again for what was already tried.
    """

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item
        self._element: etree._Element | None = None
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
        if self._element is None:
            self._element = self._atom(super().atom_entry(extensions))
        return self._element

    def rss_entry(self, extensions: bool = True) -> etree._Element:
        if self._element is None:
            self._element = self._rss(super().rss_entry(extensions))
        return self._element

    def _atom(self, entry: etree._Element) -> etree._Element:
        item = self._item
        _set_language(entry, item.language)
        _set_text(entry, "updated", rfc3339(item.updated))
        _sub(entry, "published", rfc3339(item.published))
        for link in entry.findall("link"):
            entry.remove(link)
        for attributes in _entry_links(item):
            etree.SubElement(entry, "link", attributes)
        for name in item.names:
            _sub(_sub(entry, "author"), "name", name)
        if item.rights:
            _sub(entry, "rights", item.rights)
        if item.source is not None:
            entry.append(_atom_source(item.source))
        return entry

    def _rss(self, entry: etree._Element) -> etree._Element:
        item = self._item
        _set_language(entry, item.language)
        if item.summary:
            # RSS readers take a description for HTML; ours is plain text.
            _set_text(entry, "description", escape(item.summary, quote=False))
        for name in item.names:
            _sub(entry, f"{{{_DC}}}creator", name)
        _sub(entry, "pubDate", rfc822(item.published))
        if item.rights:
            _sub(entry, f"{{{_DC}}}rights", item.rights)
        if item.source is not None:
            _sub(entry, "source", item.source.title, url=item.source.feed_url)
        return entry


class _Frame(FeedGenerator):  # type: ignore[misc]
    """The head of a document as feedgen's generator, with dates, links and marks of our own."""

    def __init__(self, edition: Edition, *, masthead: FeedMeta, form: Form) -> None:
        super().__init__()
        channel = edition.channel
        self._edition, self._masthead, self._form = edition, masthead, form
        self._path = path_of(channel, form)
        self._items: list[Item] = []
        self.register_extension("ours", _Namespaces, None)
        self.id(masthead.channel_id(channel))
        self.title(line(masthead.channel_title(channel)))
        self.subtitle(line(masthead.description(channel)))
        self.description(line(masthead.description(channel)))
        self.language(masthead.feed_code(channel))
        self.updated(edition.updated)
        self.generator(masthead.generator)
        self.ttl(TTL_MINUTES)
        # feedgen would format this date by switching the locale of the whole process, under the
        # feet of other threads; with none set it writes none, and we write ours below.
        self._FeedGenerator__rss_lastBuildDate = None
        self.link([dict(link) for link in self._links()])
        # feedgen takes the last link of any kind for the channel's page.
        self._FeedGenerator__rss_link = masthead.page_url(channel)

    def take(self, items: Items) -> tuple[LeftOut, ...]:
        """Add every item that can be written; return those left out, earlier ones included."""
        left_out = list(items.left_out)
        for item in items.items:
            try:
                entry = _Entry(item)
                entry.rss_entry() if self._form is Form.RSS else entry.atom_entry()
            except ValueError as error:  # what feedgen and lxml raise for text they cannot write
                left_out.append(LeftOut(public_id=item.public_id, reason=str(error)))
            else:
                self.add_entry(entry, order="append")
                self._items.append(item)
        return tuple(left_out)

    def _links(self) -> tuple[Link, ...]:
        masthead, channel, kind = self._masthead, self._edition.channel, self._form.media_type
        older, newer = neighbours(channel, self._edition.months)
        current = replace(channel, month=None, part=1) if channel.month else None
        links: list[Link] = [
            {"rel": "self", "href": masthead.url(self._path), "type": kind},
            {"rel": "alternate", "href": masthead.page_url(channel), "type": "text/html"},
        ]
        for rel, there in (("current", current), ("prev-archive", older), ("next-archive", newer)):
            if there is not None:
                href = masthead.url(path_of(there, self._form))
                links.append({"rel": rel, "href": href, "type": kind})
        if masthead.hub and current is None:
            links.append({"rel": "hub", "href": masthead.hub})
        return tuple(links)

    def _create_atom(self, extensions: bool = True) -> tuple[Any, Any]:
        feed, document = super()._create_atom(extensions)
        feed.set(_LANG, self._masthead.language(self._edition.channel))
        _set_text(feed, "updated", rfc3339(self._edition.updated))
        author = etree.Element("author")
        _sub(author, "name", line(self._masthead.organisation) or self._masthead.title)
        _sub(author, "uri", uri(self._masthead.contact_url) or self._masthead.url())
        extras = [author, *self._marks()]
        extras += [self._deleted(stone) for stone in self._edition.tombstones]
        _insert_before(feed, "entry", extras)
        self._point_to_stylesheet(feed)
        return feed, document

    def _create_rss(self, extensions: bool = True) -> tuple[Any, Any]:
        root, document = super()._create_rss(extensions)
        built = etree.Element("lastBuildDate")
        built.text = rfc822(self._edition.updated)
        extras = [built]
        for link in self._links():
            if link["rel"] not in ("self", "alternate"):
                extras.append(etree.Element(f"{{{_ATOM}}}link", link))
        _insert_before(root[0], "item", [*extras, *self._marks()])
        self._point_to_stylesheet(root)
        return root, document

    def _marks(self) -> list[etree._Element]:
        """Return what both formats say of the document itself: that it is an archive, its face."""
        channel, masthead = self._edition.channel, self._masthead
        archive = [etree.Element(f"{{{_HISTORY}}}archive")] if channel.month else []
        address = masthead.url(self._path)
        return [*archive, face(channel, self._items, masthead=masthead, address=address)]

    def _deleted(self, stone: Tombstone) -> etree._Element:
        # Declared here and not at the root: validators warn of a namespace they do not know.
        element = etree.Element(f"{{{_TOMBSTONES}}}deleted-entry", nsmap={"at": _TOMBSTONES})
        element.set("ref", self._masthead.story_id(stone.public_id))
        element.set("when", rfc3339(stone.at))
        return element

    def _point_to_stylesheet(self, root: etree._Element) -> None:
        # Relative, so that it holds on any host and in a folder of files.
        href = to_root(self._path) + STYLESHEET
        root.addprevious(
            etree.ProcessingInstruction("xml-stylesheet", f'type="text/css" href="{href}"')
        )


def _entry_links(item: Item) -> tuple[Link, ...]:
    main: Link = {"rel": "alternate", "type": "text/html", "href": item.url}
    if item.language:
        main["hreflang"] = item.language
    others = tuple(
        {"rel": "alternate", "type": "text/html", "href": address, "hreflang": language}
        for language, address in item.translations
    )
    return (main, *others)


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
