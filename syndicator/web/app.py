"""The ASGI app: published bytes in front, the few made pages behind, quiet errors around."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicator import log
from syndicator.errors import StoreUnavailable
from syndicator.web import probes
from syndicator.web.feeds.registration import LOOK_PATIENCE, Registration
from syndicator.web.frame import error, language_of, to_language
from syndicator.web.headers import Safe
from syndicator.web.issues.desk import DeskPages
from syndicator.web.people.confirming import Confirming
from syndicator.web.people.preferences import PreferencesPages
from syndicator.web.people.subscribing import ASKS, Subscribing
from syndicator.web.people.unsubscribing import Unsubscribing
from syndicator.web.published import PUBLISHED, Published
from syndicator.web.services import Services
from syndicator.web.site import status
from syndicator.web.visit import FormGuard

logger = log.get("web")

_KEYED = "unsubscribe|confirm|address|preferences|desk"
_WITH_A_PAGE = frozenset({403, 404, 405, 413, 429, 500})


def build(services: Services, *, look_patience: timedelta = LOOK_PATIENCE) -> Published:
    """Return the whole web as one ASGI app.

    Its ``invalidate`` may be called from any thread after publishing, so that the next request
    sees the new documents without waiting for the once-a-second look. ``look_patience`` is how long
    a city waits for its turn when it registers.
    """
    site = services.site()
    https = site.base_url.startswith("https://")
    errors = _Errors(services)
    pages = Starlette(
        routes=_routes(services, languages=site.languages, look_patience=look_patience),
        exception_handlers={
            HTTPException: errors.known,
            StoreUnavailable: errors.away,
            500: errors.ours,
        },
    )
    return Published(
        Safe(pages, https=https),
        load=services.load,
        generation=services.generation,
        monotonic=services.monotonic,
        https=https,
        elsewhere=_keyed(site.languages),
    )


def _keyed(languages: tuple[str, ...]) -> Callable[[str], bool]:
    """Return what is True of paths whose end is a key of one person: no document stands there."""
    folders = "|".join(re.escape(language) for language in languages)
    return lambda path: re.match(rf"/(?:{folders})/(?:{_KEYED})/", path) is not None


def _routes(
    services: Services, *, languages: tuple[str, ...], look_patience: timedelta
) -> list[Route]:
    registration = Registration(services, patience=look_patience)
    front = _ToLanguage(services)
    return [
        Route("/", front.front),
        Route("/status", front.status),
        Route("/register", front.register),
        Route("/subscribe", front.subscribe),
        *probes.routes(services),
        *status.routes(services, languages=languages),
        *registration.routes(languages=languages),
        *_for_subscribers(services, languages=languages),
        *DeskPages(services).routes(languages=languages),
    ]


def _for_subscribers(services: Services, *, languages: tuple[str, ...]) -> list[Route]:
    # Every door through which somebody may be written to takes from the same turns.
    asking = FormGuard(services, pace=ASKS)
    pages = (
        Subscribing(services, asking=asking),
        Confirming(services, guard=asking),
        PreferencesPages(services, asking=asking),
        Unsubscribing(services, guard=asking),
    )
    return [route for one in pages for route in one.routes(languages=languages)]


class _ToLanguage:
    """Addresses without a language lead to the reader's own."""

    def __init__(self, services: Services) -> None:
        self._site = services.site

    async def front(self, request: Request) -> Response:
        return to_language(request, site=self._site(), path="")

    async def status(self, request: Request) -> Response:
        return to_language(request, site=self._site(), path="status")

    async def register(self, request: Request) -> Response:
        return to_language(request, site=self._site(), path="register")

    async def subscribe(self, request: Request) -> Response:
        return to_language(request, site=self._site(), path="subscribe")


class _Errors:
    """Turns what went wrong into a page; Starlette calls these in a worker thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._log_away = log.Seldom(
            logger.error, "page not made: database not available", monotonic=services.monotonic
        )

    def known(self, request: Request, raised: Exception) -> Response:
        assert isinstance(raised, HTTPException)
        site = self._services.site()
        if raised.status_code == HTTPStatus.NOT_FOUND:
            folder = self._folder(request)
            if folder is not None:
                return folder
            if PUBLISHED in request.scope:
                raised = HTTPException(405, headers={"Allow": request.scope[PUBLISHED]})
        status = raised.status_code if raised.status_code in _WITH_A_PAGE else 500
        language = language_of(request, site=site)
        return error(site, status, language=language, headers=raised.headers)

    def away(self, request: Request, raised: Exception) -> Response:
        self._log_away(detail=str(raised))
        site = self._services.site()
        headers = {"Retry-After": "60"}
        return error(site, 503, language=language_of(request, site=site), headers=headers)

    def ours(self, request: Request, _: Exception) -> Response:
        site = self._services.site()
        return error(site, 500, language=language_of(request, site=site))

    def _folder(self, request: Request) -> Response | None:
        """Return a redirect to the page a reader meant who left out the last slash."""
        path = request.url.path
        last = path.rpartition("/")[2]
        if not last or "." in last or request.method not in ("GET", "HEAD"):
            return None
        if self._services.load(f"{path[1:]}/index.html") is None:
            return None
        return RedirectResponse(f"{self._services.site().prefix}{path}/", status_code=308)
