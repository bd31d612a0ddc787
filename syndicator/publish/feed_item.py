"""A post as every feed format carries it: cleaned once, then written as RSS, Atom and JSON Feed.

A post that no format could carry (no usable link, no id, a date without a zone) is left out here,
with its reason, so that the three documents always hold the same posts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from syndicator.model import Edition, Origin, Post
from syndicator.publish.authors import named
from syndicator.publish.feed_text import (
    absolute_links,
    feed_id,
    language_tag,
    legal,
    line,
    uri,
)
from syndicator.publish.masthead import FeedMeta

FULL_TEXT_BYTES = 3_500_000
"""How much full text a document holds, as escaped: validators and readers give up at 5 MB."""

_FIRST_FEEDS = datetime(1990, 1, 1, tzinfo=UTC)
"""Older dates are mistakes, and readers misread years of two digits: 0099 becomes 1999."""

_LAST_DAY = datetime(9999, 12, 30, tzinfo=UTC)
"""In another zone a later moment would need a year of five digits, which Python does not have."""

_PUBLIC_ID = re.compile(r"[A-Za-z0-9._~-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A post that could not be published, and why, in words for an operator."""

    public_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceItem:
    """Where an item came from. ``id``, ``feed_url`` and ``home`` are ASCII URIs."""

    key: str
    id: str
    title: str
    feed_url: str
    home: str
    updated: datetime
    city: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A post, safe for every format: legal text, ASCII URIs, aware dates, a title never empty.

    ``summary`` is plain text; it names the source where the city granted neither excerpt nor text.
    ``content_html`` and ``image`` are empty unless the city granted the full text.
    ``published <= updated``. ``translations`` are (language, uri). What we wrote ourselves has no
    ``source``, and at least one of ``authors``.
    """

    id: str
    public_id: str
    url: str
    title: str
    summary: str
    content_html: str
    language: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: datetime
    updated: datetime
    rights: str
    source: SourceItem | None
    others: tuple[SourceItem, ...]
    translations: tuple[tuple[str, str], ...]
    image: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """Who wrote it; the source where nobody is named."""
        return self.authors or (() if self.source is None else (self.source.title,))


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """An edition's posts as items, in the edition's order, and those that had to be left out."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedDocument:
    """A document and the posts that are not in it although the edition holds them."""

    body: bytes
    left_out: tuple[LeftOut, ...] = ()


def items_of(edition: Edition, *, masthead: FeedMeta) -> Items:
    """Return the edition's posts cleaned for every format; one bad post never costs another.

    Newest first by recency; posts of the same moment keep the edition's order (O2). Once full
    texts would pass ``FULL_TEXT_BYTES``, the rest have their excerpt.
    """
    items: list[Item] = []
    left_out: list[LeftOut] = []
    seen: set[str] = set()
    for post in sorted(edition.posts, key=lambda post: -post.recency.timestamp()):
        problem = "the same story twice" if post.public_id in seen else _problem(post)
        seen.add(post.public_id)
        if problem is None:
            items.append(_item(post, masthead=masthead))
        else:
            left_out.append(LeftOut(public_id=post.public_id, reason=problem))
    return Items(items=_within_limits(items), left_out=tuple(left_out))


def _within_limits(items: Sequence[Item]) -> tuple[Item, ...]:
    room = FULL_TEXT_BYTES
    kept: list[Item] = []
    for item in items:
        size = _escaped_bytes(item.content_html)
        if size <= room:
            room -= size
            kept.append(item)
        else:
            summary = item.summary or item.names[0]
            kept.append(replace(item, content_html="", image=None, summary=summary))
    return tuple(kept)


def _escaped_bytes(html: str) -> int:
    return len(html.encode()) + 3 * (html.count("<") + html.count(">")) + 4 * html.count("&")


def _problem(post: Post) -> str | None:
    if not _PUBLIC_ID.fullmatch(post.public_id):
        return "its public id cannot stand in a URI"
    if uri(post.origin.feed_url) is None:
        return "its source's feed has no http address"
    moments = (post.recency, post.updated, post.origin.updated, post.published or post.recency)
    if any(moment.tzinfo is None for moment in moments):
        return "a date of it has no time zone"
    return None


def _item(post: Post, *, masthead: FeedMeta) -> Item:
    source = _source(post.origin, masthead=masthead)
    # Some feeds give whole texts without a link: the blog's own page is better than no post.
    url = uri(post.url) or source.home
    published = _published(post)
    content_html = absolute_links(legal(post.content_html).strip(), base=url)
    summary = line(post.excerpt)
    return Item(
        id=masthead.story_id(post.public_id),
        public_id=post.public_id,
        url=url,
        title=line(post.title) or url,
        summary=summary if summary or content_html else source.title,
        content_html=content_html,
        language=language_tag(post.language),
        authors=named(map(line, post.authors)),
        categories=tuple(dict.fromkeys(filter(None, map(line, post.categories)))),
        published=published,
        updated=max(_written(post.updated), published),
        rights=line(post.rights or ""),
        source=source,
        others=tuple(
            _source(other, masthead=masthead)
            for other in post.others
            if uri(other.feed_url) and other.updated.tzinfo
        ),
        translations=_translations(post),
        image=uri(post.image.url) if post.image and content_html else None,
    )


def _published(post: Post) -> datetime:
    """Return the date a post carries: its own where it can be true, else its place in the feed.

    A date after our first sight of the post is wrong (P4), and so is one before there was a web.
    """
    stated = min(post.published or post.recency, post.recency)
    return _written(stated if stated >= _FIRST_FEEDS else post.recency)


def _written(moment: datetime) -> datetime:
    """Return ``moment``, or the nearest one that every format and every zone can write."""
    return min(max(moment, _FIRST_FEEDS), _LAST_DAY)


def _source(origin: Origin, *, masthead: FeedMeta) -> SourceItem:
    feed_url = uri(origin.feed_url) or ""
    slug = re.sub(r"[^A-Za-z0-9._~-]+", "-", origin.key)
    return SourceItem(
        key=line(origin.key),
        id=feed_id(origin.feed_id) or masthead.tag(f"source/{slug}"),
        title=line(origin.title) or line(origin.key) or feed_url,
        feed_url=feed_url,
        home=uri(origin.home) or feed_url,
        updated=_written(origin.updated),
        city=line(origin.city or ""),
    )


def _translations(post: Post) -> tuple[tuple[str, str], ...]:
    translations: dict[str, str] = {}
    for language, address in post.translations:
        tag, target = language_tag(language), uri(address)
        if tag and target and tag != language_tag(post.language):
            translations.setdefault(tag, target)
    return tuple(translations.items())
