"""What strangers take of the web server ends: connections, heads, answers, lines (on loopback)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator import log
from syndicator.web.connections import (
    KEPT_FILES,
    MOST_CONNECTIONS,
    ConnectionLimiter,
    ConnectionLimits,
)
from tests.app.loopback import GET, Address, answered, connected, heard, served

BIG = b"x" * 40_000_000
"""More than the systems on both sides hold for a reader that does not read."""
STRANGER, OTHER = "127.0.0.2", "127.0.0.3"
SHORT = timedelta(seconds=0.3)
NONSENSE = b"nonsense\r\n\r\n"
LONG = timedelta(seconds=60)
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 80_000


async def site(scope: Any, receive: Any, send: Any) -> None:
    """Answer /big with much, and whatever else with two letters once its body was read."""
    while (await receive()).get("more_body"):
        pass
    body = BIG if scope["path"] == "/big" else b"ok"
    length = str(len(body)).encode()
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What is logged while a test runs."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = StringIO()
    log.configure(json=True, stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(lines: StringIO) -> list[dict[str, Any]]:
    """Return what was logged."""
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def big(address: Address, *, of: str = STRANGER) -> socket.socket:
    """Return a connection whose reader has seen the first byte of a big answer."""
    connection = connected(address, of=of)
    connection.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connection.recv(1) == b"H"
    return connection


def until(condition: Callable[[], bool]) -> None:
    """Return as soon as it holds."""
    ends, pause = time.monotonic() + 20, threading.Event()
    while not condition():
        assert time.monotonic() < ends
        pause.wait(0.02)


@pytest.mark.parametrize("more", [b"", b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 2, GET * 40])
def test_an_answer_that_nobody_reads_is_given_up(lines: StringIO, more: bytes) -> None:
    limiter = ConnectionLimiter(ConnectionLimits(patience=SHORT, counted_for=timedelta(0)))
    with served(site, limiter=limiter) as address, big(address) as reader:
        reader.sendall(more)
        until(lambda: '"unread": 1' in lines.getvalue())
        assert len(heard(reader)) < len(BIG)


def test_an_answer_that_is_read_slowly_is_given_whole() -> None:
    ticks = ConnectionLimiter(ConnectionLimits(patience=timedelta(seconds=0.1)))
    limiter = ConnectionLimiter(ConnectionLimits(patience=timedelta(seconds=1)))
    with (
        served(site, limiter=ticks) as clock,
        served(site, limiter=limiter) as address,
        big(address) as reader,
    ):
        read = 1
        for _ in range(15):
            with connected(clock) as silent:
                heard(silent)
            for _ in range(10):
                read += len(reader.recv(100_000))
        assert read < len(BIG) / 2
        reader.shutdown(socket.SHUT_WR)
        assert read + len(heard(reader)) > len(BIG)


def test_one_network_has_its_share_and_what_was_silent_longest_gives_way() -> None:
    limits = ConnectionLimits(patience=LONG, of_network=3, connections=100)
    with served(site, limiter=ConnectionLimiter(limits)) as address, ExitStack() as held:
        longest, last, first = (held.enter_context(connected(address, of=STRANGER)) for _ in "123")
        for connection in (longest, last, first):
            assert asked(connection).startswith(b"HTTP/1.1 200")

        assert answered(address, of=STRANGER).startswith(b"HTTP/1.1 200")
        assert heard(longest) == b""
        for connection in (first, last):
            assert asked(connection).startswith(b"HTTP/1.1 200")
        assert answered(address, of=OTHER).startswith(b"HTTP/1.1 200")


def test_readers_behind_a_web_server_that_is_trusted_are_not_counted_as_one_network() -> None:
    limits = ConnectionLimits(patience=LONG, of_network=1, connections=100)
    with served(site, limiter=ConnectionLimiter(limits)) as address, ExitStack() as held:
        readers = [held.enter_context(connected(address)) for _ in range(10)]
        for connection in readers:
            assert asked(connection).startswith(b"HTTP/1.1 200")


def test_readers_that_do_not_read_give_way_to_whoever_comes_when_all_places_are_taken() -> None:
    limiter = ConnectionLimiter(ConnectionLimits(patience=LONG, connections=8))
    with served(site, limiter=limiter) as address, ExitStack() as held:
        readers = [held.enter_context(big(address, of=f"127.0.1.{n}")) for n in range(8)]
        for n in range(8):
            newcomer = held.enter_context(connected(address, of=f"127.0.2.{n}"))
            assert asked(newcomer).startswith(b"HTTP/1.1 200")
        assert len(heard(readers[0])) < len(BIG)


class Gate:
    """The site, behind a gate that a test opens; ``begun`` counts who stands before it."""

    def __init__(self) -> None:
        self.opened, self.begun = threading.Event(), threading.Semaphore(0)
        self.passed = threading.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.release()
        await asyncio.to_thread(self.opened.wait, 20)
        try:
            await site(scope, receive, send)
        finally:
            self.passed.release()


def test_nobody_gives_way_while_their_answer_is_made() -> None:
    gate, limiter = Gate(), ConnectionLimiter(ConnectionLimits(patience=LONG, connections=2))
    with served(gate, limiter=limiter) as address, ExitStack() as held:
        waiting = [held.enter_context(connected(address)) for _ in range(2)]
        for connection in waiting:
            connection.sendall(GET)
            assert gate.begun.acquire(timeout=20)
        with connected(address) as late:
            assert heard(late).startswith(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n")
        gate.opened.set()
        for connection in waiting:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_whoever_asks_for_much_at_once_gives_way_though_it_is_being_made() -> None:
    gate, limiter = Gate(), ConnectionLimiter(ConnectionLimits(patience=LONG, connections=1))
    with served(gate, limiter=limiter) as address, connected(address) as greedy:
        greedy.sendall(GET * 50)
        assert gate.begun.acquire(timeout=20)
        gate.opened.set()
        with connected(address) as late:
            assert asked(late).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("sent", [GET, GET + NONSENSE, GET * 2 + NONSENSE, POST])
def test_a_reader_who_left_before_the_answer_is_no_error(lines: StringIO, sent: bytes) -> None:
    """uvloop raises for who writes to them, or reads on: a traceback for each of them."""
    gate, limiter = Gate(), ConnectionLimiter(ConnectionLimits(patience=LONG))
    with served(gate, limiter=limiter) as address:
        with connected(address) as reader:
            # Nothing more is waited for at the end: the server is told that we are gone.
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            reader.sendall(sent)
            assert gate.begun.acquire(timeout=20)
        gate.opened.set()
        assert gate.passed.acquire(timeout=20)
        assert answered(address).startswith(b"HTTP/1.1 200")

    assert not [line for line in logged(lines) if line["level"] != "info"]


def asked(connection: socket.socket) -> bytes:
    """Return the beginning of the answer to a request on this connection."""
    connection.sendall(GET)
    return connection.recv(1000)


@pytest.mark.parametrize("files", [64, 256, 1024, 4096, 1_048_576])
def test_strangers_get_fewer_files_than_the_process_may_open(files: int) -> None:
    limits = ConnectionLimits.within(files)

    assert limits.connections <= min(MOST_CONNECTIONS, files - min(KEPT_FILES, files // 2))
    assert 1 <= limits.of_network <= limits.connections // 4


def head(*, lines: int = 0, length: int = 0, path: int = 1) -> bytes:
    """Return a request with so many header lines beside Host, and one of that length."""
    more = b"".join(b"X-%d: y\r\n" % n for n in range(lines))
    long = b"Y: " + b"y" * length + b"\r\n" if length else b""
    return b"GET /" + b"p" * path + b" HTTP/1.1\r\nHost: a\r\n" + more + long + b"\r\n"


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head(lines=99), b"200"),
        (head(lines=100), b"431"),
        (head(length=65_000), b"200"),
        (head(length=66_000), b"431"),
        (head(path=66_000), b"431"),
        (head(length=66_000)[:-4], b"431"),
        (head(path=66_000)[:65_700], b"431"),
        (head(lines=101)[:-2], b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
         + b"T: y\r\n" * 200, b"431"),
    ],
)  # fmt: skip
def test_a_head_of_more_than_100_lines_or_64_kb_is_refused_even_before_it_is_whole(
    request_head: bytes, status: bytes
) -> None:
    with (
        served(site, limiter=ConnectionLimiter(ConnectionLimits(patience=LONG))) as address,
        connected(address) as connection,
    ):
        connection.sendall(request_head)
        answer = connection.recv(1000)
        assert answer.startswith(b"HTTP/1.1 " + status), answer
        if status == b"431":
            assert heard(connection) == b""


@pytest.mark.parametrize("line", [b"a: b\r\n", b"y" * 1000])
def test_a_head_without_end_costs_no_memory(line: bytes) -> None:
    with (
        served(site, limiter=ConnectionLimiter(ConnectionLimits(patience=LONG))) as address,
        connected(address) as connection,
    ):
        before, sent, part = memory(), 0, line * (100_000 // len(line))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        try:
            while sent < 100_000_000:
                connection.sendall(part)
                sent += len(part)
        except ConnectionError:
            pass
        assert sent < 20_000_000
        assert memory() - before < 20_000_000


def memory() -> int:
    """Return the bytes that this process holds."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_requests_in_one_packet_are_answered_up_to_a_number(lines: StringIO) -> None:
    last = GET.replace(b"Host: a", b"Connection: close\r\nHost: a")
    limiter = ConnectionLimiter(ConnectionLimits(patience=LONG, at_once=50))
    with served(site, limiter=limiter) as address, ExitStack() as held:
        few, many = (held.enter_context(connected(address)) for _ in range(2))
        few.sendall(GET * 40 + last)
        assert heard(few).count(b"HTTP/1.1 200") == 41
        many.sendall(GET * 2_000)
        assert heard(many).count(b"HTTP/1.1 200") < 1_000
    limiter.tally.flush()
    assert "too_many_at_once" in lines.getvalue()


