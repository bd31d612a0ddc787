"""Published bytes from memory: validators, encodings, freshness, bounds."""

from __future__ import annotations

import asyncio
import gzip
import threading
from datetime import timedelta
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from syndicator.store.db.database import Database
from syndicator.web.published import Published
from tests.builders import HOME
from tests.store.statements import heard, reading
from tests.web.asgi import ask, asking
from tests.web.worlds import World

BODY = b"<rss>" + b"Torin uudistus. " * 200 + b"</rss>"


@pytest.fixture
def world(world: World) -> World:
    world.publish("feed.xml", BODY)
    return world


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=nonsense", None),
        ("identity;q=1, gzip;q=0.5", None),
    ],
)
def test_the_encoding_a_reader_wants_most_is_sent(
    world: World, accept: str, coding: str | None
) -> None:
    """O3: gzip and br are prepared, and chosen by q."""
    reply = ask(world.app(), "/feed.xml", headers={"Accept-Encoding": accept})

    assert reply.headers.get("content-encoding") == coding
    plain = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[coding](reply.body)
    assert plain == BODY
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["vary"] == "Accept-Encoding"


def test_each_encoding_has_a_strong_validator_of_its_own(world: World) -> None:
    """O3: compressed bytes are another representation (RFC 9110 8.8.3.3)."""
    etags = {
        ask(world.app(), "/feed.xml", headers={"Accept-Encoding": accept}).headers["etag"]
        for accept in ("identity", "gzip", "br")
    }

    assert len(etags) == 3
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)


@pytest.mark.parametrize("form", ["{0}", "W/{0}", '"other", {0}', '"x" , W/{0}', "*"])
def test_a_reader_who_holds_it_gets_304_without_the_bytes(world: World, form: str) -> None:
    """O3: If-None-Match as one tag, a list, weak, or a star."""
    etag = ask(world.app(), "/feed.xml").headers["etag"]

    reply = ask(world.app(), "/feed.xml", headers={"If-None-Match": form.format(etag)})

    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["etag"] == etag
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.headers["vary"] == "Accept-Encoding"
    assert "content-length" not in reply.headers


def test_the_validator_of_another_encoding_is_no_match(world: World) -> None:
    etag = ask(world.app(), "/feed.xml", headers={"Accept-Encoding": "gzip"}).headers["etag"]

    reply = ask(world.app(), "/feed.xml", headers={"If-None-Match": etag})

    assert (reply.status, reply.body) == (200, BODY)


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Tue, 24 Nov 2026 10:00:00 GMT", 304),
        ("Wed, 25 Nov 2026 10:00:00 GMT", 304),
        ("Tue, 24 Nov 2026 09:59:59 GMT", 200),
        ("Tue, 24 Nov 2026 10:00:00", 304),
        ("yesterday", 200),
        ("", 200),
    ],
)
def test_a_moment_is_compared_when_no_tag_is_sent(world: World, since: str, status: int) -> None:
    """O3: If-Modified-Since; a date that is none says nothing (RFC 9110 13.1.3)."""
    assert ask(world.app(), "/feed.xml", headers={"If-Modified-Since": since}).status == status


def test_a_tag_outweighs_a_moment(world: World) -> None:
    """RFC 9110 13.2.2: If-Modified-Since is ignored beside If-None-Match."""
    reply = ask(
        world.app(),
        "/feed.xml",
        headers={
            "If-None-Match": '"other"',
            "If-Modified-Since": "Wed, 25 Nov 2026 10:00:00 GMT",
        },
    )

    assert reply.status == 200


def test_head_tells_the_same_and_sends_nothing(world: World) -> None:
    """O3."""
    for accept in ("identity", "br"):
        headers = {"Accept-Encoding": accept}
        get = ask(world.app(), "/feed.xml", headers=headers)
        head = ask(world.app(), "/feed.xml", method="HEAD", headers=headers)

        assert head.headers == get.headers
        assert head.body == b""


def test_any_page_may_read_a_feed_by_script_and_no_page_of_ours(world: World) -> None:
    """O3: CORS is open on feeds; a page has no use for it."""
    world.publish("fi/index.html", b"<p>", content_type="text/html; charset=utf-8")
    feed = ask(world.app(), "/feed.xml")
    preflight = ask(world.app(), "/feed.xml", method="OPTIONS")

    assert feed.headers["access-control-allow-origin"] == "*"
    assert "ETag" in feed.headers["access-control-expose-headers"]
    assert preflight.status == 204
    assert "If-None-Match" in preflight.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in ask(world.app(), "/fi/").headers


def test_a_document_cannot_be_posted_to(world: World) -> None:
    reply = ask(world.app(), "/feed.xml", method="POST")

    assert reply.status == 405
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS"


def test_what_is_in_memory_is_not_loaded_again(world: World) -> None:
    app = world.app()
    with world.loads() as loads:
        for _ in range(3):
            assert ask(app, "/feed.xml").body == BODY

    assert loads == ["feed.xml"]


