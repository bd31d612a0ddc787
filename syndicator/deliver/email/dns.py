"""EDGE: what the DNS says of a domain. The only door to dnspython."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import dns.exception
import dns.rdatatype
import dns.resolver

from syndicator.errors import NamesAway

TIMEOUT = timedelta(seconds=6)
"""How long one question may take, with every name server and repetition."""


class Names:
    """Asks name servers: this machine's own, or those named.

    Args:
        servers: addresses to ask instead; empty is what the system says.
        port: where they answer.
    """

    def __init__(
        self, servers: Sequence[str] = (), *, port: int = 53, timeout: timedelta = TIMEOUT
    ) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.exception.DNSException as error:
            raise NamesAway(f"this machine names no name server: {error}") from error
        if servers:
            self._resolver.nameservers = list(servers)
            self._resolver.port = port
        self._resolver.lifetime = timeout.total_seconds()

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records at a name, each in one piece; none if there is no such name.

        Raises:
            NamesAway: no name server answered, or they could not find out.
        """
        return tuple(
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._records(name, dns.rdatatype.TXT)
        )

    def exchangers(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a domain, the first choice first.

        A domain that takes none says so by one host named ``""`` (RFC 7505).

        Raises:
            NamesAway: as ``texts``.
        """
        records = sorted(self._records(name, dns.rdatatype.MX), key=lambda mx: mx.preference)
        return tuple(str(record.exchange).rstrip(".") for record in records)

    def has_address(self, name: str) -> bool:
        """Return whether a host has any address.

        Raises:
            NamesAway: as ``texts``.
        """
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        return any(len(self._records(name, kind)) for kind in kinds)

    def _records(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        try:
            answer = self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise NamesAway(f"{name}: {error}") from error
        return list(answer.rrset or ())