def test_a_body_is_no_head() -> None:
    body = b"y\n" * 100_000
    limiter = ConnectionLimiter(ConnectionLimits(patience=LONG))
    with served(site, limiter=limiter) as address:
        post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        assert answered(address, post).startswith(b"HTTP/1.1 200")


def test_bad_requests_are_one_line_of_the_log_with_how_many_they_were(lines: StringIO) -> None:
    limiter = ConnectionLimiter(ConnectionLimits(patience=LONG, counted_for=timedelta(0)))
    with served(site, limiter=limiter) as address:
        for _ in range(20):
            assert answered(address, NONSENSE).startswith(b"HTTP/1.1 400")
        for _ in range(3):
            assert answered(address, head(lines=200)).startswith(b"HTTP/1.1 431")
        upgrade = GET.replace(b"Host: a", b"Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket")
        assert answered(address, upgrade).startswith(b"HTTP/1.1 200")
    limiter.tally.flush()

    (line,) = logged(lines)
    assert (line["event"], line["bad_request"], line["large_head"]) == ("connections closed", 20, 3)


def test_what_was_closed_is_logged_while_the_server_runs(lines: StringIO) -> None:
    with served(
        site, limiter=ConnectionLimiter(ConnectionLimits(patience=SHORT, counted_for=timedelta(0)))
    ) as address:
        with connected(address) as silent:
            heard(silent)
        until(lambda: "silent" in lines.getvalue())

        # The server still runs: nobody asked for the tally at its end.
        (line,) = logged(lines)
        assert (line["event"], line["silent"]) == ("connections closed", 1)