def test_a_change_is_seen_within_a_second_and_checked_for_once_a_second(world: World) -> None:
    """One changed entry reaches readers within 2 s; a thousand readers cost one query a second."""
    statements: list[tuple[str, object]] = []
    app = world.app()
    ask(app, "/feed.xml")
    world.publish("feed.xml", b"<rss>new</rss>")

    world.seconds += 0.9
    with heard(world.database, lambda *statement: statements.append(statement)):
        assert ask(app, "/feed.xml").body == BODY
    assert statements == []

    world.seconds += 0.2
    assert ask(app, "/feed.xml").body == b"<rss>new</rss>"


def test_after_publishing_the_next_reader_can_be_served_at_once(world: World) -> None:
    app = world.app()
    ask(app, "/feed.xml")
    world.publish("feed.xml", b"<rss>new</rss>")

    app.invalidate()

    assert ask(app, "/feed.xml").body == b"<rss>new</rss>"


def test_memory_has_an_end_and_what_was_asked_for_longest_ago_leaves_first(world: World) -> None:
    for name in ("a", "b", "c"):
        world.publish(f"{name}.xml", name.encode() * 100)
    app = _published(world, budget_bytes=2 * 4500)

    with world.loads() as loads:
        for path in ("/a.xml", "/b.xml", "/a.xml", "/c.xml", "/a.xml", "/b.xml"):
            assert ask(app, path).status == 200

    assert loads == ["a.xml", "b.xml", "c.xml", "b.xml"]


def test_what_is_larger_than_the_memory_is_served_and_not_kept(world: World) -> None:
    world.publish("feed.xml", BODY)
    app = _published(world, budget_bytes=100)

    with world.loads() as loads:
        assert ask(app, "/feed.xml").body == ask(app, "/feed.xml").body == BODY
    assert loads == ["feed.xml", "feed.xml"]


def test_a_path_with_nothing_is_looked_up_once_and_handed_on(world: World) -> None:
    app = _published(world)

    with world.loads() as loads:
        assert ask(app, "/nothing.xml").text == ask(app, "/nothing.xml").text == "inside"
    assert loads == ["nothing.xml"]

    world.publish("nothing.xml", b"now here")
    app.invalidate()
    assert ask(app, "/nothing.xml").text == "now here"


@pytest.mark.parametrize("path", ["/", "/" + "a" * 400, "/a\0b"])
def test_a_path_that_can_be_no_document_asks_no_database(world: World, path: str) -> None:
    with world.loads() as loads:
        assert ask(_published(world), path).text == "inside"
    assert loads == []


def test_a_folder_is_answered_by_its_page(world: World) -> None:
    world.publish("fi/cities/index.html", b"<p>", content_type="text/html; charset=utf-8")

    assert ask(world.app(), "/fi/cities/").status == 200


def test_bytes_read_while_something_was_published_are_not_kept(world: World) -> None:
    """A slow load that began before a publication must not hide it."""
    world.publish("feed.xml", b"old")
    loading, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        if not loading.is_set():
            loading.set()
            assert go_on.wait(5)

    app = _published(world)

    async def race() -> tuple[bytes, bytes]:
        first = asyncio.create_task(asking(app, "/feed.xml"))
        await asyncio.to_thread(loading.wait, 5)
        world.publish("feed.xml", b"new")
        app.invalidate()
        await asking(app, "/")
        go_on.set()
        return (await first).body, (await asking(app, "/feed.xml")).body

    with heard(world.database, reading("artefact", wait), after=True):
        assert asyncio.run(race()) == (b"old", b"new")


def test_many_readers_of_a_new_document_cost_one_load(world: World) -> None:
    world.publish("feed.xml", BODY)
    app = _published(world)

    async def crowd() -> list[int]:
        await asking(app, "/")
        replies = await asyncio.gather(*(asking(app, "/feed.xml") for _ in range(20)))
        return [reply.status for reply in replies]

    with world.loads() as loads:
        assert asyncio.run(crowd()) == [200] * 20
    assert loads == ["feed.xml"]


def test_what_is_no_request_is_handed_on(world: World) -> None:
    """A server may ask about its own start and stop; a document has no part in that."""
    handed: list[str] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        handed.append(scope["type"])

    app = Published(inside, database=world.database, monotonic=lambda: world.seconds, https=False)

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    asyncio.run(app({"type": "lifespan"}, nothing, nothing))  # type: ignore[arg-type]

    assert handed == ["lifespan"]


def _published(world: World, *, budget_bytes: int = 1_000_000) -> Published:
    return Published(
        PlainTextResponse("inside"),
        database=world.database,
        monotonic=lambda: world.seconds,
        https=False,
        budget_bytes=budget_bytes,
        check_every=timedelta(seconds=1),
    )


def test_a_304_says_what_a_cache_needs_and_nothing_a_browser_holds_already(world: World) -> None:
    """RFC 9110 15.4.5; each header costs the server more than choosing the answer."""
    etag = ask(world.app(), "/feed.xml").headers["etag"]

    reply = ask(world.app(), "/feed.xml", headers={"If-None-Match": etag})

    assert set(reply.headers) == {
        "etag",
        "cache-control",
        "vary",
        "access-control-allow-origin",
        "access-control-expose-headers",
    }


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_again(
    world: World, tmp_path: Path
) -> None:
    world.database = Database.open(f"sqlite:///{tmp_path}/missing/x", data_dir=tmp_path, **HOME)

    reply = ask(_published(world), "/feed.xml")

    assert (reply.status, reply.headers["retry-after"]) == (503, "60")
