"""How often and how much at once one network may ask for what costs us: in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network

_MOST_NETWORKS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """``burst`` at once, then one more every ``each``."""

    burst: int
    each: timedelta


class Buckets:
    """One bucket a network. Used from one event loop; forgets those that were quiet longest."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._each = pace.each.total_seconds()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, network: str, *, now: float) -> timedelta:
        """Take one token and return zero, or take none and return how long to wait for one.

        ``now`` is in monotonic seconds.
        """
        level, at = self._levels.pop(network, (float(self._pace.burst), now))
        level = min(self._pace.burst, level + (now - at) / self._each)
        waits = level < 1
        self._levels[network] = (level if waits else level - 1, now)
        if len(self._levels) > _MOST_NETWORKS:
            self._levels.popitem(last=False)
        return timedelta(seconds=(1 - level) * self._each) if waits else timedelta()


class OneAtATime:
    """One turn at a time for each network, and so many in all: one that keeps its turn for as long
    as it may keeps nobody else waiting. Used from one event loop.

    Args:
        in_all: turns at a time, of all networks together.
        patience: how long anybody waits for one.
    """

    def __init__(self, *, in_all: int, patience: timedelta) -> None:
        self._in_all = in_all
        self._patience = patience.total_seconds()
        self._taken: set[str] = set()
        self._over = asyncio.Event()

    @asynccontextmanager
    async def turn(self, network: str) -> AsyncIterator[bool]:
        """Yield True once the network has its turn, which ends with the block; False if none came.

        Who waits longest is asked first.
        """
        try:
            async with asyncio.timeout(self._patience):
                while network in self._taken or len(self._taken) >= self._in_all:
                    await self._over.wait()
        except TimeoutError:
            yield False
            return
        self._taken.add(network)
        try:
            yield True
        finally:
            self._taken.discard(network)
            self._over.set()
            self._over = asyncio.Event()


def network_of(address: str | None, *, ipv4: int = 24, ipv6: int = 56) -> str:
    """Return the network a reader's address belongs to, of that many bits.

    One household or office has that many addresses for the asking; what is no address (a socket
    file, a test) shares one bucket.
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    mapped = getattr(parsed, "ipv4_mapped", None)
    reader = mapped or parsed
    bits = ipv4 if isinstance(reader, IPv4Address) else ipv6
    return str(ip_network((reader, bits), strict=False))
