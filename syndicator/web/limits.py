"""How often one network may ask for something that costs us: token buckets, in memory."""

from __future__ import annotations

from collections import OrderedDict
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
    known = mapped or parsed
    bits = ipv4 if isinstance(known, IPv4Address) else ipv6
    return str(ip_network((known, bits), strict=False))
