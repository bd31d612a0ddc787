"""Addresses as both parts of a mail can carry them: ASCII, http or https, nothing else."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import idna

from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK

_SAFE = "/%:?@!$&'()*+,;=~[]"


def ascii_address(url: str) -> str:
    """Return a web address in ASCII; an empty string for one that has no host, or is empty.

    Spelt one way before it is put anywhere: premailer encodes what is not ASCII, and the text part
    must hold the same address as the HTML. An address that holds a mark of ours stops here: each
    reader's token would be put into it.

    Source: RFC 3986, RFC 3987 3.1.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _ascii(parts.hostname or ""), parts.port
    except (ValueError, UnicodeError):
        return ""
    if not host:
        return ""
    where = host if port is None else f"{host}:{port}"
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_SAFE)}" if parts.fragment else ""
    address = f"{parts.scheme}://{where}{quote(parts.path, safe=_SAFE)}{query}{fragment}"
    # Not before: reading an address makes hosts small and takes tabs out of it.
    return "" if SITE_MARK in address or UNSUBSCRIBE_MARK in address else address


def _ascii(host: str) -> str:
    if host.isascii():
        return quote(host, safe="-._~[]:") if ":" not in host else f"[{host}]"
    return idna.encode(host, uts46=True).decode("ascii")
