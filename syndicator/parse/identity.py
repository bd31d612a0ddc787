"""What makes an entry the same entry tomorrow: its raw id, its normalised link, its hash."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_[ce]id|mkt_tok"
    r"|_hs(enc|mi)|hsCtaTracking|vero_(id|conv)|oly_(anon|enc)_id|ref_src|wt_mc|at_medium"
    r"|at_campaign|pk_(campaign|kwd|source|medium|content)|piwik_\w+|mtm_\w+|matomo_\w+|spm"
    r"|sc_(campaign|channel|content|medium|outcome|geo|country)|cmpid|ncid|s_cid|rb_clickid"
    r"|__twitter_impression|ceid|trk|trkCampaign|__hs\w+)$",
    re.IGNORECASE,
)

_COMMENT = re.compile(
    r"^(?:(?:li|div)-)?(?:comment|kommentti|kommentar|reply|c)[-_:]?\d+$", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A post's address, reduced for comparing: ``page`` is what tells it from other posts, and
    ``name`` what it is called by where its feed gives it no id. Both are ``None`` without one."""

    page: str | None
    name: str | None


def without_tracking(url: str) -> str:
    """Return ``url`` without parameters that only say how a reader came; otherwise unchanged."""
    if "?" not in url:
        return url
    try:
        query = urlsplit(url).query
    except ValueError:
        return url
    if not any(_TRACKING.match(part.partition("=")[0]) for part in query.split("&")):
        return url
    kept = "&".join(p for p in query.split("&") if not _TRACKING.match(p.partition("=")[0]))
    head, _, rest = url.partition("?")
    _, hash_sign, fragment = rest.partition("#")
    return head + ("?" + kept if kept else "") + hash_sign + fragment


def links_of(urls: Sequence[str | None]) -> tuple[Link, ...]:
    """Return the link of each post of one feed.

    A fragment is part of it where posts of the feed share the page and differ in the fragment: a
    page of many notes, a discussion. Alone, ``#more`` and the like say nothing.
    """
    pages = [normalise_link(url) for url in urls]
    names = [normalise_link(url, fragment=True) for url in urls]
    forms: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for page, name in zip(pages, names, strict=True):
        forms[page].add(name)
    return tuple(
        Link(page=name if len(forms[page]) > 1 else page, name=name)
        for page, name in zip(pages, names, strict=True)
    )


def normalise_link(url: str | None, *, fragment: bool = False) -> str | None:
    """Return ``url`` reduced to what tells posts apart, or ``None`` if it is no web address.

    http and https, a leading ``www.``, a trailing slash, default ports, the fragment, the order of
    parameters and tracking parameters make no difference. A fragment that is a ``#!`` route or
    names a comment stays: what was said under a post is not the post.
    Applying it twice gives the same. The result is for comparing, not for visiting.

    Args:
        fragment: keep every fragment that does more than say how a reader came.
    """
    try:
        parts = urlsplit((url or "").strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    host = _ascii(host)
    while host.startswith("www.") and host.count(".") > 1:
        host = host.removeprefix("www.")
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=None)
    query = urlencode(sorted(p for p in pairs if not _TRACKING.match(p[0])))
    is_place = parts.fragment.startswith("!") or _COMMENT.match(parts.fragment)
    kept = parts.fragment if fragment or is_place else ""
    if all(_TRACKING.match(part.partition("=")[0]) for part in kept.split("&")):
        kept = ""
    return urlunsplit(("https", netloc, path, query, kept))


@lru_cache(maxsize=256)
def _ascii(host: str) -> str:
    """Return the host in punycode and lower case; left as it is where IDNA refuses it."""
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host.lower()


def hash_id(*parts: str) -> str:
    """Return an id made of ``parts``, for an entry that has neither id nor link."""
    return "sha256:" + _digest(parts)


def content_hash(*parts: str) -> str:
    """Return a hash of what readers see. White space and letter forms (NFC) make no difference;
    pass parts already in NFC."""
    return _digest(tuple(" ".join(part.split()) for part in parts))


def _digest(parts: tuple[str, ...]) -> str:
    whole = "\x1f".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(whole).hexdigest()
