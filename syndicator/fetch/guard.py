"""Which addresses we let ourselves reach: public ones, on the ports of the web, and nothing else.

Anybody who registers a feed may try to send us somewhere. ``ip.is_global`` is not the answer:
Python 3.11 calls 224.0.0.1, 64:ff9b::7f00:1 and 2002:7f00:1:: global. So the special networks stand
here, and IPv6 is let through only where the registry gives addresses out (2000::/3).

Source: IANA IPv4 and IPv6 special-purpose address registries; RFC 6890, 6052, 3056, 4380.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from syndicator.errors import Refused
from syndicator.fetch.url import PORTS, Target, numeric_host, target
from syndicator.model import Reason

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48")
)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")


def innermost(address: Address) -> Address:
    """Return the address that a mapped, 6to4 or NAT64 one stands for, or itself.

    Teredo (2001::/32) is not unwrapped: whatever lies inside, nobody publishes there, and all of
    2001::/23 is closed.
    """
    if isinstance(address, IPv4Address):
        return address
    value = int(address)
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(value & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(value >> 80 & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Return True if ``address``, unwrapped, is one that anybody on the internet may be given."""
    inner = innermost(address)
    if isinstance(inner, IPv4Address):
        return not any(inner in network for network in _CLOSED_V4)
    return inner in _OPEN_V6 and not any(inner in network for network in _CLOSED_V6)


class Guard:
    """The fence: what is not public is refused, unless the settings name its network or port.

    Args:
        allow_networks: networks let through besides the public ones (tests, an intranet).
        allow_ports: ports let through besides 80 and 443, for every address.
    """

    def __init__(
        self, *, allow_networks: Iterable[Network] = (), allow_ports: Iterable[int] = ()
    ) -> None:
        self._networks = tuple(allow_networks)
        self._ports = frozenset(allow_ports) | frozenset(PORTS.values())

    def check_url(self, url: str) -> Target:
        """Return where ``url`` leads, if it may be asked for at all.

        A name's addresses are checked when they are connected, by ``check_address``.

        Raises:
            Refused: scheme, port or form is not ours, or its host is a number we refuse (ADDRESS).
        """
        where = target(url)
        if where.port not in self._ports:
            raise Refused(url, Reason.ADDRESS, f"port {where.port} is not fetched from")
        literal = where.host if ":" in where.host else numeric_host(where.host)
        if literal is not None:
            self.check_address(literal, url=url)
        return where

    def check_address(self, address: Address | str, *, url: str | None = None) -> Address:
        """Return ``address``, if we may connect to it.

        Raises:
            Refused: it is neither public nor in an allowed network, or no address at all (ADDRESS).
        """
        try:
            parsed = ip_address(address) if isinstance(address, str) else address
        except ValueError as error:
            raise Refused(
                url or str(address), Reason.ADDRESS, f"not an address: {error}"
            ) from error
        if not self.allows(parsed):
            raise Refused(url or str(parsed), Reason.ADDRESS, f"{parsed} is not a public address")
        return parsed

    def allows(self, address: Address) -> bool:
        """Return True if ``address`` is public or lies in an allowed network."""
        return is_public(address) or self.is_allowed_network(address)

    def is_allowed_network(self, address: Address) -> bool:
        """Return True if ``address``, unwrapped, lies in a network that the settings name."""
        inner = innermost(address)
        return any(inner in network or address in network for network in self._networks)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks written in ``texts`` (``127.0.0.0/8``); ValueError for a bad one."""
    return tuple(ip_network(text) for text in texts)
