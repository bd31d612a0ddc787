"""One answer while it arrives: its headers, its body, and the limits on both.

The HTTP library calls these methods from inside C, where an exception would only be printed. So
each says by its return value whether to go on, and what went wrong is kept for the caller.
"""

from __future__ import annotations

import re
import socket
from typing import Protocol

from syndicator.errors import FetchFailed, HostBusy, Oversized, Refused
from syndicator.fetch.decode import Body, BodyCut, BodyDamaged, BodyTooLarge
from syndicator.fetch.guard import Guard
from syndicator.fetch.manners import Visit
from syndicator.fetch.outcome import CONTENT
from syndicator.model import Reason

STOP = -1
"""Returned from a callback: end the transfer."""

NO_SOCKET = -1
"""Returned instead of a socket: do not connect to this address."""

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?: |\r|\n|$)")
_SINGLE = frozenset(
    {"etag", "last-modified", "location", "content-type", "date", "expires", "retry-after"}
)


class SocketAddress(Protocol):
    """What the HTTP library says of the address it is about to connect to."""

    family: int
    socktype: int
    protocol: int
    addr: tuple[str, int] | tuple[str, int, int, int]


class Arrival:
    """What has come of one answer so far.

    Attributes:
        status: of the last status line read; 0 before any.
        complete_head: True once the blank line after the headers of the real answer was read.
        problem: why the transfer was ended by us, or ``None``.
        barred: why no connection was allowed, or ``None`` if one was.
        resolved: True once an address of the host is known.
    """

    def __init__(
        self, *, url: str, guard: Guard, visit: Visit, body_limit: int, header_limit: int
    ) -> None:
        self._url = url
        self._guard = guard
        self._visit = visit
        self._body_limit = body_limit
        self._header_left = header_limit
        self._sockets: list[socket.socket] = []
        self._body: Body | None = None
        self.status = 0
        self.headers: dict[str, str] = {}
        self.complete_head = False
        self.header_bytes = 0
        self.problem: FetchFailed | None = None
        self.barred: FetchFailed | HostBusy | None = None
        self.resolved = False

    # --- called by the library ---

    def open_socket(self, _purpose: int, address: SocketAddress) -> socket.socket | int:
        """Return a socket for ``address``, or NO_SOCKET if the guard or our manners forbid it.

        It is checked here because this is the very address that is connected: a name that resolves
        differently a moment later changes nothing.
        """
        self.resolved = True
        try:
            host = str(address.addr[0]).split("%")[0]
            self._visit.reach(self._guard.check_address(host, url=self._url))
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except HostBusy as error:
            self.barred = error
            return NO_SOCKET
        except Refused as error:
            return self._bar(error)
        except OSError as error:
            return self._bar(FetchFailed(self._url, Reason.LOCAL, f"no socket: {error.strerror}"))
        self._sockets.append(opened)
        if not isinstance(self.barred, HostBusy):
            self.barred = None
        return opened

    def _bar(self, error: FetchFailed) -> int:
        if self.barred is None and not self._sockets:
            self.barred = error  # else another address of the host is open to us, or busy
        return NO_SOCKET

    def take_header(self, line: bytes) -> int | None:
        """Keep one header line; STOP if there are too many or the body is announced too large."""
        self.header_bytes += len(line)
        if self.header_bytes > self._header_left:
            limit = self._header_left
            self.problem = Oversized(self._url, Reason.HEADERS, f"more than {limit} header bytes")
            return STOP
        if self.complete_head:
            return None  # a trailer: it may not change what the head said
        if not self.status:
            started = _STATUS_LINE.match(line)
            self.status = int(started[1]) if started else 0
        elif line.strip():
            self._keep_header(line)
        else:
            return self._head_ends()
        return None

    def take_body(self, chunk: bytes) -> int | None:
        """Unpack and keep the next bytes; STOP at a limit, or where the body does not matter."""
        if self.status not in CONTENT:
            return STOP
        if self._body is None:
            encoding = self.headers.get("content-encoding", "")
            self._body = Body(encoding=encoding, limit=self._body_limit)
        try:
            self._body.feed(chunk)
        except BodyTooLarge:
            self.problem = self._too_large()
        except BodyDamaged as error:
            self.problem = FetchFailed(self._url, Reason.ENCODING, f"the body is {error}")
        return None if self.problem is None else STOP

    # --- called when the transfer is over ---

    @property
    def answered(self) -> bool:
        """True if the answer is complete for us though the transfer was not: its body is no use."""
        return self.complete_head and self.status not in CONTENT

    def give_up(self, *, connecting: bool) -> FetchFailed | HostBusy | None:
        """Return what we ourselves ended the transfer for, if so; keep neither it nor the body.

        Args:
            connecting: True if it failed for want of a connection: only then does it matter that
                addresses were barred.
        """
        ended = self.problem or (self.barred if connecting else None)
        self.problem, self.barred, self._body = None, None, None
        return ended

    @property
    def wire_bytes(self) -> int:
        """What travelled to us, headers included."""
        return self.header_bytes + (self._body.wire_bytes if self._body is not None else 0)

    def body(self) -> bytes:
        """Return the whole body, unpacked.

        Raises:
            FetchFailed: it was cut short (TRUNCATED), is damaged (ENCODING) or too large (SIZE).
        """
        try:
            return b"" if self._body is None else self._body.close()
        except BodyCut as error:
            raise FetchFailed(
                self._url, Reason.TRUNCATED, "the packed body ends in the middle"
            ) from error
        except BodyDamaged as error:
            raise FetchFailed(self._url, Reason.ENCODING, f"the body is {error}") from error
        except BodyTooLarge as error:
            raise self._too_large() from error

    def close_sockets(self) -> None:
        """Close our side of the sockets: the library works on duplicates of its own."""
        for opened in self._sockets:
            opened.close()
        self._sockets.clear()

    def _too_large(self) -> Oversized:
        limit = self._body_limit
        return Oversized(self._url, Reason.SIZE, f"the body is larger than {limit} bytes")

    def _keep_header(self, line: bytes) -> None:
        text = line.decode("latin-1").rstrip("\r\n")
        name, colon, value = text.partition(":")
        if not colon:
            return
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        if name not in self.headers:
            self.headers[name] = value
        elif name not in _SINGLE:
            self.headers[name] += ", " + value

    def _head_ends(self) -> int | None:
        if self.status < 200:  # a 103, say: the real answer comes after it
            self.status, self.headers = 0, {}
            return None
        self.complete_head = True
        length = self.headers.get("content-length", "")
        is_number = length.isascii() and length.isdigit() and len(length) < 20
        if self.status in CONTENT and is_number and int(length) > self._body_limit:
            self.problem = self._too_large()
            return STOP
        return None
