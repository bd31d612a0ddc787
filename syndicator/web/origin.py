"""Whether a form was sent from our own page. Pure; no cookie and no token to lose."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def from_our_page(headers: Mapping[str, str], *, base_url: str) -> bool:
    """Return True unless the browser says that another site sent this request.

    Every browser since 2023 sends Sec-Fetch-Site over https and to loopback; older ones send
    Origin with a POST. A client that sends neither is no browser that a hostile page could misuse.

    Args:
        headers: names in lower case.
        base_url: the site's address: behind a proxy the Host header may be the inner one.

    Source: Fetch Metadata (W3C), section 4; RFC 6454 7.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    ours = {urlsplit(base_url).netloc, headers.get("host", "")}
    sender = urlsplit(origin).netloc
    return bool(sender) and sender in ours
