"""JSON Feed 1.0 and 1.1, by hand: text in, a ``RawFeed`` out.

Source: https://www.jsonfeed.org/version/1.1/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from syndicator.errors import ParseFailed
from syndicator.model import Reason
from syndicator.parse.raw import RawEntry, RawFeed, RawLink, RawText

# JSON can write characters that neither XML nor every database can hold, and halves of characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def read_json(text: str) -> RawFeed:
    """Return the feed; what has the wrong type counts as absent, items that are no objects too.

    Numbers keep their spelling: an id ``1.0`` stays ``1.0``, and one of a million digits costs
    nothing.

    Raises:
        ParseFailed: NOT_A_FEED if this is other JSON, UNREADABLE if it is none at all.
    """
    try:
        feed = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise ParseFailed(Reason.UNREADABLE, f"not readable as JSON: {error}") from error
    if not isinstance(feed, dict) or not _is_feed(feed):
        raise ParseFailed(Reason.NOT_A_FEED, "JSON, but no JSON Feed: no version and no items")
    items = feed.get("items")
    entries = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return RawFeed(
        format="json11" if _string(feed, "version").endswith("/1.1") else "json1",
        title=RawText(value=_string(feed, "title"), is_html=False),
        home=_string(feed, "home_page_url"),
        id=_string(feed, "feed_url"),
        language=_string(feed, "language") or None,
        links=tuple(_feed_links(feed)),
        well_formed=isinstance(items, list) and len(entries) == len(items),
        flaw="" if isinstance(items, list) else "items is not a list",
        entries=tuple(_entry(item) for item in entries),
    )


def _is_feed(feed: Mapping[str, Any]) -> bool:
    return "jsonfeed.org/version" in _string(feed, "version") or (
        isinstance(feed.get("items"), list) and "title" in feed
    )


def _entry(item: Mapping[str, Any]) -> RawEntry:
    html, text = _string(item, "content_html"), _string(item, "content_text")
    content = RawText(value=html or text, is_html=bool(html))
    summary = _string(item, "summary")
    people = _list(item, "authors") or [item.get("author")]  # version 1.1, else 1.0
    return RawEntry(
        id=_string(item, "id"),
        link=_string(item, "url") or _string(item, "external_url"),
        links=tuple(
            RawLink(href=href, rel="enclosure", type=_string(attachment, "mime_type"))
            for attachment in _list(item, "attachments")
            if isinstance(attachment, dict) and (href := _string(attachment, "url"))
        ),
        title=RawText(value=_string(item, "title"), is_html=False) if "title" in item else None,
        summary=RawText(value=summary, is_html=False) if summary else None,
        content=content if content.value else None,
        authors=tuple(
            name
            for person in people
            if isinstance(person, dict) and (name := _string(person, "name"))
        ),
        categories=tuple(tag.strip() for tag in _list(item, "tags") if isinstance(tag, str)),
        published=_string(item, "date_published") or None,
        updated=_string(item, "date_modified") or None,
        language=_string(item, "language") or None,
        images=tuple(url for key in ("image", "banner_image") if (url := _string(item, key))),
    )


def _feed_links(feed: Mapping[str, Any]) -> Iterable[RawLink]:
    for rel, key in (("alternate", "home_page_url"), ("self", "feed_url"), ("next", "next_url")):
        if _string(feed, key):
            yield RawLink(href=_string(feed, key), rel=rel)
    for hub in _list(feed, "hubs"):
        if isinstance(hub, dict) and _string(hub, "url"):
            yield RawLink(href=_string(hub, "url"), rel="hub")


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key)
    return value if isinstance(value, list) else []


def _string(values: Mapping[str, Any], key: str) -> str:
    """Return a string or a number as written; anything else is as good as absent."""
    value = values.get(key)
    return _FORBIDDEN.sub("", value).strip() if isinstance(value, str) else ""
