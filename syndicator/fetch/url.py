"""Addresses as they travel: one reading of a URL, shared by the guard, the manners and the GET.

Two readers of one URL are a hole in the fence (``http://safe\\@inside/``), so it is taken apart
once, here, and what goes to the network is rebuilt from the parts that were checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import idna

from syndicator.errors import Refused
from syndicator.model import Reason

PORTS = {"http": 80, "https": 443}
"""The schemes we speak, and the port each means when none is written."""

LONGEST_URL = 8192

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_KEEP_IN_PATH = "/:@!$&'()*+,;=~%-._[]|^"
_KEEP_IN_QUERY = _KEEP_IN_PATH + "?`{}\\"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a request goes. ``wire`` is pure ASCII without fragment; ``host`` is lower case,
    punycode for names, without brackets for IPv6."""

    wire: str
    scheme: str
    host: str
    port: int


def target(url: str) -> Target:
    """Return where ``url`` leads.

    Names are mapped by UTS 46 and written in punycode, paths are percent-encoded as UTF-8; what is
    encoded already stays as it is.

    Raises:
        Refused: not an http(s) address we can read, or one that carries a user name (ADDRESS).
    """
    parts = _split(url)
    if parts.scheme not in PORTS:
        raise _refusal(url, f"only http and https are fetched, not {parts.scheme or 'no scheme'!r}")
    if parts.username is not None or parts.password is not None:
        raise _refusal(url, "an address must not carry a user name")
    host = _host(url, parts)
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise _refusal(url, f"not a port: {error}") from error
    netloc = f"[{host}]" if ":" in host else host
    if port != PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    path = _encode(parts.path, keep=_KEEP_IN_PATH) or "/"
    query = _encode(parts.query, keep=_KEEP_IN_QUERY)
    wire = urlunsplit((parts.scheme, netloc, path, query, ""))
    return Target(wire=wire, scheme=parts.scheme, host=host, port=port)


def follow(location: str, *, base: str) -> str:
    """Return the absolute address that a Location header names, seen from ``base``.

    ``location`` holds the header's bytes as latin-1; most servers mean UTF-8 by them, and bytes
    that are no UTF-8 are passed on as they came.

    Raises:
        Refused: it is nothing we fetch (REDIRECT_TARGET).
    """
    text = location.encode("latin-1", "replace").decode("utf-8", "surrogateescape").strip()
    try:
        return target(urljoin(base, text)).wire
    except (ValueError, Refused) as error:
        detail = error.detail if isinstance(error, Refused) else str(error)
        raise Refused(
            base, Reason.REDIRECT_TARGET, f"redirects to {text[:200]!a}: {detail}"
        ) from error


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise _refusal(url[:80], "longer than any address we fetch")
    try:
        return urlsplit(url.strip())
    except ValueError as error:
        raise _refusal(url, f"not an address: {error}") from error


def _host(url: str, parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise _refusal(url, "no host in the address")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").rstrip(".")
        except idna.IDNAError as error:
            raise _refusal(url, f"not a host name: {error}") from error
    if not _HOST.fullmatch(host):
        raise _refusal(url, f"not a host name: {host[:80]!a}")
    return host


def _encode(text: str, *, keep: str) -> str:
    return quote(text, safe=keep, errors="surrogateescape")


def _refusal(url: str, detail: str) -> Refused:
    return Refused(url, Reason.ADDRESS, detail)


def numeric_host(host: str) -> str | None:
    """Return the dotted quad that a host of digits means, or ``None`` if it is a name.

    Resolvers read ``2130706433``, ``0x7f.1`` and ``0177.0.0.1`` as 127.0.0.1: so does this
    (``inet_aton``: one to four parts, decimal, octal or hexadecimal, the last fills what is left).
    A host of numbers that is no address comes back as it is, for the guard to refuse.
    """
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [int(part, _base(part)) for part in parts]
    except ValueError:
        return host
    *heads, last = numbers
    room = 256 ** (4 - len(heads))
    if any(head > 255 for head in heads) or last >= room:
        return host
    value = last + sum(head << (24 - 8 * place) for place, head in enumerate(heads))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _base(part: str) -> int:
    if part.startswith("0x"):
        return 16
    return 8 if part.startswith("0") and len(part) > 1 else 10
