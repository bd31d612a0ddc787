"""An edition as JSON Feed 1.1. Source: https://www.jsonfeed.org/version/1.1/"""

from __future__ import annotations

import json
from typing import Any

from syndicator.model import Edition
from syndicator.publish.feed_item import FeedDocument, Item, Items, SourceItem
from syndicator.publish.feed_text import line, rfc3339
from syndicator.publish.masthead import FeedMeta, Form, neighbours, path_of

VERSION = "https://jsonfeed.org/version/1.1"

Json = dict[str, Any]


def json_of(edition: Edition, items: Items, *, masthead: FeedMeta) -> FeedDocument:
    """Return the edition as JSON Feed 1.1, ``items`` made from it, and the posts not in it."""
    document = _head(edition, masthead=masthead)
    document["items"] = [_item(item) for item in items.items]
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return FeedDocument(body=text.encode("utf-8") + b"\n", left_out=items.left_out)


def _head(edition: Edition, *, masthead: FeedMeta) -> Json:
    channel = edition.channel
    head: Json = {
        "version": VERSION,
        "title": line(masthead.channel_title(channel)),
        "home_page_url": masthead.page_url(channel),
        "feed_url": masthead.url(path_of(channel, Form.JSON)),
        "description": line(masthead.description(channel)),
        "language": masthead.language(channel),
        "authors": [{"name": line(masthead.organisation), "url": masthead.url()}],
    }
    older, _ = neighbours(channel, edition.months)
    if older is not None:
        head["next_url"] = masthead.url(path_of(older, Form.JSON))
    if masthead.hub and channel.month is None:
        head["hubs"] = [{"type": "WebSub", "url": masthead.hub}]
    return head


def _item(item: Item) -> Json:
    entry: Json = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        **({"content_html": item.content_html} if item.content_html else {}),
        **({} if item.content_html else {"content_text": item.summary}),
        "summary": item.summary,
        "image": item.image,
        "date_published": rfc3339(item.published),
        "date_modified": rfc3339(item.updated),
        "authors": [{"name": name} for name in item.names],
        "tags": list(item.categories),
        "language": item.language,
        "_syndicator": _extension(item),
    }
    return {key: value for key, value in entry.items() if value}


def _extension(item: Item) -> Json:
    extension: Json = {
        "origin": None if item.source is None else _origin(item.source),
        "others": [_origin(other) for other in item.others],
        "translations": [{"language": tag, "url": url} for tag, url in item.translations],
        "rights": item.rights,
    }
    return {key: value for key, value in extension.items() if value}


def _origin(source: SourceItem) -> Json:
    origin = {
        "id": source.id,
        "title": source.title,
        "feed_url": source.feed_url,
        "home_page_url": source.home,
        "city": source.city,
    }
    return {key: value for key, value in origin.items() if value}
