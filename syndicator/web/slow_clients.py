"""A connection that is held open and says nothing, says too much, or does not read: closed in time.

uvicorn waits for ever for the first request, for the rest of a head and of a body, and for a
reader to take an answer; it keeps a head of any size, and writes a line to the log for whatever is
no HTTP. A few hundred strangers would take every file this process may open, all its memory, and
its log.
"""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios
from asyncio import TimerHandle
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from syndicator.web.connections import ConnectionLimiter


class _HeadTooLarge(Exception):
    """The head is larger than the limits allow."""


class _TooManyAtOnce(Exception):
    """More requests were sent before the first was answered than the limits allow."""


class TimedConnection(HttpToolsProtocol):
    """A connection on which each request has to be whole in time, and small; each answer has to
    be taken, however slowly. How long making it takes does not matter."""

    _whole = False
    _in_body = False
    _waits: TimerHandle | None = None
    _line_bytes = 0
    _untaken = 0
    _stands_still_since: float | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limiter: ConnectionLimiter,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limiter = limiter

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request, if there is room for it."""
        super().connection_made(_Line(transport))
        if self._limiter.admit(self, self.client[0] if self.client else None):
            self._wait()
        else:
            self._refuse(503, "no_room", b"retry-after: 5\r\n")

    def data_received(self, data: bytes) -> None:
        """Take more of a request; wait on unless this ended one. An empty line alone begins none,
        and ends uvicorn's own wait for the next one."""
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._limiter.touch(self)
        self._whole = self._in_body = False
        try:
            self.parser.feed_data(data)
            self._weigh(data)
        except httptools.HttpParserUpgrade:
            pass  # whoever asks for another protocol gets the answer in this one
        except (httptools.HttpParserError, _HeadTooLarge) as error:
            self._refuse_for(error)
            return
        if self._whole:
            self._stop()
        else:
            self._wait()

    def on_message_begin(self) -> None:
        """Another request has begun, perhaps in the packet that ended one."""
        self._whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole: answer it, if it is no larger than it may be and has not too many
        before it. Each that waits costs a hundred times the bytes it was sent in."""
        self._require_small(len(self.url))
        if len(self.pipeline) >= self._limiter.limits.at_once:
            raise _TooManyAtOnce
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """More of a body has come: that much was no head."""
        self._in_body = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._whole = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop()
        self._limiter.forget(self)
        super().connection_lost(exc)

    @property
    def at_work(self) -> bool:
        """True while the answer to a whole request is made, and could be written. Whoever asks for
        more before it came can wait: no browser does."""
        making = self.cycle is not None and not self.cycle.response_complete
        patient = self.pipeline or self.flow.write_paused
        return making and not patient and self._waits is None

    def check_progress(self, now: float) -> bool:
        """Return True if more of an answer was taken since the last check; give up on who takes
        none for the limiter's patience."""
        before, self._untaken = self._untaken, _untaken_bytes(self.transport)
        if not self._untaken or self._untaken < before:
            self._stands_still_since = None
            return bool(self._untaken)
        if self._stands_still_since is None:
            self._stands_still_since = now
        elif now - self._stands_still_since >= self._limiter.limits.patience.total_seconds():
            self._cut("unread")
        return False

    def evict(self) -> None:
        """Close at once, for another."""
        self._cut("made_room")

    def _weigh(self, data: bytes) -> None:
        """Refuse a head that is too large before it is whole: httptools keeps all of it.

        Of what is not whole only lines count that are; what comes after the last of them stands
        in no list yet.
        """
        if self._whole or self._in_body:
            self._line_bytes = 0
            return
        begins = data.rfind(b"\n") + 1
        self._line_bytes = len(data) - begins + (0 if begins else self._line_bytes)
        self._require_small(self._line_bytes)

    def _require_small(self, more: int) -> None:
        headers = self.headers or ()
        limits = self._limiter.limits
        if len(headers) > limits.head_lines:
            raise _HeadTooLarge
        # ": " and the end of the line.
        size = sum(len(name) + len(value) + 4 for name, value in headers) + more
        if size > limits.head_bytes:
            raise _HeadTooLarge

    def _wait(self) -> None:
        if self._waits is None:
            seconds = self._limiter.limits.patience.total_seconds()
            self._waits = self.loop.call_later(seconds, self._give_up)

    def _stop(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _give_up(self) -> None:
        self._waits = None
        self._limiter.tally.add("silent")
        self._part()
        self.transport.close()

    def _refuse_for(self, error: Exception) -> None:
        # What a callback of the parser raised stands behind the parser's own error.
        match error.__context__ or error:
            case _HeadTooLarge():
                self._refuse(431, "large_head")
            case _TooManyAtOnce():
                self._refuse(429, "too_many_at_once")
            case _:
                self._refuse(400, "bad_request")

    def _refuse(self, status: int, why: str, more: bytes = b"") -> None:
        """Say why in a word, unless an answer to an earlier request is on its way, and close."""
        self._stop()
        self._limiter.tally.add(why)
        answering = self.cycle is not None and self.cycle.response_started
        if not self.pipeline and (not answering or self.cycle.response_complete):
            head = b"content-length: 0\r\nconnection: close\r\n"
            self.transport.write(STATUS_LINE[status] + more + head + b"\r\n")
        self._part()
        self.transport.close()

    def _cut(self, why: str) -> None:
        self._stop()
        self._limiter.tally.add(why)
        self._part()
        self.transport.abort()

    def _part(self) -> None:
        """Let who still makes or reads something for this connection know that nobody is there."""
        for cycle in (self.cycle, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()


class _Line(asyncio.Transport):
    """A transport on which nothing is wrong with writing to, or reading from, who hung up.

    uvloop raises then, and the answer's maker gets the error as if it were their fault: a
    traceback in the log for every stranger who leaves at the right moment.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport

    def get_extra_info(self, name: str, default: object = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_closing():
            self._transport.write(data)

    def pause_reading(self) -> None:
        if not self.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self.is_closing():
            self._transport.resume_reading()


def _untaken_bytes(transport: asyncio.Transport) -> int:
    """Return how much of what was written the other side has not acknowledged.

    While the system takes more from us than the reader from it, ours alone would stand still: it
    may hold megabytes. 0 when the system has all of it: then it costs us no file once we close.
    """
    ours = transport.get_write_buffer_size()
    if not ours:
        return 0
    try:
        answer = fcntl.ioctl(
            transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4)
        )
    except OSError:
        return ours
    (theirs,) = struct.unpack("i", answer)
    return ours + int(theirs)
