"""What a busy feed told while we were away: new, though nothing of the last answer is left.

A feed that turns over in a day shares nothing with its last answer after three days of our own
outage. Its posts look like a flood, and are none if they lie where we did not look, about as thick
as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator.admit.rules import Rules
from syndicator.model import EntryState, KnownEntry, ParsedEntry, Source

LATE = timedelta(days=1)
"""How long after its date a post may come into its feed."""

QUICKER = 10
"""How much thicker posts may lie than they used to: a newsroom's noon against its night."""

_PACE_SHOWS = 3
_ONE_FAILURE = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pace:
    """How some posts lie in time: how many, at how many moments, over how long (above zero)."""

    posts: int
    moments: int
    span: timedelta

    @property
    def each(self) -> timedelta:
        """From one post to the next, on average."""
        return self.span / (self.posts - 1)


def published_meanwhile(
    posts: Sequence[ParsedEntry],
    *,
    source: Source,
    known: Sequence[KnownEntry],
    now: datetime,
    rules: Rules,
) -> tuple[bool, ...]:
    """Return for each new post whether it came while we did not read the feed.

    All are False unless we were away long enough for half of the last answer to be replaced, it
    was not the feed that failed, three posts in four are dated within the gap, and these lie no
    more than ``QUICKER`` times as thick as those of the last answer. An import (many posts of one
    moment), an old archive and posts without dates stay what they were: a flood.

    Source: rule P5.
    """
    nothing = (False,) * len(posts)
    since = source.last_success_at
    usual = _pace(
        entry.published
        for entry in known
        if entry.in_last_answer and entry.state is not EntryState.HELD
    )
    if since is None or usual is None or not _ours(source) or now - since < usual.span / 2:
        return nothing
    within = tuple(
        post.published is not None and since - LATE <= post.published <= now + rules.ahead
        for post in posts
    )
    here = _pace(post.published for post, counts in zip(posts, within, strict=True) if counts)
    if here is None or here.posts * 4 < len(posts) * 3 or not _alike(here, usual=usual):
        return nothing
    return within


def _ours(source: Source) -> bool:
    """Return True if we, not the feed, are why it was not read.

    Failures in our own outage are not counted, but the one by which it began may be. A feed that
    was away for as long as we were would have collected more.
    """
    return source.failures <= _ONE_FAILURE


def _pace(dates: Iterable[datetime | None]) -> _Pace | None:
    """Return how these dates lie, or ``None`` where they are too few or one to tell."""
    moments = [date for date in dates if date is not None]
    if len(moments) < _PACE_SHOWS or min(moments) == max(moments):
        return None
    return _Pace(posts=len(moments), moments=len(set(moments)), span=max(moments) - min(moments))


def _alike(here: _Pace, *, usual: _Pace) -> bool:
    """Return True if posts lie about as thick as usual, and share moments no more than twice."""
    spread = 2 * here.moments * usual.posts >= usual.moments * here.posts
    return spread and here.each * QUICKER >= usual.each
