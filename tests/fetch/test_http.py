"""The only door to the web, against servers on loopback that say exactly what they are told."""

from __future__ import annotations

import gzip
import socket
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from syndicator.errors import Oversized, Refused
from syndicator.fetch.guard import Guard
from syndicator.fetch.http import Limits
from syndicator.model import Hop, Reason, Request, Validators
from tests.fetch.servers import AGENT, Server, client_for, failure, header, moved, ok, serving

FEED = b"<rss>juttu</rss>"
NOT_MODIFIED = b"HTTP/1.1 304 Not Modified\r\n\r\n"


def refused(server: Server, url: str, *ports: int) -> Refused:
    with pytest.raises(Refused) as caught:
        client_for(server.port, *ports).get(Request(url=url))
    return caught.value


def test_a_body_comes_back_unpacked_with_its_headers() -> None:
    packed = gzip.compress(FEED)
    with serving({"/feed": ok(packed, "Content-Encoding: gzip", "X-Many: a", "X-Many: b")}) as web:
        answer = client_for(web.port).get(Request(url=web.url("/feed")))

    assert (answer.url, answer.status, answer.body) == (web.url("/feed"), 200, FEED)
    assert answer.headers["x-many"] == "a, b"
    assert answer.wire_bytes >= len(packed)
    assert not answer.conditional


def test_we_say_who_we_are_and_what_we_read_f6_f7() -> None:
    with serving({"/feed": ok(FEED)}) as web:
        client_for(web.port).get(Request(url=web.url("/feed")))

    [head] = web.heard
    assert head.startswith("GET /feed HTTP/1.1\r\n")
    assert header(head, "User-Agent") == AGENT
    assert "gzip" in (header(head, "Accept-Encoding") or "")
    assert header(head, "Host") == f"127.0.0.1:{web.port}"


def test_nothing_else_is_told_or_asked_f5() -> None:
    scripts = {
        "/a": moved(302, "/b", "Set-Cookie: c=1; Path=/"),
        "/b": ok(FEED, "Set-Cookie: d=1; Path=/"),
    }
    with serving({**scripts}) as web:
        client = client_for(web.port)
        for _ in range(2):
            client.get(Request(url=web.url("/a")))

    assert [head.split(" ")[0] for head in web.heard] == ["GET"] * 4
    for head in web.heard:
        names = {line.split(":")[0].lower() for line in head.split("\r\n")[1:] if line}
        assert names == {"host", "user-agent", "accept", "accept-encoding"}


def test_a_query_and_path_go_out_as_they_are_but_in_ascii() -> None:
    with serving({"/py%C3%B6r%C3%A4?q=a%2Fb&c=%C3%A5": ok(FEED)}) as web:
        answer = client_for(web.port).get(Request(url=web.url("/pyörä?q=a%2Fb&c=å#x")))
    assert answer.status == 200


# --- F1: validators


@pytest.mark.parametrize(
    "value", [b'"abc-1"', b'W/"wk-1"', b'"\xe4\xf6\xff"', b'"a", "b"', b"not quoted  twice"]
)
def test_validators_come_back_byte_for_byte_f1(value: bytes) -> None:
    raw = b"HTTP/1.1 200 OK\r\nETag:   " + value + b"  \r\nLast-Modified: " + value + b"\r\n"
    with serving({"/feed": raw + b"Content-Length: 6\r\n\r\n<rss/>"}) as web:
        client, url = client_for(web.port), web.url("/feed")
        first = client.get(Request(url=url))
        known = Validators(etag=first.headers["etag"], last_modified=first.headers["last-modified"])
        second = client.get(Request(url=url, validators={url: known}))

    assert header(web.heard[0], "If-None-Match") is None
    assert header(web.heard[1], "If-None-Match") == value.decode("latin-1")
    assert header(web.heard[1], "If-Modified-Since") == value.decode("latin-1")
    assert second.conditional


def test_a_304_confirms_the_validators_it_does_not_repeat_f1() -> None:
    with serving({"/feed": b'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\n\r\n'}) as web:
        url = web.url("/feed")
        known = Validators(etag='"1"', last_modified="Mon, 02 Nov 2026 06:07:08 GMT")
        answer = client_for(web.port).get(Request(url=url, validators={url: known}))

    assert answer.status == 304
    assert answer.headers["etag"] == '"2"'
    assert answer.headers["last-modified"] == "Mon, 02 Nov 2026 06:07:08 GMT"


def test_a_bare_304_confirms_both_validators_f1() -> None:
    with serving({"/feed": NOT_MODIFIED}) as web:
        url = web.url("/feed")
        known = Validators(etag='"1"', last_modified="Mon, 02 Nov 2026 06:07:08 GMT")
        answer = client_for(web.port).get(Request(url=url, validators={url: known}))

    assert answer.headers["etag"] == '"1"'
    assert answer.headers["last-modified"] == "Mon, 02 Nov 2026 06:07:08 GMT"


