"""What an answer carries into the record: hints, the declared language, and who may write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from syndicator.model import ParsedFeed, Request, Response
from syndicator.parse import document
from syndicator.pipeline.feeds.pull import LEASE, NO_CHANGES, Puller, PullResult, pull
from syndicator.store.feeds import claims, moderation
from tests.builders import DEFAULTS
from tests.pipeline.world import FEED, Scene, Web, a_declaration, ok, rss, scene


def pulled(puller: Puller, here: Scene) -> PullResult:
    result = pull(puller, here.source().id)
    assert isinstance(result, PullResult)
    return result


def test_the_wait_a_feed_asks_for_holds_from_the_first_answer_on(tmp_path: Path) -> None:
    """F3."""
    with scene(tmp_path) as here:
        body = rss("Yksi").replace(b"<description>x", b"<ttl>2880</ttl><description>x", 1)
        here.web.answers[FEED] = ok(body)

        result = pulled(here.puller, here)

        assert result.next_fetch_at is not None
        assert result.next_fetch_at - here.clock.at >= timedelta(days=2)


def test_an_answer_nobody_can_read_slows_us_like_any_failure(tmp_path: Path) -> None:
    """F10."""
    with scene(tmp_path) as here:
        waits = []
        for number in range(5):
            page = f"<!doctype html><p>{number}".encode()
            here.web.answers[FEED] = ok(page, etag=f'"{number}"')
            result = pulled(here.puller, here)
            assert result.next_fetch_at is not None
            waits.append(result.next_fetch_at - here.clock.at)
            here.clock.forward(timedelta(days=2))

        assert waits == sorted(waits)
        assert waits[-1] > waits[0]


def test_a_pull_that_lost_its_claim_stores_nothing(tmp_path: Path) -> None:
    class Slow(Web):
        """Answers so late that another has claimed the source."""

        def get(self, request: Request) -> Response:
            here.clock.forward(LEASE)
            with here.world.database.write() as tx:
                assert claims.claim(tx, here.source().id, now=here.clock.at, lease=LEASE)
            return here.web.get(request)

    with scene(tmp_path) as here:
        here.web.answers[FEED] = ok(rss("Yksi"))

        result = pulled(replace(here.puller, http=Slow()), here)

        assert result.changes == NO_CHANGES
        with here.world.database.read() as tx:
            assert moderation.list_entries(tx) == ()


def test_the_reader_is_told_the_language_a_source_declares(tmp_path: Path) -> None:
    """P11."""
    told: list[str | None] = []

    class Listening:
        """Reads, and remembers what it was told."""

        def read(
            self, body: bytes, *, content_type: str | None, url: str, language: str | None
        ) -> ParsedFeed:
            told.append(language)
            return document.read(
                body, content_type=content_type, url=url, language=language, defaults=DEFAULTS
            )

    with scene(tmp_path, declared=(replace(a_declaration(), language="sv"),)) as here:
        here.web.answers[FEED] = ok(rss("Yksi"))
        pulled(replace(here.puller, parser=Listening()), here)

    assert told == ["sv"]
