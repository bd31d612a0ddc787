"""Subscription lists: OPML 2.0 out, any OPML in. Source: http://opml.org/spec2.opml"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from syndicator.model import PULLED, Channel, Source
from syndicator.publish.feed_text import language_tag, line, rfc822, uri
from syndicator.publish.masthead import FeedMeta, Form, path_of

OPML_PATH = "sources.opml"
OPML_TYPE = "text/x-opml; charset=utf-8"

_BEFORE_ANY = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of a list of which no source was ever read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """One feed in a subscription list. ``folder`` is the path of the folders it stood in."""

    title: str
    xml_url: str
    html_url: str | None = None
    language: str | None = None
    folder: tuple[str, ...] = ()


def outlines_of(sources: Iterable[Source], *, masthead: FeedMeta) -> tuple[Outline, ...]:
    """Return the sources that readers may see, those that we pull."""
    return tuple(_of_source(source, masthead=masthead) for source in sources if _shown(source))


def changed_at(sources: Iterable[Source]) -> datetime:
    """Return when the list last grew: the latest first sight of a source in it.

    A list dated by the newest post would change with every post, though no source came or went.
    """
    seen = (source.first_seen for source in sources if _shown(source))
    return max((at for at in seen if at is not None), default=_BEFORE_ANY)


def to_opml(outlines: Iterable[Outline], *, masthead: FeedMeta, changed: datetime) -> bytes:
    """Return OPML 2.0 of the outlines, sorted by title, each address once.

    An outline whose address cannot be a URI is left out. A list must not be empty: one without
    feeds names our own.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    for name, text in (
        ("title", line(masthead.title)),
        ("dateCreated", rfc822(changed)),
        ("dateModified", rfc822(changed)),
        ("ownerName", line(masthead.organisation)),
        ("ownerId", masthead.url()),
        ("docs", "http://opml.org/spec2.opml"),
    ):
        etree.SubElement(head, name).text = text
    body = etree.SubElement(root, "body")
    whole = Channel()
    own = Outline(
        title=masthead.title,
        xml_url=masthead.url(path_of(whole, Form.RSS)),
        html_url=masthead.page_url(whole),
    )
    for row in _rows(outlines) or _rows([own]):
        etree.SubElement(body, "outline", row)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def read(body: bytes) -> tuple[Outline, ...]:
    """Return every feed of a subscription list in its order, each address once.

    Anything unreadable gives what could be read before it, perhaps nothing; nothing raises, and no
    entity or outside file is ever looked at.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return ()
    outlines: dict[str, Outline] = {}
    if root is not None:
        for element in root.iter():
            outline = _outline(element)
            if outline is not None:
                outlines.setdefault(outline.xml_url, outline)
    return tuple(outlines.values())


def _outline(element: etree._Element) -> Outline | None:
    if not isinstance(element.tag, str) or etree.QName(element).localname.lower() != "outline":
        return None
    attributes = _lowered(element)
    address = _feed_address(attributes)
    if address is None:
        return None
    return Outline(
        title=_title(attributes) or address,
        xml_url=address,
        html_url=uri(attributes.get("htmlurl")),
        language=language_tag(attributes.get("language")),
        folder=_folder(element),
    )


def _feed_address(attributes: Mapping[str, str]) -> str | None:
    """Return where the feed is. ``url`` counts in what calls itself a feed, as old lists have it;
    elsewhere it is an inclusion or a plain link. ``feed:`` stands for ``http:`` or for nothing."""
    is_feed = attributes.get("type", "").lower() in ("rss", "atom", "feed")
    address = attributes.get("xmlurl") or (attributes.get("url", "") if is_feed else "")
    scheme, colon, rest = address.strip().partition(":")
    if colon and scheme.lower() == "feed":
        address = f"http:{rest}" if rest.startswith("//") else rest
    return uri(address)


def _folder(element: etree._Element) -> tuple[str, ...]:
    names = []
    for parent in element.iterancestors():
        if isinstance(parent.tag, str) and etree.QName(parent).localname.lower() == "outline":
            names.append(_title(_lowered(parent)))
    return tuple(name for name in reversed(names) if name)


def _lowered(element: etree._Element) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in element.attrib.items()}


def _title(attributes: Mapping[str, str]) -> str:
    return line(attributes.get("title") or attributes.get("text") or "")


def _shown(source: Source) -> bool:
    return source.state in PULLED


def _of_source(source: Source, *, masthead: FeedMeta) -> Outline:
    city = masthead.cities.get(source.city or "")
    name = city.name(city.languages[0]) if city else ""
    return Outline(
        title=source.title or name or source.key,
        xml_url=source.url,
        html_url=source.home or (city.website if city else None),
        language=source.language,
    )


def _rows(outlines: Iterable[Outline]) -> list[dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for outline in outlines:
        address = uri(outline.xml_url)
        if address is not None and address not in rows:
            rows[address] = _row(outline, address)
    return sorted(rows.values(), key=lambda row: (row["title"].casefold(), row["xmlUrl"]))


def _row(outline: Outline, address: str) -> dict[str, str]:
    title = line(outline.title) or address
    row = {"type": "rss", "text": title, "title": title, "xmlUrl": address}
    home, language = uri(outline.html_url), language_tag(outline.language)
    if home:
        row["htmlUrl"] = home
    if language:
        row["language"] = language
    return row
