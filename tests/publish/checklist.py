"""What makes a feed invalid, as a checklist of our own: each function returns what is wrong.

The conditions are those that the W3C's feed validator calls errors, and the warnings that a
publisher can avoid. Sources: RSS 2.0, RFC 4287, RFC 5005, RFC 6721, RFC 3986, RFC 4151.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from lxml import etree

from tests.found import child

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
XHTML = "{http://www.w3.org/1999/xhtml}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

ABSOLUTE = re.compile(r"[A-Za-z][0-9A-Za-z+.-]*:(//)?[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]+")
WEB = re.compile(r"https?://[^/].*")
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]*")
RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000"
)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?")
RELS = {"alternate", "current", "hub", "next-archive", "prev-archive", "related", "self"}
BIGGEST = 5_000_000

CHANNEL_ONCE = {"title", "link", "description", "docs", "generator", "language", "ttl"}
CHANNEL_ONCE |= {"lastBuildDate", f"{HISTORY}archive"}
CHANNEL_MANY = {"item", f"{ATOM}link", f"{XHTML}div"}
ITEM_ONCE = {"title", "link", "description", "guid", "pubDate", "source"}
ITEM_ONCE |= {f"{CONTENT}encoded", f"{DC}rights"}
ITEM_MANY = {"category", f"{DC}creator"}
FEED_ONCE = {"id", "title", "updated", "generator", "subtitle", "rights"}
ENTRY_ONCE = {"id", "title", "updated", "published", "summary", "content", "rights", "source"}
RELATIVE = re.compile(
    r'<(?:a|img)(?:\s+[a-z-]+="[^"]*")*?\s+(?:href|src)="(?![A-Za-z][A-Za-z0-9+.-]*:)'
)


def rss_faults(body: bytes, *, served_at: str) -> list[str]:
    """Return what is wrong with an RSS 2.0 document."""
    return list(_rss(etree.fromstring(body), served_at)) + list(_size(body))


def atom_faults(body: bytes, *, served_at: str) -> list[str]:
    """Return what is wrong with an Atom document."""
    return list(_atom(etree.fromstring(body), served_at)) + list(_size(body))


def _size(body: bytes) -> Iterator[str]:
    if len(body) >= BIGGEST:
        yield f"{len(body)} bytes"


def _rss(root: etree._Element, served_at: str) -> Iterator[str]:
    if root.tag != "rss" or root.get("version") != "2.0" or [c.tag for c in root] != ["channel"]:
        yield "not RSS 2.0 with one channel"
    channel = root[0]
    yield from _elements(channel, once=CHANNEL_ONCE, many=CHANNEL_MANY)
    yield from _needed(channel, "title", "link", "description", "language", "lastBuildDate")
    yield from _addresses(channel.findtext("link"))
    yield from _dates(RFC822, channel.findtext("lastBuildDate"))
    yield from _language(channel.findtext("language"))
    yield from _links(channel.findall(f"{ATOM}link"), served_at)
    if not (channel.findtext("ttl") or "").isdigit():
        yield "ttl is no number"
    tags = [child.tag for child in channel]
    if "item" in tags and set(tags[tags.index("item") :]) != {"item"}:
        yield "something stands after the first item"
    yield from _twice([item.findtext("guid") for item in channel.findall("item")])
    for item in channel.findall("item"):
        yield from _item(item)


def _item(item: etree._Element) -> Iterator[str]:
    yield from _elements(item, once=ITEM_ONCE, many=ITEM_MANY)
    yield from _needed(item, "title", "link", "guid", "pubDate", "description")
    yield from _addresses(item.findtext("link"), *(one.get("url") for one in item.iter("source")))
    yield from _dates(RFC822, item.findtext("pubDate"))
    yield from _language(item.get(LANG, "fi"))
    guid = child(item, "guid")
    if guid.get("isPermaLink") != "false" or not TAG.fullmatch(guid.text or ""):
        yield f"guid {guid.text!r}"
    yield from _blank(item.findall("category") + item.findall(f"{DC}creator"))
    tags = [child.tag for child in item]
    encoded = f"{CONTENT}encoded"
    if encoded in tags and tags.index(encoded) < tags.index("description"):
        yield "content before description"
    for name in ("description", encoded):
        if RELATIVE.search(item.findtext(name) or ""):
            yield "a relative link in HTML"


def _atom(feed: etree._Element, served_at: str) -> Iterator[str]:
    if feed.tag != f"{ATOM}feed":
        yield "not Atom"
    once = {ATOM + name for name in FEED_ONCE} | {f"{HISTORY}archive"}
    many = {ATOM + name for name in ("entry", "link", "author")}
    yield from _elements(feed, once=once, many=many | {f"{XHTML}div", f"{TOMBSTONES}deleted-entry"})
    yield from _needed(feed, *(ATOM + name for name in ("id", "title", "updated", "author")))
    yield from _dates(RFC3339, feed.findtext(f"{ATOM}updated"))
    yield from _language(feed.get(LANG))
    yield from _links(feed.findall(f"{ATOM}link"), served_at)
    if not TAG.fullmatch(feed.findtext(f"{ATOM}id") or ""):
        yield "the feed's id"
    tags = [child.tag for child in feed]
    entry = f"{ATOM}entry"
    if entry in tags and set(tags[tags.index(entry) :]) != {entry}:
        yield "something stands after the first entry"
    for stone in feed.findall(f"{TOMBSTONES}deleted-entry"):
        yield from _dates(RFC3339, stone.get("when"))
    yield from _twice([entry.findtext(f"{ATOM}id") for entry in feed.findall(entry)])
    for found in feed.findall(entry):
        yield from _entry(found)


def _entry(entry: etree._Element) -> Iterator[str]:
    many = {ATOM + name for name in ("author", "category", "link")}
    yield from _elements(entry, once={ATOM + name for name in ENTRY_ONCE}, many=many)
    needed = ("id", "title", "updated", "published", "author", "link")
    yield from _needed(entry, *(ATOM + name for name in needed))
    yield from _dates(RFC3339, entry.findtext(f"{ATOM}updated"), entry.findtext(f"{ATOM}published"))
    yield from _language(entry.get(LANG, "fi"))
    if not TAG.fullmatch(entry.findtext(f"{ATOM}id") or ""):
        yield "an entry's id"
    if entry.find(f"{ATOM}summary") is None and entry.find(f"{ATOM}content") is None:
        yield "neither summary nor content"
    for author in entry.findall(f"{ATOM}author"):
        yield from _needed(author, f"{ATOM}name")
    alternates = [link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
    if not alternates:
        yield "no alternate"
    yield from _twice([(link.get("type"), link.get("hreflang")) for link in alternates])
    yield from _addresses(*(link.get("href") for link in entry.iter(f"{ATOM}link")))
    for link in alternates:
        yield from _language(link.get("hreflang", "fi"))
    for source in entry.iter(f"{ATOM}source"):
        yield from _source(source)


def _source(source: etree._Element) -> Iterator[str]:
    yield from _needed(source, *(ATOM + name for name in ("id", "title", "updated")))
    yield from _dates(RFC3339, source.findtext(f"{ATOM}updated"))
    yield from _addresses(source.findtext(f"{ATOM}id"), web=False)
    if [link.get("rel") for link in source.findall(f"{ATOM}link")] != ["self", "alternate"]:
        yield "source without self and alternate"


def _elements(parent: etree._Element, *, once: set[str], many: set[str]) -> Iterator[str]:
    counts = Counter(child.tag for child in parent)
    yield from (f"unknown {tag} in {parent.tag}" for tag in counts if tag not in once | many)
    yield from (f"{tag} twice in {parent.tag}" for tag in once if counts[tag] > 1)


def _needed(parent: etree._Element, *tags: str) -> Iterator[str]:
    for tag in tags:
        found = parent.find(tag)
        if found is None or not ((found.text or "").strip() or len(found) or found.attrib):
            yield f"{parent.tag} lacks {tag}"


def _links(links: list[etree._Element], served_at: str) -> Iterator[str]:
    own = [link.get("href") for link in links if link.get("rel") == "self"]
    if own != [served_at]:
        yield f"self is {own}, served at {served_at}"
    yield from (f"rel {link.get('rel')}" for link in links if link.get("rel") not in RELS)
    yield from _addresses(*(link.get("href") for link in links))
    keys = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in links]
    yield from _twice(keys)


def _addresses(*addresses: str | None, web: bool = True) -> Iterator[str]:
    for address in addresses:
        good = ABSOLUTE.fullmatch(address or "") and (not web or WEB.fullmatch(address or ""))
        if not good or not (address or "").isascii():
            yield f"address {address!r}"


def _dates(grammar: re.Pattern[str], *dates: str | None) -> Iterator[str]:
    for date in dates:
        if date is None or not grammar.fullmatch(date):
            yield f"date {date!r}"
        elif grammar is RFC822 and f"{parsedate_to_datetime(date):%a}" != date[:3]:
            yield f"wrong weekday in {date!r}"
        elif grammar is RFC3339:
            datetime.fromisoformat(date)


def _language(tag: str | None) -> Iterator[str]:
    if not LANGUAGE.fullmatch(tag or ""):
        yield f"language {tag!r}"


def _blank(elements: list[etree._Element]) -> Iterator[str]:
    yield from (f"blank {e.tag}" for e in elements if not (e.text or "").strip())


def _twice(values: Sequence[object]) -> Iterator[str]:
    yield from (f"{value!r} twice" for value, count in Counter(values).items() if count > 1)
