"""Text, addresses and moments in the form that every feed format accepts.

Whatever a source sent, what leaves here is legal XML, an ASCII URI, a known language or a date of
the right grammar. Pure, and total: no string raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote, urljoin, urlsplit

import idna

_VISIBLE = "\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff"
_NOT_VISIBLE = re.compile(f"[^{_VISIBLE}]")
_SPACES = re.compile(r"\s+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|\d{3}))?(?:-.*)?", re.DOTALL)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IN_PATH = "/%:@!$&'()*+,;=~"
_IN_QUERY = _IN_PATH + "?"
_SCHEMED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LINK_IN_HTML = re.compile(
    r'(<(?:a|img|source)(?:\s+[a-z-]+="[^"]*")*?\s+(?:href|src)=")([^"]*)(?=")'
)
_FEED_ID = re.compile(
    r"https?://[0-9A-Za-z][0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]*"
    r"|tag:([a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,]*"
    r"|urn:uuid:[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)

_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id
ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu
lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu
rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu smn sms
"""

KNOWN_LANGUAGES = frozenset(_CODES.split())
"""ISO 639-1, and the two Sámi languages of Finland that it lacks."""


def legal(text: str) -> str:
    """Return ``text`` without what XML 1.0 forbids or nobody can see; line ends become LF.

    Control characters, lone surrogates and noncharacters go; U+FFFD stays: it says honestly that
    the source lost a letter.
    """
    return _NOT_VISIBLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def line(text: str) -> str:
    """Return ``text`` as one legal line with single spaces; empty if nothing is left."""
    return _SPACES.sub(" ", legal(text)).strip()


def uri(address: str | None) -> str | None:
    """Return ``address`` as an absolute http(s) URI in ASCII, or ``None`` if it cannot be one.

    Hosts become punycode, other letters percent-encoded UTF-8; what is already encoded stays.
    Credentials are dropped. A bare IPv6 host gives ``None``: feed readers do not take it.

    Source: RFC 3986, RFC 3987 3.1.
    """
    try:
        parts = urlsplit(legal(address or "").strip())
        port = parts.port
    except ValueError:
        return None
    host = _ascii_host(parts.hostname or "")
    if parts.scheme.lower() not in ("http", "https") or host is None:
        return None
    where = host if port is None else f"{host}:{port}"
    path = quote(parts.path or "/", safe=_IN_PATH)
    query = "?" + quote(parts.query, safe=_IN_QUERY) if parts.query else ""
    fragment = "#" + quote(parts.fragment, safe=_IN_QUERY) if parts.fragment else ""
    whole = f"{parts.scheme.lower()}://{where}{path}{query}{fragment}"
    return _LONE_PERCENT.sub("%25", whole)


def feed_id(text: str | None) -> str | None:
    """Return ``text`` untouched if it is an id that Atom can carry, else ``None``.

    Ids are compared letter by letter, so there is nothing to mend: http(s), ``tag:`` and
    ``urn:uuid:`` in ASCII pass.

    Source: RFC 4287 4.2.6, RFC 4151.
    """
    return text if text and _FEED_ID.fullmatch(text) else None


def language_tag(tag: str | None) -> str | None:
    """Return ``tag`` as language, script and region, or ``None`` if the language is unknown.

    ``fi_FI`` is read as ``fi-FI``; variants and extensions fall away.

    Source: BCP 47, ISO 639.
    """
    match = _LANGUAGE.fullmatch((tag or "").strip().replace("_", "-"))
    primary, script, region = match.groups() if match else ("", None, None)
    if primary not in KNOWN_LANGUAGES:
        return None
    return primary + (script or "").title() + (region or "").upper()


def absolute_links(html: str, *, base: str) -> str:
    """Return ``html`` with relative ``href`` and ``src`` of links and pictures made absolute.

    ``html`` is as the sanitiser writes it: every attribute in double quotes. Cleaning has done
    this where a feed told its base; what is left would point into our own site, and a validator
    calls some of it an error.
    """

    def resolved(match: re.Match[str]) -> str:
        before, target = match.groups()
        if _SCHEMED.match(target.strip()):
            return match.group()
        try:
            whole = uri(urljoin(base, target.strip().replace("&amp;", "&")))
        except ValueError:
            whole = None
        return before + (whole or base).replace("&", "&amp;")

    return _LINK_IN_HTML.sub(resolved, html)


def rfc822(moment: datetime) -> str:
    """Return ``moment`` as RSS writes it, in UTC and English whatever the locale."""
    at = moment.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at:%H:%M:%S} +0000"


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` as Atom and JSON Feed write it, in UTC and whole seconds."""
    at = moment.astimezone(UTC)
    return f"{at.year:04}-{at:%m-%dT%H:%M:%S}Z"


def _ascii_host(host: str) -> str | None:
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    return host.lower() if _HOST.fullmatch(host.lower()) else None
