"""A server on loopback that says exactly the bytes it is told to, and remembers what it heard."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_network
from threading import Event, Thread
from typing import Self

import pytest

from syndicator.errors import FetchFailed
from syndicator.fetch.guard import Guard
from syndicator.fetch.http import Client, Limits
from syndicator.fetch.manners import Manners
from syndicator.model import Request

LOOPBACK = ip_network("127.0.0.0/8")
AGENT = "syndicator/0.1.0 (+https://verkosto.example/yhteys)"

Script = Callable[[socket.socket, str], None]


def client_for(*ports: int, **options: object) -> Client:
    """Return a client that may go to loopback at ``ports``, without spacing unless told."""
    guard = Guard(allow_networks=[LOOPBACK], allow_ports=ports)
    values: dict[str, object] = {
        "agent": AGENT,
        "guard": guard,
        "limits": Limits(),
        "manners": Manners(unspaced=[LOOPBACK]),
    } | options
    return Client(**values)  # type: ignore[arg-type]


def says(answer: bytes) -> Script:
    """Return a script that sends ``answer`` and closes."""

    def script(connection: socket.socket, _: str) -> None:
        connection.sendall(answer)

    return script


def ok(body: bytes, *headers: str) -> bytes:
    """Return a complete 200 with ``body``."""
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def moved(status: int, location: str, *headers: str) -> bytes:
    """Return a redirect."""
    head = [f"HTTP/1.1 {status} Moved", f"Location: {location}", "Content-Length: 0", *headers]
    return "\r\n".join(head).encode("utf-8") + b"\r\n\r\n"


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hangs(connection: socket.socket, _: str) -> None:
    """Say nothing until the client goes away."""
    connection.recv(1)


def failure(url: str, *ports: int, **options: object) -> FetchFailed:
    """Return the error that getting ``url`` ends with."""
    with pytest.raises(FetchFailed) as caught:
        client_for(*ports, **options).get(Request(url=url))
    return caught.value


class Server:
    """Answers each path by its script; ``heard`` holds every request's head, in order."""

    def __init__(self, scripts: dict[str, Script | bytes], *, host: str = "127.0.0.1") -> None:
        self.scripts = scripts
        self.heard: list[str] = []
        self.done = Event()
        self.tls: ssl.SSLContext | None = None
        self._listener = socket.create_server((host, 0))
        self.host, self.port = self._listener.getsockname()[:2]
        self._threads: list[Thread] = []

    def url(self, path: str = "/", *, host: str | None = None, scheme: str = "http") -> str:
        """Return the address of ``path`` here."""
        return f"{scheme}://{host or self.host}:{self.port}{path}"

    def asked(self, path: str) -> list[str]:
        """Return the heads of the requests for ``path``."""
        return [head for head in self.heard if head.split(" ")[1:2] == [path]]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.done.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with suppress(OSError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            head = self._head(connection)
            self.heard.append(head)
            path = head.split(" ")[1] if " " in head else ""
            script = self.scripts.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            (says(script) if isinstance(script, bytes) else script)(connection, head)
        connection.close()

    def _head(self, connection: socket.socket) -> str:
        heard = b""
        while b"\r\n\r\n" not in heard:
            chunk = connection.recv(65536)
            if not chunk:
                break
            heard += chunk
        return heard.decode("latin-1")


@contextmanager
def serving(scripts: dict[str, Script | bytes], *, host: str = "127.0.0.1") -> Iterator[Server]:
    """Run a server with ``scripts`` for the block."""
    with Server(scripts, host=host) as server:
        yield server


def header(head: str, name: str) -> str | None:
    """Return the value of a request header exactly as sent, or ``None``."""
    for line in head.split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        if key.lower() == name.lower():
            return value
    return None
