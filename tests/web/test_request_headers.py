"""Whatever stands in a request's headers, the answer is never a fault of ours (5xx)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from syndicator.store.db.database import Database
from syndicator.web.negotiate import unchanged_since
from tests.pipeline.readers import Readers
from tests.pipeline.world import Clock
from tests.publish.sites import NOON
from tests.web.asgi import ask
from tests.web.worlds import World

WIRE = bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100)) + b"\t"
"""The bytes that a server lets stand in a header's value (RFC 9110 5.5)."""
PATHS = ("/", "/feed.xml", "/fi/", "/fi", "/fi/status", "/status", "/none", "/fi/confirm/x")
NUMBER = st.one_of(
    st.integers(min_value=-(10**25), max_value=10**25).map(str),
    st.sampled_from(["0", "00", "1e999", "nan", "inf", "-0", "0.5", "1_0", "٣", ""]),
)


def anything() -> st.SearchStrategy[bytes]:
    """Return any bytes of the wire."""
    return st.lists(st.sampled_from(WIRE), max_size=60).map(bytes)


def made_of(*pieces: str) -> st.SearchStrategy[bytes]:
    """Return values put together from the words of a header's grammar, numbers and any bytes."""
    piece = st.one_of(
        st.sampled_from([piece.encode() for piece in pieces]),
        NUMBER.map(str.encode),
        anything(),
    )
    return st.lists(piece, max_size=14).map(b"".join)


VALUES = {
    "If-Modified-Since": made_of(
        *("Mon, ", "01 ", "Jan ", "2020 ", "23:59:59 ", "24:60:61", "GMT", "+", "-9999", "9" * 20)
    ),
    "If-None-Match": made_of('"', 'W/"', "*", ",", " "),
    "Accept-Language": made_of("sv", "-FI", "*", ";", "q=", ",", "-"),
    "Accept-Encoding": made_of("br", "gzip", "x-gzip", "identity", "*", ";", "q=", ","),
    "Cookie": made_of("a", "=", ";", '"', "\\", " "),
    "Origin": made_of("https://", "null", "[", "]", "::1", ":", "@", "kaupungit.example", "/", "%"),
    "Sec-Fetch-Site": made_of("same-origin", "cross-site", "none", " "),
    "X-Forwarded-For": made_of("192.0.2.1", ":", "[", "]", "::1", ",", "%eth0", "/24", "unix:"),
    "X-Forwarded-Proto": made_of("https", "http", "wss", ","),
    "Host": made_of("kaupungit.example", "[", "]", "::1", ":", "@", "/", "?", "#", "%"),
    "Content-Type": made_of(
        *(
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=",
            ";",
            "charset=",
            '"',
        )
    ),
    "Content-Length": made_of("0", "-", "+", ","),
    "Range": made_of("bytes", "=", "-", ",", "0-0"),
}

HEADER = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), VALUES[name])
)
HEADERS = st.lists(HEADER, max_size=5, unique_by=lambda header: header[0]).map(dict)


@pytest.fixture(scope="module")
def app(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ASGIApp]:
    """The web behind the part of the server that believes a web server in front of it."""
    folder = tmp_path_factory.mktemp("headers")
    shutil.copytree(empty_sqlite, folder / "store")
    database = Database.open(None, data_dir=folder / "store")
    world = World(readers=Readers(database=database, folder=folder, clock=Clock(NOON)))
    world.publish("feed.xml", b"<rss/>")
    world.publish("fi/index.html", b"<p>", content_type="text/html; charset=utf-8")
    yield ProxyHeadersMiddleware(world.app(), trusted_hosts="*")  # type: ignore[arg-type, misc]
    database.close()


@given(headers=HEADERS, path=st.sampled_from(PATHS), method=st.sampled_from(["GET", "HEAD"]))
@example(
    headers={"If-Modified-Since": b"Mon, 01 Jan 2020 23:59:59 +99999999999999999999"},
    path="/feed.xml",
    method="GET",
)
@example(headers={"Host": b"["}, path="/fi", method="GET")
def test_no_header_of_a_reader_is_a_fault_of_ours(
    app: ASGIApp, headers: dict[str, bytes], path: str, method: str
) -> None:
    assert ask(app, path, method=method, headers=headers).status < 500


@given(
    headers=HEADERS, path=st.sampled_from(["/fi/subscribe", "/fi/register", "/fi/preferences/x"])
)
@example(headers={"Origin": b"https://["}, path="/fi/subscribe")
def test_no_header_of_a_form_is_a_fault_of_ours(
    app: ASGIApp, headers: dict[str, bytes], path: str
) -> None:
    body = b"address=maija%40example.fi&url=https%3A%2F%2Fraahe.example%2F"
    assert ask(app, path, method="POST", headers=headers, body=body).status < 500


@pytest.mark.parametrize("name", sorted(VALUES))
def test_any_value_of_each_header_is_answered(app: ASGIApp, name: str) -> None:
    @settings(max_examples=30)
    @given(value=VALUES[name], path=st.sampled_from(PATHS))
    def answered(value: bytes, path: str) -> None:
        assert ask(app, path, headers={name: value}).status < 500

    run: Callable[[], None] = answered
    run()


@pytest.mark.parametrize(
    "since",
    [
        b"Mon, 01 Jan 2020 23:59:59 +99999999999999999999",
        b"Mon, 01 Jan 99999999999999999999 23:59:59 GMT",
        b"Mon, 01 Jan 2020 99999999999999999999:59:59 GMT",
        b"Mon, 31 Dec 9999 23:59:59 -2359",
    ],
)
def test_a_date_beyond_the_calendar_does_not_say_that_nothing_changed(since: bytes) -> None:
    modified = datetime(2026, 11, 24, tzinfo=UTC)

    assert unchanged_since(since, modified=modified) == (b"9999" in since and b"-2359" in since)
