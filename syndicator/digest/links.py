"""Addresses as both parts of a mail can carry them: ASCII, http or https, nothing else."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import idna

from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK

_SAFE = "/%:?@!$&'()*+,;=~[]"


def web_address(url: str) -> str:
    """Return ``url`` in ASCII if a link may lead there, else an empty string.

    Spelt one way before it is put anywhere: premailer encodes what is not ASCII, and the text part
    must hold the same address as the HTML. A ``javascript:`` address stops here at the latest, and
    so does one that holds a mark of ours: it would be told each reader's token.

    Source: RFC 3986, RFC 3987 3.1.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _ascii(parts.hostname or ""), parts.port
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host:
        return ""
    where = host if port is None else f"{host}:{port}"
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_SAFE)}" if parts.fragment else ""
    address = f"{parts.scheme.lower()}://{where}{quote(parts.path, safe=_SAFE)}{query}{fragment}"
    # Not before: reading an address makes hosts small and takes tabs out of it.
    return "" if SITE_MARK in address or UNSUBSCRIBE_MARK in address else address


def _ascii(host: str) -> str:
    if host.isascii():
        return quote(host, safe="-._~[]:") if ":" not in host else f"[{host}]"
    return idna.encode(host, uts46=True).decode("ascii")
