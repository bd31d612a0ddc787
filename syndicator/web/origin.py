"""Whether a form was sent from our own page. Pure; no cookie and no token to lose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from syndicator.config import is_loopback

_PORTS = {"https": 443, "http": 80}


def from_our_page(headers: Mapping[str, str], *, base_url: str, nameless: bool = False) -> bool:
    """Return True unless the browser says that another site sent this request.

    Every browser since 2023 sends Sec-Fetch-Site over https and to loopback; older ones send
    Origin with a POST. A client that sends neither is no browser that a hostile page could misuse.

    Args:
        headers: names in lower case.
        base_url: the site's address, which alone says who we are. Host is what the sender wrote:
            a foreign name that its owner lets lead to us comes in both headers. On this machine
            (a demonstration, a first look) loopback's own names are ours, too, at one port.
        nameless: also take ``Origin: null``. Older browsers say so on a page that sends no
            referrer, as those do whose address is a key; whoever has the key needs no other page.

    Source: Fetch Metadata (W3C), section 4; RFC 6454 7.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin == "null":
        return nameless
    sender, ours = _place(origin), _place(base_url)
    if sender is None or ours is None:
        return False
    if sender == ours:
        return True
    asked = _place(f"{urlsplit(origin).scheme}://{headers.get('host', '')}")
    return sender == asked and is_loopback(sender[0]) and is_loopback(ours[0])


def _place(address: str) -> tuple[str, int] | None:
    """Return host and port of a web address, ``None`` if it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.hostname, port) if parts.hostname else None


def from_registered(headers: Mapping[str, str], *, origins: Iterable[str]) -> str | None:
    """Return which of ``origins`` (``https://www.raahe.fi``) the browser names as the sender.

    A site that sends no referrer is nameless and cannot be told from any other: ``None``.
    """
    origin = headers.get("origin", "").lower()
    return next((one for one in map(_origin, origins) if one == origin), None)


def _origin(address: str) -> str:
    parts = urlsplit(address.lower())
    return f"{parts.scheme}://{parts.netloc}"
