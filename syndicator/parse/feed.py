"""The only door to feedparser: text of an XML feed in, a ``RawFeed`` out.

feedparser opens any string that names a file or an address, so it only ever sees a stream. It is
not told where the feed came from, because it would resolve even ``<id>`` against it: a blog that
moved to https would rename its whole archive, and we would mail it all again. Its sanitiser and its
URL resolving stay off: they are slow and no guard; ``clean`` does that work.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from xml.sax import SAXException

import feedparser.api  # type: ignore[import-untyped]
from feedparser.mixin import _FeedParserMixin  # type: ignore[import-untyped]
from feedparser.urls import _urljoin  # type: ignore[import-untyped]

from syndicator.errors import ParseFailed
from syndicator.model import Reason
from syndicator.parse import sax
from syndicator.parse.raw import RawEntry, RawFeed, RawLink, RawText

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_ELEMENT = re.compile(
    r"</(?:p|div|a|ul|ol|h[1-6]|blockquote|table|figure|iframe)\s*>", re.IGNORECASE
)
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "html", "xhtml"})


# What feedparser lets out where a broken document leads it off its own paths.
_SLIPS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_xml(text: str) -> RawFeed:
    """Return what feedparser makes of the document; ``format`` is ``""`` if it knows no feed in it.

    ``text`` must carry no encoding declaration that contradicts UTF-8. Entries that break off in
    the middle are kept as far as they go.

    Raises:
        ParseFailed: UNREADABLE when feedparser itself gives up.
    """
    try:
        document = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers=_HEADERS,
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except _SLIPS as error:
        raise ParseFailed(Reason.UNREADABLE, f"feedparser stumbled: {error!r}"[:300]) from error
    feed, flaw = _plain(document["feed"]), document.get("bozo_exception")
    return RawFeed(
        format=str(document.get("version") or ""),
        title=_text(feed, "title"),
        home=_string(feed, "link"),
        id=_string(feed, "id"),
        language=_string(feed, "language") or None,
        rights=_string(feed, "rights") or None,
        links=_links(feed),
        ttl=_string(feed, "ttl") or None,
        update_period=_string(feed, "sy_updateperiod") or None,
        update_frequency=_string(feed, "sy_updatefrequency") or None,
        skip_hours=tuple(feed.get("syndicator_hours", ())),
        skip_days=tuple(feed.get("syndicator_days", ())),
        well_formed=not isinstance(flaw, SAXException),
        flaw=str(flaw) if isinstance(flaw, SAXException) else "",
        entries=tuple(
            _entry(
                _plain(entry),
                feed_language=_string(feed, "language"),
                guesses=not str(document.get("version") or "").startswith("atom"),
            )
            for entry in document["entries"]
        ),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a real dict: feedparser's own answers for keys that are not there (``updated`` gives
    ``published``), and what it answers must be what the feed says."""
    return dict(dict.items(values))  # type: ignore[arg-type]


def _entry(entry: dict[str, Any], *, feed_language: str, guesses: bool) -> RawEntry:
    contents = [_as_text(part) for part in entry.get("content", ()) if _is_text(part)]
    if guesses:
        # RSS <content> cannot say its type. feedparser guesses too, but one tag that its sanitiser
        # would drop (a frame) and it says plain.
        contents = [replace(c, is_html=True) if _ELEMENT.search(c.value) else c for c in contents]
    content = max(contents, key=lambda text: len(text.value), default=None)
    summary, title = _text(entry, "summary"), _text(entry, "title")
    if summary and content and summary.value == content.value:
        summary = None  # feedparser's own copy, for feeds that give only the full text
    marked = (text.language for text in (title, content, summary) if text and text.language)
    own = next((tag for tag in marked if tag != feed_language), None)
    # An address alone is not a name and stays private.
    named = (_string(_plain(author), "name") for author in entry.get("authors", ()))
    authors = tuple(name for name in named if name)
    if not authors and (author := _string(entry, "author")):
        authors = (author,)
    tags = map(_plain, entry.get("tags", ()))
    categories = (_string(tag, "label") or _string(tag, "term") for tag in tags)
    return RawEntry(
        id=_string(entry, "id"),
        link=_string(entry, "link"),
        original_link=_string(entry, "feedburner_origlink"),
        links=_links(entry),
        title=title,
        summary=summary,
        content=content,
        authors=authors,
        categories=tuple(category for category in categories if category),
        published=_first(entry, "published", "created"),
        updated=_first(entry, "updated"),
        language=_string(entry, "language") or own,
        rights=_string(entry, "rights") or None,
        images=tuple(_images(entry)),
    )


