"""One guarded look at an address that a city typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from syndicator.errors import FetchFailed, HostBusy, ParseFailed
from syndicator.fetch.discover import LONGEST_SEARCH, Candidate, discover
from syndicator.model import ParsedFeed, Reason
from syndicator.pipeline.feeds.pull import HTTP
from syndicator.register.claim import Preview, Unseen

LONGEST_READING = timedelta(seconds=5)
"""How long a search that took all its time leaves for reading; an honest feed takes 20 ms."""

LONGEST_LOOK = LONGEST_SEARCH + LONGEST_READING
"""How long a whole look takes at most, all hops and feeds included."""


class HastyParser(Protocol):
    """Reads a body within a time."""

    def read(
        self,
        body: bytes,
        *,
        content_type: str | None,
        url: str,
        language: str | None,
        within: timedelta | None,
    ) -> ParsedFeed:
        """Return the feed; raise ``ParseFailed``."""


def preview_feed(
    url: str,
    *,
    http: HTTP,
    parser: HastyParser,
    seconds: Callable[[], float],
    pause: Callable[[timedelta], None] | None = None,
) -> Preview | Unseen:
    """Return the likeliest feed at ``url`` or behind its page, or why there is none.

    It takes no longer than LONGEST_LOOK by the clock on the wall.

    Args:
        seconds: seconds that never go back.
        pause: waits until a host has time for us again.
    """
    deadline = seconds() + LONGEST_LOOK.total_seconds()
    try:
        candidates = discover(http.get, url, pause=pause, clock=seconds)
    except FetchFailed as error:
        return Unseen(reason=error.reason, detail=error.detail)
    except HostBusy as error:
        return Unseen(reason=Reason.BUSY, detail=str(error))
    unseen = Unseen(reason=Reason.NOT_A_FEED, detail="neither a feed nor a page that names one")
    for candidate in candidates:
        # Half of what is left for a free reader, half for the feed.
        left = timedelta(seconds=(deadline - seconds()) / 2)
        if left <= timedelta():
            break
        seen = _read(candidate, parser, within=left)
        if isinstance(seen, Preview):
            return seen
        unseen = seen
    return unseen


def _read(candidate: Candidate, parser: HastyParser, *, within: timedelta) -> Preview | Unseen:
    response = candidate.response
    assert response is not None, "discover answers only with what it saw"
    try:
        feed = parser.read(
            response.body,
            content_type=response.content_type,
            url=response.url,
            language=None,
            within=within,
        )
    except ParseFailed as error:
        return Unseen(reason=error.reason, detail=error.detail)
    return Preview(url=response.url, feed=feed)
