"""Text, addresses and moments in the form that every feed format accepts.

Whatever a source sent, what leaves here is legal XML, an ASCII URI or a date of the right grammar.
Pure, and total: no input raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import idna

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_C1_OR_BROKEN = re.compile("[\x7f-\x9f\ufdd0-\ufdef\ufffd]")
_SPACES = re.compile(r"\s+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


def legal(text: str) -> str:
    """Return ``text`` without what XML 1.0 or a feed validator refuses; line ends are kept."""
    return _C1_OR_BROKEN.sub("", _NOT_XML.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")


def line(text: str) -> str:
    """Return ``text`` as one legal line with single spaces; empty if nothing is left."""
    return _SPACES.sub(" ", legal(text)).strip()


def uri(address: str | None) -> str | None:
    """Return ``address`` as an absolute http(s) URI in ASCII, or ``None`` if it cannot be one.

    Hosts become punycode, other letters percent-encoded UTF-8; what is already encoded stays.

    Source: RFC 3986, RFC 3987 3.1.
    """
    if not address:
        return None
    try:
        parts = urlsplit(legal(address).strip())
        port = parts.port
    except ValueError:
        return None
    host = _ascii_host(parts.hostname or "")
    if parts.scheme.lower() not in ("http", "https") or host is None:
        return None
    where = host if port is None else f"{host}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=-._~?") if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe="/%:@!$&'()*+,;=-._~?") if parts.fragment else ""
    return _repair_percent(f"{parts.scheme.lower()}://{where}{path}{query}{fragment}")


def language_tag(tag: str | None) -> str | None:
    """Return ``tag`` if it has the form of a language tag, else ``None``. Source: BCP 47."""
    return tag if tag and _TAG.fullmatch(tag) else None


def rfc822(moment: datetime) -> str:
    """Return ``moment`` as RSS writes it, in GMT and English whatever the locale."""
    at = moment.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at:%H:%M:%S} +0000"


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` as Atom and JSON Feed write it, in UTC and whole seconds."""
    at = moment.astimezone(UTC)
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S}Z"


def _ascii_host(host: str) -> str | None:
    if not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    return host if _HOST.fullmatch(host) else None


def _repair_percent(address: str) -> str:
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", address)