PIECES = st.lists(
    st.sampled_from(
        [
            GET,
            b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"5\r\nabcde\r\n",
            b"zz\r\n",
            b"0\r\n\r\n",
            b"x" * 70_000,
            b"GET / HTTP/1.1\r\nHost: \xff[\r\nContent-Length: -1\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET http://[ HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01",
            b"\r\n",
        ]
    ),
    min_size=1,
    max_size=8,
)


def test_whatever_strangers_send_and_whenever_they_hang_up_nothing_of_it_is_an_error(
    lines: StringIO,
) -> None:
    limiter = ConnectionLimiter(ConnectionLimits(patience=LONG))
    with served(site, limiter=limiter) as address:

        @settings(max_examples=150)
        @given(pieces=PIECES, reads=st.booleans())
        def stranger(pieces: list[bytes], *, reads: bool) -> None:
            with connected(address) as connection:
                connection.settimeout(0.05)
                # Nothing is lost on the way out: a reset reaches the server while it is at work.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                try:
                    for piece in pieces:
                        connection.sendall(piece)
                    if reads:
                        assert b"HTTP/1.1 5" not in connection.recv(1000)[:12]
                except (ConnectionError, TimeoutError):
                    pass

        run: Callable[[], None] = stranger
        run()
        assert answered(address).startswith(b"HTTP/1.1 200")
    assert not [line for line in logged(lines) if line["level"] != "info"]
