"""An issue: which posts it tells of, in which order, frozen under one hash."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain, zip_longest

from syndicator.digest.calendar import Slot
from syndicator.model import Issue, Post


def issue(posts: Iterable[Post], *, slot: Slot) -> Issue:
    """Return the frozen issue of ``slot`` made of ``posts``; the same posts give the same hash."""
    ordered = in_turns(posts)
    return Issue(
        cadence=slot.cadence,
        period=slot.period,
        opens=slot.opens,
        closes=slot.closes,
        posts=ordered,
        content_hash=_hash(ordered),
    )


def in_turns(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Return the posts so that every city speaks once before any speaks twice.

    Cities come in the order of their newest post; within a city the newest comes first. One town
    with forty notices a week must not push the others out of sight.
    """
    by_city: defaultdict[str, list[Post]] = defaultdict(list)
    for post in sorted(posts, key=lambda post: (post.recency, post.public_id), reverse=True):
        by_city[post.origin.city or post.origin.key].append(post)
    rounds = chain.from_iterable(zip_longest(*by_city.values()))
    return tuple(post for post in rounds if post is not None)


def _hash(posts: tuple[Post, ...]) -> str:
    digest = hashlib.sha256()
    for post in posts:
        for part in (post.public_id, post.url, post.title, post.excerpt):
            digest.update(part.encode() + b"\0")
    return digest.hexdigest()
