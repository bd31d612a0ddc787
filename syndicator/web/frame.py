"""What every page made per request shares: its language, its frame, its headers."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from syndicator.locales import translator
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
    """Return a quiet page that says what went wrong and leads on; ``status`` has its sentence."""
    place = Place(path="", title=translator(language).text(f"error.{status}"), listed=False)
    return page(
        site,
        "site/error.html",
        language=language,
        place=place,
        status=status,
        headers=headers,
        what=f"error.{status}.what",
    )


def to_language(request: Request, *, site: Site, path: str) -> Response:
    """Return a redirect to ``path`` under the folder of the reader's language."""
    wanted = language(request.headers.get("accept-language"), offered=site.languages)
    return RedirectResponse(
        f"{site.prefix}/{wanted}/{path}", status_code=302, headers={"Vary": "Accept-Language"}
    )
