"""The server that ``run`` uses, on loopback, with a limiter of the test's own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn

from syndicator.app.serving import web_config
from syndicator.web.connections import ConnectionLimiter

Address = tuple[str, int]
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def served(app: Callable[..., Awaitable[None]], *, limiter: ConnectionLimiter) -> Iterator[Address]:
    """Serve ``app`` while the block runs; yield where."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(web_config(app, limiter=limiter))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def connected(address: Address, *, of: str = "127.0.0.1") -> socket.socket:
    """Return a connection from an address of loopback: 127.0.0.1 is trusted as a proxy's is, any
    other is a stranger's."""
    connection = socket.create_connection(address, timeout=20, source_address=(of, 0))
    connection.settimeout(20)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes, in whatever way it does."""
    connection.settimeout(20)
    said = bytearray()
    try:
        while part := connection.recv(65_536):
            said += part
    except ConnectionError:
        pass
    return bytes(said)


def answered(address: Address, request: bytes = GET, *, of: str = "127.0.0.1") -> bytes:
    """Return the head of the answer to a request on a connection of its own."""
    with connected(address, of=of) as connection:
        connection.sendall(request)
        return connection.recv(65_536).partition(b"\r\n\r\n")[0]
