"""One request for a form or its answer: whose words to speak, what was sent, and a page back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syndicator.locales import Locale
from syndicator.publish.page_frame import Place
from syndicator.publish.page_site import Site
from syndicator.web.body import read_form
from syndicator.web.frame import language_of, page, retry_after
from syndicator.web.limits import Buckets, Pace, network_of
from syndicator.web.origin import from_our_page
from syndicator.web.services import Services

PRIVATE: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
"""What a page says whose address is a key: keep me nowhere, tell nobody where you came from."""


_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Whose words to speak and what was sent. ``token`` is what the address ends in, if it does.

    ``threads`` are those its work runs on; ``None`` for those that most pages share.
    """

    site: Site
    language: str
    sent: FormData = field(default_factory=FormData)
    token: str = ""
    threads: Executor | None = None

    async def run(
        self, work: Callable[_Given, _Result], *given: _Given.args, **named: _Given.kwargs
    ) -> _Result:
        """Return what ``work``, which may block, returns on a thread of this visit."""
        if self.threads is None:
            return await run_in_threadpool(work, *given, **named)
        loop = asyncio.get_running_loop()
        # The request's deadline at the database is a context variable: the thread has to see it.
        bound = partial(copy_context().run, partial(work, *given, **named))
        return await loop.run_in_executor(self.threads, bound)

    @property
    def locale(self) -> Locale:
        """The words and habits of the language of the page."""
        return self.site.locales[self.language]

    def text(self, key: str, **facts: object) -> str:
        """Return the sentence of ``key`` in the language of the page."""
        return self.locale.text(key, **facts)

    def at(self, path: str) -> str:
        """Return ``path``, then the token, in the letters an address allows."""
        return f"{path}/{quote(self.token, safe='')}" if self.token else path

    async def show(
        self,
        template: str,
        *,
        path: str,
        title: str,
        status: int = 200,
        listed: bool = False,
        headers: Mapping[str, str] | None = None,
        **facts: object,
    ) -> Response:
        """Return the page at ``path``, a private one if the visit has a token.

        ``title`` is a key, ``listed`` True where search engines may come.
        """
        place = Place(path=path, title=self.text(title), listed=listed)
        return await self.run(
            page,
            self.site,
            template,
            language=self.language,
            place=place,
            status=status,
            headers={**(PRIVATE if self.token else {}), **(headers or {})},
            **facts,
        )

    def go(self, path: str, *, done: str = "") -> Response:
        """Return a redirect to a page of ours, to be asked for with GET.

        ``done`` is what that page says was done.
        """
        where = f"{self.site.prefix}/{self.language}/{path}" + (f"?done={done}" if done else "")
        headers = PRIVATE if self.token else None
        return RedirectResponse(where, status_code=303, headers=headers)


class FormGuard:
    """Lets in what our own pages send, at a pace that each network shares."""

    def __init__(self, services: Services, *, pace: Pace) -> None:
        self._services = services
        self._buckets = Buckets(pace)
        self._threads: Executor | None = None

    def apart(self, *, threads: int) -> FormGuard:
        """Return a guard that shares its turns with this one, and no thread with any other.

        However many readers wait for other pages, its visits are not behind them.
        """
        own = copy(self)
        own._threads = ThreadPoolExecutor(threads, thread_name_prefix="door")
        return own

    def visit(self, request: Request) -> Visit:
        """Return a visit that only looks."""
        site = self._services.site()
        return Visit(
            site=site,
            language=language_of(request, site=site),
            token=str(request.path_params.get("token", "")),
            threads=self._threads,
        )

    async def sent(self, request: Request) -> Visit:
        """Return a visit with a form of ours.

        Raises:
            HTTPException: 403 from another site, 429 too often, 413 larger than any form of ours.
        """
        self.require_ours(request)
        self.slow(request)
        return replace(self.visit(request), sent=await read_form(request))

    async def unhurried(self, request: Request) -> Visit:
        """Return a visit with a form of ours that costs no turn: what it leads to may.

        Raises:
            HTTPException: 403 from another site, 413 larger than any form of ours.
        """
        self.require_ours(request)
        return replace(self.visit(request), sent=await read_form(request))

    async def held(self, request: Request) -> Visit:
        """Return a visit with a form from a page whose address is a key.

        Raises:
            HTTPException: 403 from another site, 413 larger than any form of ours.
        """
        self.require_ours(request, nameless=True)
        return replace(self.visit(request), sent=await read_form(request))

    def require_ours(self, request: Request, *, nameless: bool = False) -> None:
        """Return if the form is from a page of ours.

        Raises:
            HTTPException: 403, it is not.
        """
        base_url = self._services.site().base_url
        if not from_our_page(request.headers, base_url=base_url, nameless=nameless):
            raise HTTPException(403)

    def slow(self, request: Request) -> None:
        """Take one of the network's turns.

        Raises:
            HTTPException: 429, it has none left; it says how long to wait.
        """
        wait = self.take(request)
        if wait:
            raise HTTPException(429, headers=retry_after(wait))

    def take(self, request: Request) -> timedelta:
        """Take one of the network's turns and return zero, or how long to wait for the next."""
        return self._buckets.take(network(request), now=self._services.monotonic())


def network(request: Request) -> str:
    """Return the network a request came from."""
    return network_of(request.client.host if request.client else None)
