"""Connections that are held open and say nothing, or say it by drops: closed in time.

uvicorn waits for ever for the first request, for the rest of a head and for the rest of a body.
A few thousand such connections would take every file this process may open, and with them the
database, the relay and the feeds.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from datetime import timedelta

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Impatient(HttpToolsProtocol):
    """A connection on which each request has to be whole in time. How long the answer takes does
    not matter."""

    patience = timedelta(seconds=30)

    _whole = False
    _waits: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on unless this ended a request. An empty line alone begins none, and ends uvicorn's
        own wait for the next one."""
        self._whole = False
        super().data_received(data)
        if self._whole:
            self._stop()
        else:
            self._wait()

    def on_message_begin(self) -> None:
        """Another request has begun, perhaps in the packet that ended one."""
        self._whole = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._whole = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waits is None:
            self._waits = self.loop.call_later(self.patience.total_seconds(), self._give_up)

    def _stop(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _give_up(self) -> None:
        self._waits = None
        self.transport.close()
