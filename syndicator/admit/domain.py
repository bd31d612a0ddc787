"""Who owns a host: its registered domain.

The Public Suffix List comes with publicsuffixlist, so it needs no network; it says that two towns
under ``.fi`` are two owners, and so are two blogs under ``blogspot.com``.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_PLATFORMS = frozenset(
    {
        "blogaaja.fi", "blogit.fi", "ghost.io", "jimdofree.com", "jimdosite.com",
        "kotisivukone.com", "livejournal.com", "medium.com", "over-blog.com", "squarespace.com",
        "substack.com", "suntuubi.com", "tumblr.com", "typepad.com", "vuodatus.net", "webnode.fi",
        "webnode.page", "wordpress.com",
    }
)  # fmt: skip


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
    domain = _suffixes().privatesuffix(ascii_host) or ascii_host
    # Hosts of many blogs, and Blogger's in each country, that the list does not know as such.
    is_platform = domain in _PLATFORMS or domain.startswith("blogspot.")
    return _tenant(ascii_host, platform=domain) if is_platform else domain


def owns(source_url: str, link: str | None) -> bool:
    """Return True if whoever registered the domain of a feed also has that of the link."""
    domain = None if link is None else registered_domain(link)
    return domain is not None and domain == registered_domain(source_url)


def _tenant(host: str, *, platform: str) -> str:
    """Return whose blog on the platform it is; the platform itself where no name stands before."""
    name = host.removesuffix(platform).rstrip(".").rpartition(".")[2]
    return f"{name}.{platform}" if name not in ("", "www") else platform


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
