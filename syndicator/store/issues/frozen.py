"""A post as JSON and back, for issues that must read for ever as they read when frozen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from syndicator.model import Image, Kind, Origin, Post


def to_json(post: Post) -> dict[str, Any]:
    """Return all of a post as values that JSON knows; ``from_json`` gives the same post back."""
    return {
        "public_id": post.public_id,
        "url": post.url,
        "title": post.title,
        "excerpt": post.excerpt,
        "content_html": post.content_html,
        "language": post.language,
        "authors": list(post.authors),
        "categories": list(post.categories),
        "published": _moment(post.published),
        "updated": _moment(post.updated),
        "recency": _moment(post.recency),
        "origin": _origin(post.origin),
        "others": [_origin(other) for other in post.others],
        "translations": [list(pair) for pair in post.translations],
        "image": None if post.image is None else {"url": post.image.url, "alt": post.image.alt},
        "rights": post.rights,
        "topics": list(post.topics),
    }


def from_json(stored: Mapping[str, Any]) -> Post:
    """Return the post that ``to_json`` was given."""
    published, image = stored["published"], stored["image"]
    return Post(
        public_id=stored["public_id"],
        url=stored["url"],
        title=stored["title"],
        excerpt=stored["excerpt"],
        content_html=stored["content_html"],
        language=stored["language"],
        authors=tuple(stored["authors"]),
        categories=tuple(stored["categories"]),
        published=None if published is None else datetime.fromisoformat(published),
        updated=datetime.fromisoformat(stored["updated"]),
        recency=datetime.fromisoformat(stored["recency"]),
        origin=_to_origin(stored["origin"]),
        others=tuple(_to_origin(other) for other in stored["others"]),
        translations=tuple((language, url) for language, url in stored["translations"]),
        image=None if image is None else Image(url=image["url"], alt=image["alt"]),
        rights=stored["rights"],
        topics=tuple(stored["topics"]),
    )


def taken_down(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a frozen post of which title and date are left, and what it needs to have a place."""
    nothing = {"url": "", "excerpt": "", "content_html": "", "image": None, "rights": None}
    no_names: dict[str, list[str]] = {"authors": [], "categories": [], "others": []}
    return {**stored, **nothing, **no_names, "translations": []}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "key": origin.key,
        "city": origin.city,
        "title": origin.title,
        "feed_url": origin.feed_url,
        "home": origin.home,
        "feed_id": origin.feed_id,
        "updated": _moment(origin.updated),
        "kind": str(origin.kind),
    }


def _to_origin(stored: Mapping[str, Any]) -> Origin:
    return Origin(
        key=stored["key"],
        city=stored["city"],
        title=stored["title"],
        feed_url=stored["feed_url"],
        home=stored["home"],
        feed_id=stored["feed_id"],
        updated=datetime.fromisoformat(stored["updated"]),
        kind=Kind(stored["kind"]),
    )
