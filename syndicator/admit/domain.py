"""Who owns a host: its registered domain.

The Public Suffix List comes with publicsuffixlist, so it needs no network; it says that two towns
under ``.fi`` are two owners, and so are two blogs under ``blogspot.com``.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def registered_domain(url: str) -> str | None:
    """Return what somebody registered to have this address, or ``None`` if it has no host.

    ``blogi.city.fi`` and ``city.fi`` belong to one owner; two blogs of a hosting platform that the
    list knows (``a.blogspot.com``) to two. An IP address or a name without dots is its own owner.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return None
    if not host:
        return None
    if _is_address(host):
        return host
    ascii_host = _ascii(host)
    return _suffixes().privatesuffix(ascii_host) or ascii_host


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    """The list as shipped, read once: it needs no network, and a week more or less is nothing."""
    return PublicSuffixList()