def test_no_connection_is_kept_f12() -> None:
    """A kept one would be used again without asking the guard."""
    ended = Event()

    def stays_open(connection: socket.socket, _: str) -> None:
        connection.sendall(ok(FEED))
        if not connection.recv(1):
            ended.set()

    with serving({"/": stays_open}) as web:
        client = client_for(web.port)
        client.get(Request(url=web.url()))
        assert ended.wait(2), "the connection is still there"
        client.close()


def test_each_hop_carries_its_own_validators_and_no_others_f8() -> None:
    with serving({"/old": moved(301, "/new"), "/new": NOT_MODIFIED}) as web:
        old, new = web.url("/old"), web.url("/new")
        known = {old: Validators(etag='"old"'), new: Validators(etag='"new"')}
        answer = client_for(web.port).get(Request(url=old, validators=known))
        client_for(web.port).get(Request(url=old, validators={old: Validators(etag='"old"')}))

    sent = [header(head, "If-None-Match") for head in web.heard]
    assert sent == ['"old"', '"new"', '"old"', None]
    assert answer.conditional


# --- F8, F11, F12: redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_each_kind_of_redirect_is_followed_and_told_f8(status: int) -> None:
    with serving({"/a/old": moved(status, "new"), "/a/new": ok(FEED)}) as web:
        answer = client_for(web.port).get(Request(url=web.url("/a/old")))

    assert answer.url == web.url("/a/new")
    assert answer.hops == (Hop(url=web.url("/a/old"), status=status, target=web.url("/a/new")),)


@pytest.mark.parametrize("status", [300, 304, 305, 306])
def test_other_statuses_of_that_kind_are_answers(status: int) -> None:
    with serving({"/": moved(status, "/b"), "/b": ok(FEED)}) as web:
        assert client_for(web.port).get(Request(url=web.url())).status == status


def test_five_redirects_are_followed_and_not_a_sixth_f11() -> None:
    chain = {f"/{n}": moved(302, f"/{n + 1}") for n in range(7)}
    with serving({**chain, "/7": ok(FEED)}) as web:
        assert len(client_for(web.port).get(Request(url=web.url("/2"))).hops) == 5
        error = refused(web, web.url("/1"))

    assert error.reason is Reason.REDIRECTS
    assert web.asked("/7") == web.asked("/7")[:1]


def test_a_circle_is_noticed_at_once_f11() -> None:
    with serving({"/a": moved(302, "/b"), "/b": moved(302, "/a#again")}) as web:
        error = refused(web, web.url("/a"))
    assert error.reason is Reason.REDIRECTS
    assert len(web.heard) == 2


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", Reason.REDIRECT_TARGET),
        ("gopher://127.0.0.1:70/", Reason.REDIRECT_TARGET),
        ("http://user:word@127.0.0.1/", Reason.REDIRECT_TARGET),
        ("http://169.254.169.254/latest/meta-data/", Reason.ADDRESS),
        ("http://10.0.0.1/feed", Reason.ADDRESS),
        ("http://[::1]/feed", Reason.ADDRESS),
        ("http://2852039166/", Reason.ADDRESS),
        ("http://127.0.0.1:22/", Reason.ADDRESS),
    ],
)
def test_a_redirect_leads_nowhere_we_would_not_go_ourselves_f12(
    location: str, reason: Reason
) -> None:
    with serving({"/": moved(302, location)}) as web:
        assert refused(web, web.url()).reason is reason


