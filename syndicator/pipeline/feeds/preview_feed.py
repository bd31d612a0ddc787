"""One guarded look at an address that a city typed."""

from __future__ import annotations

from syndicator.errors import FetchFailed, HostBusy, ParseFailed
from syndicator.fetch.discover import Candidate, discover
from syndicator.model import Reason
from syndicator.pipeline.feeds.pull import HTTP, Parser
from syndicator.register.claim import Preview, Unseen


def preview_feed(url: str, *, http: HTTP, parser: Parser) -> Preview | Unseen:
    """Return the likeliest feed at ``url`` or behind its page, or why there is none."""
    try:
        found = discover(http.get, url)
    except FetchFailed as error:
        return Unseen(reason=error.reason, detail=error.detail)
    except HostBusy as error:
        return Unseen(reason=Reason.BUSY, detail=str(error))
    unseen = Unseen(reason=Reason.NOT_A_FEED, detail="neither a feed nor a page that names one")
    for candidate in found:
        seen = _read(candidate, parser)
        if isinstance(seen, Preview):
            return seen
        unseen = seen
    return unseen


def _read(candidate: Candidate, parser: Parser) -> Preview | Unseen:
    response = candidate.response
    assert response is not None, "discover answers only with what it saw"
    try:
        feed = parser.read(
            response.body, content_type=response.content_type, url=response.url, language=None
        )
    except ParseFailed as error:
        return Unseen(reason=error.reason, detail=error.detail)
    return Preview(url=response.url, feed=feed)