def _is_text(part: Mapping[str, Any]) -> bool:
    """Tell text from pictures and other files that Atom lets a content element hold."""
    kind = str(part.get("type") or "")
    return kind.startswith("text/") or kind in _HTML_TYPES


def _first(entry: Mapping[str, Any], *keys: str) -> str | None:
    """Return the first of the strings that is not empty."""
    return next((value for key in keys if (value := _string(entry, key))), None)


def _string(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return value.strip() if isinstance(value, str) else ""


def _text(values: Mapping[str, Any], key: str) -> RawText | None:
    """Return an element with its type, base and language, or ``None`` if the feed has none."""
    if key not in values:
        return None
    detail = values.get(f"{key}_detail")
    return (
        _as_text(_plain(detail) | {"value": _string(values, key)})
        if detail
        else (RawText(value=_string(values, key), is_html=True))
    )


def _as_text(detail: Mapping[str, Any]) -> RawText:
    detail = _plain(detail)
    return RawText(
        value=_string(detail, "value"),
        is_html=detail.get("type") in _HTML_TYPES,
        base=_string(detail, "base"),
        language=_string(detail, "language") or None,
    )


def _links(values: Mapping[str, Any]) -> tuple[RawLink, ...]:
    links = (_plain(link) for link in values.get("links", ()))
    return tuple(
        RawLink(
            href=_string(link, "href"),
            rel=_string(link, "rel") or "alternate",
            type=_string(link, "type"),
            hreflang=_string(link, "hreflang") or None,
        )
        for link in links
        if _string(link, "href")
    )


def _images(entry: Mapping[str, Any]) -> Iterable[str]:
    """Give the addresses of the pictures the feed itself names: image enclosures, then media:*."""
    for link in entry.get("links", ()):
        if link.get("rel") == "enclosure" and _string(link, "type").startswith("image/"):
            yield _string(link, "href")
    for key in ("media_thumbnail", "media_content"):
        for media in entry.get(key, ()):
            kind = _string(media, "medium") or _string(media, "type")
            is_dot = {"0", "1"} & {_string(media, "width"), _string(media, "height")}
            if (key == "media_thumbnail" or kind.startswith("image")) and not is_dot:
                yield _string(media, "url")


def _joined(base: str, uri: str) -> str:
    """Join as feedparser does, at once where there is no base: it asks for each element."""
    if not base and "///" not in uri:
        return uri
    joined: str = _urljoin(base, uri)
    return joined


def _teach_feedparser() -> None:
    """Make feedparser keep what it knows and throws away. It is pinned, and tests watch each.

    A guid or atom:id is resolved against xml:base even with resolving off: it must stay raw. Of
    several ``<hour>`` and ``<day>`` only the last survives: they are gathered in lists. For speed,
    it parses with our SAX driver and tries no dates: ``dates`` reads the strings.
    """

    def start(element: str) -> Any:
        return lambda self, _attributes: self.push(element, 1)

    def gather(element: str, into: str) -> Any:
        def end(self: Any) -> None:
            value = self.pop(element)
            if value and not self.inentry:
                self.feeddata.setdefault(into, []).append(value)

        return end

    _FeedParserMixin.can_be_relative_uri = frozenset(_FeedParserMixin.can_be_relative_uri) - {"id"}
    feedparser.api.PREFERRED_XML_PARSERS = [sax.__name__]
    feedparser.datetimes._date_handlers.clear()
    feedparser.mixin._urljoin = _joined
    for element, into in (("hour", "syndicator_hours"), ("day", "syndicator_days")):
        setattr(_FeedParserMixin, f"_start_{element}", start(element))
        setattr(_FeedParserMixin, f"_end_{element}", gather(element, into))


_teach_feedparser()
