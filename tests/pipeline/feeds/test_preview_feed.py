"""One look at an address: however slow what stands there is, it ends in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from syndicator.errors import HostBusy, ParseFailed, Unreachable
from syndicator.model import ParsedFeed, Reason, Request, Response
from syndicator.pipeline.feeds.preview_feed import LONGEST_LOOK, preview_feed
from syndicator.register.claim import Preview, Unseen

SITE = "https://raahe.example/blogi/"
FEEDS = [f"https://raahe.example/{n}.xml" for n in range(5)]
RSS = b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>"
PAGE = "".join(
    f'<link rel="alternate" type="application/rss+xml" href="{url}">' for url in FEEDS
).encode()


class Slow:
    """A web and a reader of feeds on one clock: each answer takes its time, or as long as it may.

    Args:
        pages: url -> how many seconds it takes, and what it is; all else is a 404 after ``rest``.
        reading: seconds that one feed takes; it is unreadable after that, if ``broken``.
        busy: how often the host has no turn for us, for a second each time.
    """

    def __init__(
        self,
        pages: dict[str, tuple[float, bytes]],
        *,
        rest: float = 0.0,
        reading: float = 0.1,
        broken: bool = False,
        busy: int = 0,
    ) -> None:
        self.now = 1000.0
        self.pages = pages
        self.rest = rest
        self.reading = reading
        self.broken = broken
        self.fails_at_first = False
        self.busy = busy

    def get(self, request: Request) -> Response:
        if self.busy:
            self.busy -= 1
            raise HostBusy("raahe.example", timedelta(seconds=1))
        seconds, body = self.pages.get(request.url, (self.rest, b""))
        assert request.within is not None
        if not self._takes(seconds, request.within):
            raise Unreachable(request.url, Reason.TIMEOUT, "drips")
        status = 200 if body else 404
        return Response(url=request.url, status=status, headers={}, body=body)

    def post(self, url: str, *, form: object) -> Response:
        raise AssertionError((url, form))

    def read(self, body: bytes, *, within: timedelta | None, **_: object) -> ParsedFeed:
        assert body
        assert within is not None
        in_time, broken = self._takes(self.reading, within), self.broken or self.fails_at_first
        self.fails_at_first = False
        if not in_time or broken:
            raise ParseFailed(Reason.PARSE_TIMEOUT, "slow")
        return ParsedFeed(format="rss20")

    def looked(self) -> tuple[Preview | Unseen, float]:
        """Return what a look at the site sees, and how many seconds it took."""
        began = self.now
        seen = preview_feed(
            SITE, http=self, parser=self, seconds=lambda: self.now, pause=self._pause
        )
        return seen, self.now - began

    def _takes(self, seconds: float, within: timedelta) -> bool:
        assert within >= timedelta()
        self.now += min(seconds, within.total_seconds())
        return seconds <= within.total_seconds()

    def _pause(self, wait: timedelta) -> None:
        self.now += wait.total_seconds()


SLOW: dict[str, Callable[[], Slow]] = {
    "the page": lambda: Slow({SITE: (99, PAGE)}),
    "each link": lambda: Slow({SITE: (8, PAGE), **dict.fromkeys(FEEDS, (8, RSS))}),
    "each guess": lambda: Slow({SITE: (1, b"<html>")}, rest=8),
    "each reading": lambda: Slow(
        {SITE: (8, PAGE), **dict.fromkeys(FEEDS, (3, RSS))}, reading=9, broken=True
    ),
    "the host's turns": lambda: Slow({SITE: (20, PAGE)}, busy=9),
}


@pytest.mark.parametrize("what", SLOW)
def test_a_whole_look_ends_within_half_a_minute_whatever_is_slow(what: str) -> None:
    _, seconds = SLOW[what]().looked()

    assert seconds <= LONGEST_LOOK.total_seconds() == 30


def test_a_look_that_ran_out_of_time_says_so_and_not_that_there_is_no_feed() -> None:
    seen, _ = Slow({SITE: (1, b"<html>")}, rest=8).looked()

    assert isinstance(seen, Unseen)
    assert seen.reason is Reason.TIMEOUT


def test_a_look_shows_the_feed_it_saw_though_the_next_ones_never_answered() -> None:
    seen, _ = Slow({SITE: (1, PAGE), FEEDS[0]: (1, RSS)}, rest=99).looked()

    assert isinstance(seen, Preview)
    assert seen.url == FEEDS[0]


def test_a_look_reads_the_next_feed_where_the_first_one_cannot_be_read() -> None:
    web = Slow({SITE: (1, PAGE), FEEDS[0]: (1, RSS), FEEDS[1]: (1, RSS)})
    web.fails_at_first = True

    seen, _ = web.looked()

    assert isinstance(seen, Preview)
    assert seen.url == FEEDS[1]