def test_a_redirect_without_location_leads_nowhere() -> None:
    with serving({"/": b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"}) as web:
        assert refused(web, web.url()).reason is Reason.REDIRECT_TARGET


def test_a_location_in_utf8_is_understood() -> None:
    with serving({"/": moved(302, "/pyörä"), "/py%C3%B6r%C3%A4": ok(FEED)}) as web:
        assert client_for(web.port).get(Request(url=web.url())).body == FEED


# --- F12: where we go


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_nothing_is_sent_to_a_private_address_f12(host: str) -> None:
    with serving({"/": ok(FEED)}) as web:
        client = client_for(web.port, guard=Guard(allow_ports=[web.port]))
        with pytest.raises(Refused) as caught:
            client.get(Request(url=web.url(host=host)))

    assert caught.value.reason is Reason.ADDRESS
    assert web.heard == []


def test_a_name_is_checked_by_the_address_it_is_connected_at_f12() -> None:
    """``localhost`` passes as a name; each address it resolves to is judged by itself."""
    with serving({"/": ok(FEED)}) as web:
        answer = client_for(web.port).get(Request(url=web.url(host="localhost")))

    assert answer.body == FEED
    assert header(web.heard[0], "Host") == f"localhost:{web.port}"


def test_ports_that_are_not_allowed_are_not_connected_f12() -> None:
    with serving({"/": ok(FEED)}) as web:
        client = client_for(web.port + 1)
        with pytest.raises(Refused):
            client.get(Request(url=web.url()))
    assert web.heard == []


def test_no_proxy_and_no_password_file_of_the_environment_is_used_f7(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving({}) as proxy, serving({"/": ok(FEED)}) as web:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        answer = client_for(web.port).get(Request(url=web.url(host="localhost")))

    assert answer.body == FEED
    assert proxy.heard == []
    assert header(web.heard[0], "Authorization") is None


# --- heads


def test_early_hints_are_not_the_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nETag: early\r\n\r\n"
    with serving({"/": early + ok(FEED, "X: y")}) as web:
        answer = client_for(web.port).get(Request(url=web.url()))
    assert (answer.status, answer.headers.get("etag"), answer.headers["x"]) == (200, None, "y")


def test_a_trailer_changes_nothing() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n"
    with serving({"/": chunked + b"6\r\n<rss/>\r\n0\r\nETag: late\r\n\r\n"}) as web:
        answer = client_for(web.port).get(Request(url=web.url()))
    assert (answer.body, answer.headers.get("etag")) == (b"<rss/>", None)


def test_a_folded_header_is_one_value() -> None:
    with serving({"/": ok(FEED, "Cache-Control: max-age=60,\r\n  public")}) as web:
        answer = client_for(web.port).get(Request(url=web.url()))
    assert answer.headers["cache-control"].split() == ["max-age=60,", "public"]


def test_the_first_of_two_singular_headers_counts() -> None:
    with serving({"/": ok(FEED, "ETag: 1", "ETag: 2")}) as web:
        assert client_for(web.port).get(Request(url=web.url())).headers["etag"] == "1"


def test_a_status_line_inside_the_head_is_no_new_answer() -> None:
    with serving({"/": ok(FEED, "A: b", "HTTP/1.1 304 Not Modified: x")}) as web:
        assert client_for(web.port).get(Request(url=web.url())).status == 200


@pytest.mark.parametrize("status", [404, 410, 500])
def test_the_body_of_an_error_is_not_read(status: int) -> None:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: 999999999\r\nETag: a\r\n\r\n".encode()
    with serving({"/": head + FEED}) as web:
        answer = client_for(web.port).get(Request(url=web.url()))
    assert (answer.status, answer.body) == (status, b"")


def test_http_1_0_without_length_ends_when_it_ends() -> None:
    with serving({"/": b"HTTP/1.0 200 OK\r\n\r\n" + FEED}) as web:
        assert client_for(web.port).get(Request(url=web.url())).body == FEED


# --- F11: limits


def test_the_body_limit_is_counted_unpacked_f11() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    with serving({"/": ok(bomb, "Content-Encoding: gzip")}) as web:
        client = client_for(web.port, limits=Limits(body_bytes=1_000_000))
        with pytest.raises(Oversized) as caught:
            client.get(Request(url=web.url()))
    assert caught.value.reason is Reason.SIZE


def test_a_body_announced_too_large_is_not_read_f11() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n"
    with serving({"/": head}) as web:
        client = client_for(web.port, limits=Limits(body_bytes=1_000_000))
        with pytest.raises(Oversized) as caught:
            client.get(Request(url=web.url()))
    assert caught.value.reason is Reason.SIZE


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Fill: y\r\n" * 7000,
        b"X: " + b"y" * 66_000 + b"\r\n",
        b"X: " + b"y" * 400_000 + b"\r\n",
        b"X: y\r\n" * 100_000,
    ],
)
def test_headers_have_a_limit_f11(headers: bytes) -> None:
    with serving({"/": b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n"}) as web:
        error = failure(web.url(), web.port)
    assert (type(error), error.reason) == (Oversized, Reason.HEADERS)


def test_a_request_without_time_left_is_not_sent_f11() -> None:
    with serving({"/": ok(FEED)}) as web:
        with pytest.raises(Oversized) as caught:
            client_for(web.port).get(Request(url=web.url(), within=timedelta()))
        assert web.heard == []
    assert caught.value.reason is Reason.TIMEOUT


def test_a_request_may_have_less_time_than_the_client_gives_f11() -> None:
    def drip(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<")
        connection.recv(1)

    with serving({"/": drip}) as web:
        client = client_for(web.port, limits=Limits(wall=timedelta(minutes=10)))
        with pytest.raises(Oversized) as caught:
            client.get(Request(url=web.url(), within=timedelta(seconds=0.2)))
    assert caught.value.reason is Reason.TIMEOUT


def test_endless_early_answers_have_the_same_limit_f11() -> None:
    with serving({"/": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 5000}) as web:
        assert failure(web.url(), web.port).reason is Reason.HEADERS


def test_a_form_is_posted_to_a_hub() -> None:
    with serving({"/hub": b"HTTP/1.1 204 No Content\r\n\r\n"}) as web:
        form = {"hub.mode": "publish", "hub.url": "https://seutu.example/feed.xml"}
        answer = client_for(web.port).post(web.url("/hub"), form=form)

    assert answer.status == 204
    [head] = web.heard
    assert head.startswith("POST /hub ")
    assert header(head, "Content-Type") == "application/x-www-form-urlencoded"
