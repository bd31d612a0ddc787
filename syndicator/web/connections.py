"""Who is connected: how many in all and of one network, who makes room, and whose answer stands
still.

Every connection is a file, and so are the database, the relay and each feed that is asked: what
strangers take of them must end below what the process may open.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Protocol

from syndicator import log
from syndicator.web.limits import network_of

MOST_CONNECTIONS = 4_000
"""Each may hold a head of 64 KB that is never whole."""

KEPT_FILES = 256
"""Files kept for the database, the relay, feeds and readers of feeds."""

_EVICTION_TRIES = 64
"""Connections tried before a new one is refused: at work are few, each holds a thread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionLimits:
    """What connections may take.

    Args:
        patience: how long a request may take to be whole, and an answer may stand still.
        head_bytes: the longest head of a request, its first line included.
        head_lines: the most header lines in it, trailers of a body included.
        at_once: the most requests that may wait on a connection for an answer to one before them.
        connections: the most in all.
        of_network: the most of one IPv4 address or IPv6 /64.
        counted_for: how often at most what was closed is written to the log.
    """

    patience: timedelta = timedelta(seconds=30)
    head_bytes: int = 65_536
    head_lines: int = 100
    at_once: int = 50
    connections: int = MOST_CONNECTIONS
    of_network: int = 100
    counted_for: timedelta = timedelta(minutes=1)

    @classmethod
    def within(cls, files: int) -> ConnectionLimits:
        """Return the limits of a process that may open so many files."""
        connections = min(MOST_CONNECTIONS, files - min(KEPT_FILES, files // 2))
        return cls(connections=connections, of_network=min(100, max(1, connections // 4)))


class Connection(Protocol):
    """One connection, as the limiter sees it."""

    @property
    def at_work(self) -> bool:
        """True while we make its answer: it waits for us, not we for it."""

    def check_progress(self, now: float) -> bool:
        """Return True if it took more of its answer since the last check. Closes it if it took none
        for too long."""

    def evict(self) -> None:
        """Close it at once, for another to have its place."""


class ConnectionLimiter:
    """All connections of one server. Lives on its event loop.

    A connection that is one too many does not wait outside: the one that has let us wait longest
    gives way. Only where we are at work on all of them the new one is refused.

    ``trusts`` is True of the address of a web server in front of us: thousands of readers may come
    from one. Set it before the first connection.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.trusts: Callable[[str | None], bool] = lambda _: False
        self.tally = log.Tally(log.get("web"), "connections closed")
        self._all: OrderedDict[Connection, str | None] = OrderedDict()
        self._of_network: dict[str, OrderedDict[Connection, None]] = {}
        self._next_check: TimerHandle | None = None
        self._log_at = 0.0

    def admit(self, connection: Connection, address: str | None) -> bool:
        """Return True if the connection may stay; another may have been closed for it."""
        network = None if self.trusts(address) else network_of(address, ipv4=32, ipv6=64)
        mates = self._of_network.get(network) if network is not None else None
        if mates and len(mates) >= self.limits.of_network and not self._make_room(mates):
            return False
        if len(self._all) >= self.limits.connections and not self._make_room(self._all):
            return False
        self._all[connection] = network
        if network is not None:
            self._of_network.setdefault(network, OrderedDict())[connection] = None
        self._schedule_check()
        return True

    def touch(self, connection: Connection) -> None:
        """Note that the connection just did its part: all others have let us wait longer."""
        if connection in self._all:
            self._all.move_to_end(connection)
            network = self._all[connection]
            if network is not None:
                self._of_network[network].move_to_end(connection)

    def forget(self, connection: Connection) -> None:
        """Forget a connection, whether or not it was admitted."""
        network = self._all.pop(connection, None)
        if network is None:
            return
        mates = self._of_network[network]
        del mates[connection]
        if not mates:
            del self._of_network[network]

    def _make_room(self, crowd: Iterable[Connection]) -> bool:
        """Let the one that has let us wait longest go; the crowd is in that order."""
        for longest in islice(crowd, _EVICTION_TRIES):
            if not longest.at_work:
                self.forget(longest)
                longest.evict()
                return True
        return False

    def _schedule_check(self) -> None:
        if self._next_check is None:
            # A sixth: what stands still is closed within patience and that much.
            step = self.limits.patience.total_seconds() / 6
            self._next_check = asyncio.get_running_loop().call_later(step, self._check_all)

    def _check_all(self) -> None:
        self._next_check = None
        now = asyncio.get_running_loop().time()
        for connection in tuple(self._all):
            if connection.check_progress(now):
                self.touch(connection)
        if now >= self._log_at and self.tally.flush():
            self._log_at = now + self.limits.counted_for.total_seconds()
        if self._all or self.tally:
            self._schedule_check()
