"""Pages made for one request: whose words they speak, their frame, their headers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from math import ceil
from typing import ParamSpec, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syndicator.locales import Locale
from syndicator.publish.page_frame import Place, render
from syndicator.publish.page_site import Site
from syndicator.web.negotiate import language

REVALIDATE: Mapping[str, str] = {"Cache-Control": "no-cache"}
"""What an answer of this moment says: no cache keeps it without asking again."""

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
    form: FormData = field(default_factory=FormData)
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

    def with_token(self, path: str) -> str:
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
        return await self.run(
            page,
            self.site,
            template,
            language=self.language,
            place=Place(path=path, title=self.locale.text(title), listed=listed),
            status=status,
            headers={**(PRIVATE if self.token else {}), **(headers or {})},
            **facts,
        )

    def redirect(self, path: str, *, done: str = "") -> Response:
        """Return a redirect to a page of ours, to be asked for with GET.

        ``done`` is what that page says was done.
        """
        target = f"{self.site.prefix}/{self.language}/{path}" + (f"?done={done}" if done else "")
        headers = PRIVATE if self.token else None
        return RedirectResponse(target, status_code=303, headers=headers)


def language_of(request: Request, *, site: Site) -> str:
    """Return the language of a request: its path's, else the one its browser wants most."""
    first = request.url.path.removeprefix("/").partition("/")[0]
    if first in site.languages:
        return first
    return language(request.headers.get("accept-language"), offered=site.languages)


def page(
    site: Site,
    template: str,
    *,
    language: str,
    place: Place,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **facts: object,
) -> Response:
    """Return a page of this moment."""
    body = render(site, template, language=language, place=place, **facts)
    own = {"Content-Language": language, **REVALIDATE, **(headers or {})}
    return HTMLResponse(body, status_code=status, headers=own)


def error_page(
    request: Request, status: int, *, site: Site, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a quiet page that says what went wrong and leads on; ``status`` has its sentence.

    What came too often reads how long to wait, as its ``Retry-After`` says.
    """
    language = language_of(request, site=site)
    locale, again = site.locales[language], ""
    if status == HTTPStatus.TOO_MANY_REQUESTS and headers and "Retry-After" in headers:
        again = try_again(timedelta(seconds=int(headers["Retry-After"])), locale=locale)
    return page(
        site,
        "site/error.html",
        language=language,
        place=Place(path="", title=locale.text(f"error.{status}"), listed=False),
        status=status,
        headers=headers,
        what=f"error.{status}.what",
        again=again,
    )


def retry_after(wait: timedelta) -> dict[str, str]:
    """Return the header that tells programs when to come again, in whole seconds."""
    return {"Retry-After": str(_whole_seconds(wait))}


def try_again(wait: timedelta, *, locale: Locale) -> str:
    """Return the same for people: in whole minutes, or in seconds if it is less than one."""
    seconds = _whole_seconds(wait)
    if seconds < 60:
        return locale.count("again.seconds", seconds)
    return locale.count("again.minutes", ceil(seconds / 60))


def _whole_seconds(wait: timedelta) -> int:
    return ceil(round(wait.total_seconds(), 3))
