"""What every page made per request shares: its language, its frame, its headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from math import ceil

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syndicator.locales import Locale
from syndicator.publish.page_frame import Place, render
from syndicator.publish.page_site import Site
from syndicator.web.negotiate import language

MADE_NOW: Mapping[str, str] = {"Cache-Control": "no-cache"}
"""What an answer of this moment says: no cache keeps it without asking again."""


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
    own = {"Content-Language": language, **MADE_NOW, **(headers or {})}
    return HTMLResponse(body, status_code=status, headers=own)


def error(
    site: Site, status: int, *, language: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a quiet page that says what went wrong and leads on; ``status`` has its sentence.

    What came too often reads how long to wait, as its ``Retry-After`` says.
    """
    seconds = (headers or {}).get("Retry-After") if status == HTTPStatus.TOO_MANY_REQUESTS else None
    place = Place(path="", title=site.locales[language].text(f"error.{status}"), listed=False)
    return page(
        site,
        "site/error.html",
        language=language,
        place=place,
        status=status,
        headers=headers,
        what=f"error.{status}.what",
        again=try_again(timedelta(seconds=int(seconds)), locale=site.locales[language])
        if seconds
        else "",
    )


def retry_after(wait: timedelta) -> dict[str, str]:
    """Return the header that tells programs when to come again, in whole seconds."""
    return {"Retry-After": str(_seconds(wait))}


def try_again(wait: timedelta, *, locale: Locale) -> str:
    """Return the same for people: in whole minutes, or in seconds if it is less than one."""
    seconds = _seconds(wait)
    if seconds < 60:
        return locale.count("again.seconds", seconds)
    return locale.count("again.minutes", ceil(seconds / 60))


def _seconds(wait: timedelta) -> int:
    return ceil(round(wait.total_seconds(), 3))


def to_language(request: Request, *, site: Site, path: str) -> Response:
    """Return a redirect to ``path`` under the folder of the reader's language."""
    wanted = language(request.headers.get("accept-language"), offered=site.languages)
    return RedirectResponse(
        f"{site.prefix}/{wanted}/{path}", status_code=302, headers={"Vary": "Accept-Language"}
    )
