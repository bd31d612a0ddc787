"""Who holds a connection and sends no whole request is not waited for (on loopback)."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from syndicator.web.connections import ConnectionLimiter, ConnectionLimits
from tests.app.loopback import GET, heard, served

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"


class Slow:
    """An app that reads the request and answers when it is allowed to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await asyncio.to_thread(self.may_answer.wait, 20)
        head = {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"2")],
        }
        await send(head)
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def app() -> Slow:
    return Slow()


@pytest.fixture
def address(app: Slow) -> Iterator[tuple[str, int]]:
    with served(
        app, limiter=ConnectionLimiter(ConnectionLimits(patience=timedelta(seconds=0.3)))
    ) as address:
        yield address
        app.may_answer.set()


@pytest.mark.parametrize("begun", [b"", b"\r\n", GET[:-2], POST, POST + b"a", GET[:1]])
def test_what_never_becomes_a_request_is_closed(
    app: Slow, address: tuple[str, int], begun: bytes
) -> None:
    app.may_answer.set()
    with socket.create_connection(address) as connection:
        connection.sendall(begun)
        assert b"200" not in heard(connection)


@pytest.mark.parametrize("again", [b"\r\n", GET[:-2], POST + b"a"])
def test_nor_is_waited_for_the_next_one(app: Slow, address: tuple[str, int], again: bytes) -> None:
    app.may_answer.set()
    with socket.create_connection(address) as connection:
        connection.sendall(GET)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.sendall(again)
        assert b"200" not in heard(connection)


def test_a_whole_request_is_answered_however_long_that_takes(
    app: Slow, address: tuple[str, int]
) -> None:
    with socket.create_connection(address) as asking:
        asking.sendall(POST + b"123456789" + GET)
        with socket.create_connection(address) as silent:
            assert heard(silent) == b""
        app.may_answer.set()
        assert heard(asking).count(b"HTTP/1.1 200") == 2
