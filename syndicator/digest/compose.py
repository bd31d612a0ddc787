"""A draft: which posts an issue tells of, under one hash; and the next version of an issue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from syndicator.digest.calendar import Slot
from syndicator.digest.order import in_fixed_order
from syndicator.model import Draft, Issue, Post


def draft(
    posts: Iterable[Post], *, slot: Slot, greetings: Mapping[str, str] | None = None
) -> Draft:
    """Return the draft of the issue of ``slot``: the same posts in any order are the same draft."""
    ordered, words = in_fixed_order(posts), dict(greetings or {})
    return Draft(
        cadence=slot.cadence,
        period=slot.period,
        opens=slot.opens,
        closes=slot.closes,
        send_at=slot.at,
        posts=ordered,
        greetings=words,
        content_hash=content_hash(ordered, greetings=words),
    )


def revised(issue: Issue, *, greetings: Mapping[str, str], left_out: Collection[str] = ()) -> Issue:
    """Return the next version of an issue: with these greetings, and less these posts.

    Args:
        left_out: public ids; all of them at once, not only those new to this version.
    """
    posts = tuple(post for post in issue.posts if post.public_id not in left_out)
    words = {language: text for language, text in greetings.items() if text.strip()}
    return replace(
        issue,
        posts=posts,
        greetings=words,
        version=issue.version + 1,
        content_hash=content_hash(posts, greetings=words),
    )


def content_hash(posts: Iterable[Post], *, greetings: Mapping[str, str]) -> str:
    """Return a hash of all that an issue reads: two that read alike have the same."""
    values = [post.hashed_values() for post in in_fixed_order(posts)]
    words = sorted((language, text) for language, text in greetings.items() if text.strip())
    # JSON keeps the parts apart; texts merely joined could be cut at another place.
    return hashlib.sha256(json.dumps([values, words]).encode()).hexdigest()
