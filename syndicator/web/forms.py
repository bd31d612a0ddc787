"""What every form of ours shares: who may send it, how often, how large, and its mistakes.

No cookie and no token to lose: whether a form was sent from our own page, its browser says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from wtforms import Field, Form
from wtforms.validators import ValidationError

from syndicator.config import is_loopback
from syndicator.locales import Locale
from syndicator.model import Monotonic
from syndicator.publish.page_site import Site
from syndicator.web.limits import Buckets, Pace, network_of
from syndicator.web.pages import Visit, language_of, retry_after

_PORTS = {"https": 443, "http": 80}
_MOST_BYTES = 16_384
_MOST_FIELDS = 300
"""A member city is a box to tick, and a network may have some hundred."""


class FormGuard:
    """Lets in what our own pages send, at a pace that each network shares."""

    def __init__(self, site: Site, *, pace: Pace, monotonic: Monotonic) -> None:
        self.site = site
        self._monotonic = monotonic
        self._buckets = Buckets(pace)
        self._threads: Executor | None = None

    def with_threads(self, number: int) -> FormGuard:
        """Return a guard that shares its turns with this one, and no thread with any other.

        However many readers wait for other pages, its visits are not behind them.
        """
        own = copy(self)
        own._threads = ThreadPoolExecutor(number, thread_name_prefix="door")
        return own

    def visit(self, request: Request) -> Visit:
        """Return a visit that only looks."""
        return Visit(
            site=self.site,
            language=language_of(request, site=self.site),
            token=str(request.path_params.get("token", "")),
            threads=self._threads,
        )

    async def submitted(
        self, request: Request, *, limited: bool = True, keyed: bool = False
    ) -> Visit:
        """Return a visit with a form of ours.

        Args:
            limited: take one of the network's turns.
            keyed: the page of the form has a key as its address.

        Raises:
            HTTPException: 403 from another site, 429 too often, 413 larger than any form of ours.
        """
        if not from_our_page(request.headers, base_url=self.site.base_url, allow_null=keyed):
            raise HTTPException(403)
        if limited:
            self.limit(request)
        return replace(self.visit(request), form=await read_form(request))

    def limit(self, request: Request) -> None:
        """Take one of the network's turns.

        Raises:
            HTTPException: 429, it has none left; it says how long to wait.
        """
        wait = self.take_turn(request)
        if wait:
            raise HTTPException(429, headers=retry_after(wait))

    def take_turn(self, request: Request) -> timedelta:
        """Take one of the network's turns and return zero, or how long to wait for the next."""
        return self._buckets.take(network(request), now=self._monotonic())


def network(request: Request) -> str:
    """Return the network a request came from."""
    return network_of(request.client.host if request.client else None)


async def read_form(
    request: Request, *, most_bytes: int = _MOST_BYTES, most_fields: int = _MOST_FIELDS
) -> FormData:
    """Return the fields of a urlencoded form.

    Raises:
        HTTPException: 413 for a body larger than any form of ours, or with more fields; other
            encodings read as a form without fields. 400 if its sender hung up, which nobody reads.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        text = body.decode("utf-8", "replace")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=most_fields)
    except ValueError:
        raise HTTPException(413) from None
    fields: list[tuple[str, str | UploadFile]] = [*pairs]
    return FormData(fields)


def mistakes(form: Form, *, locale: Locale) -> dict[str, str]:
    """Return one sentence for each field in error, in the order of the form."""
    return {field.name: locale.text(str(field.errors[0])) for field in form if field.errors}


def must_be_empty(_: Form, field: Field) -> None:
    """People do not see this field; programs that fill every field do."""
    if field.data:
        raise ValidationError("form.trap")


def from_our_page(headers: Mapping[str, str], *, base_url: str, allow_null: bool = False) -> bool:
    """Return True unless the browser says that another site sent this request.

    Every browser since 2023 sends Sec-Fetch-Site over https and to loopback; older ones send
    Origin with a POST. A client that sends neither is no browser that a hostile page could misuse.

    Args:
        headers: names in lower case.
        base_url: the site's address, which alone says who we are. Host is what the sender wrote:
            a foreign name that its owner lets lead to us comes in both headers. On this machine
            (a demonstration, a first look) loopback's own names are ours, too, at one port.
        allow_null: also take ``Origin: null``. Older browsers say so on a page that sends no
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
        return allow_null
    sender, ours = _host_and_port(origin), _host_and_port(base_url)
    if sender is None or ours is None:
        return False
    if sender == ours:
        return True
    host = _host_and_port(f"{urlsplit(origin).scheme}://{headers.get('host', '')}")
    return sender == host and is_loopback(sender[0]) and is_loopback(ours[0])


def _host_and_port(address: str) -> tuple[str, int] | None:
    """Return host and port of a web address, ``None`` if it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.hostname, port) if parts.hostname else None


def from_registered(headers: Mapping[str, str], *, sites: Iterable[str]) -> str | None:
    """Return the origin of which of ``sites`` (``https://www.raahe.fi``) the browser names as the
    sender.

    A site that sends no referrer is nameless and cannot be told from any other: ``None``.
    """
    parts = (urlsplit(site.lower()) for site in sites)
    origins = {f"{part.scheme}://{part.netloc}" for part in parts}
    origin = headers.get("origin", "").lower()
    return origin if origin in origins else None
