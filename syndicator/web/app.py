"""The ASGI app: published bytes in front, the few made pages behind, quiet errors around."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from syndicator import log
from syndicator.errors import StoreUnavailable
from syndicator.model import Clock, Monotonic
from syndicator.pipeline.feeds.preview_feed import HastyParser
from syndicator.pipeline.feeds.pull import HTTP
from syndicator.pipeline.issues.desk import Desk
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.publish.page_site import Site
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts
from syndicator.web.feeds.registration import QUEUE_PATIENCE, RegistrationPages
from syndicator.web.forms import FormGuard
from syndicator.web.issues.desk import DeskPages
from syndicator.web.middleware import SafetyHeaders
from syndicator.web.negotiate import language
from syndicator.web.pages import error_page
from syndicator.web.people.confirming import ConfirmationPages
from syndicator.web.people.preferences import PreferencesPages
from syndicator.web.people.subscribing import EMAILS, SignUpPages
from syndicator.web.people.unsubscribing import UnsubscribePages
from syndicator.web.probes import Probes
from syndicator.web.published import PUBLISHED, Published
from syndicator.web.site.status import StatusPages

logger = log.get("web")

_KEYED = "unsubscribe|confirm|address|preferences|desk"
_WITH_A_PAGE = frozenset({403, 404, 405, 413, 429, 500})
_IN_THE_READERS_LANGUAGE = ("", "status", "register", "subscribe")
"""Pages that have an address without a language, which leads to the reader's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Website:
    """What one website is made of; each page takes of it what it touches.

    Args:
        site: the network's facts.
        http: fetches the address that a city typed.
        parser: reads what was fetched.
        emails_leave: True where emails are sent: a relay is set, and nothing they lead to is an
            example.
        now: the moment, aware, in UTC.
        monotonic: for rate limits, and how fresh what is in memory is.
    """

    site: Site
    database: Database
    subscriptions: Subscriptions
    editorial: Editorial
    http: HTTP
    parser: HastyParser
    emails_leave: bool
    now: Clock
    monotonic: Monotonic


def build(website: Website, *, queue_patience: timedelta = QUEUE_PATIENCE) -> Published:
    """Return the whole web as one ASGI app.

    Its ``invalidate`` may be called from any thread after publishing, so that the next request
    sees the new documents without waiting for the check once a second.

    Args:
        queue_patience: how long a city waits for its turn when it registers.
    """
    site = website.site
    https = site.base_url.startswith("https://")
    errors = _ErrorPages(site, website.database, monotonic=website.monotonic)
    pages = Starlette(
        routes=_routes(website, queue_patience=queue_patience),
        exception_handlers={
            HTTPException: errors.expected,
            StoreUnavailable: errors.database_away,
            500: errors.unexpected,
        },
    )
    # Below these stands the key of one person, and no document.
    keyed = rf"/(?:{'|'.join(map(re.escape, site.languages))})/(?:{_KEYED})/"
    return Published(
        SafetyHeaders(pages, https=https),
        database=website.database,
        monotonic=website.monotonic,
        https=https,
        undocumented=re.compile(keyed),
    )


def _routes(website: Website, *, queue_patience: timedelta) -> list[Route]:
    site, database, subscriptions = website.site, website.database, website.subscriptions
    now, monotonic, emails_leave = website.now, website.monotonic, website.emails_leave
    # Every door through which somebody may be written to takes from the same turns.
    guard = FormGuard(site, pace=EMAILS, monotonic=monotonic)
    return [
        *(_to_language(site, path) for path in _IN_THE_READERS_LANGUAGE),
        *Probes(database, now=now, monotonic=monotonic).routes(),
        *StatusPages(site, database, now=now, monotonic=monotonic).routes(),
        *RegistrationPages(
            site,
            database,
            http=website.http,
            parser=website.parser,
            data_dir=subscriptions.data_dir,
            now=now,
            monotonic=monotonic,
            queue_patience=queue_patience,
        ).routes(),
        *SignUpPages(subscriptions, guard=guard, emails_leave=emails_leave).routes(),
        *ConfirmationPages(subscriptions, guard=guard).routes(),
        *PreferencesPages(subscriptions, guard=guard, emails_leave=emails_leave).routes(),
        *UnsubscribePages(subscriptions, guard=guard).routes(),
        *DeskPages(site, Desk(editorial=website.editorial)).routes(),
    ]


def _to_language(site: Site, path: str) -> Route:
    """Return the route from an address without a language to the page in the reader's own."""

    async def redirect(request: Request) -> Response:
        wanted = language(request.headers.get("accept-language"), offered=site.languages)
        target = f"{site.prefix}/{wanted}/{path}"
        return RedirectResponse(target, status_code=302, headers={"Vary": "Accept-Language"})

    return Route(f"/{path}", redirect)


class _ErrorPages:
    """Turns what went wrong into a page; Starlette calls these in a worker thread."""

    def __init__(self, site: Site, database: Database, *, monotonic: Monotonic) -> None:
        self._site = site
        self._database = database
        self._log_away = log.Seldom(
            logger.error, "page not made: database not available", monotonic=monotonic
        )

    def expected(self, request: Request, raised: Exception) -> Response:
        assert isinstance(raised, HTTPException)
        if raised.status_code == HTTPStatus.NOT_FOUND:
            folder = self._folder(request)
            if folder is not None:
                return folder
            if PUBLISHED in request.scope:
                raised = HTTPException(405, headers={"Allow": request.scope[PUBLISHED]})
        status = raised.status_code if raised.status_code in _WITH_A_PAGE else 500
        return error_page(request, status, site=self._site, headers=raised.headers)

    def database_away(self, request: Request, raised: Exception) -> Response:
        self._log_away(detail=str(raised))
        return error_page(request, 503, site=self._site, headers={"Retry-After": "60"})

    def unexpected(self, request: Request, _: Exception) -> Response:
        return error_page(request, 500, site=self._site)

    def _folder(self, request: Request) -> Response | None:
        """Return a redirect to the page a reader meant who left out the last slash."""
        path = request.url.path
        last = path.rpartition("/")[2]
        if not last or "." in last or request.method not in ("GET", "HEAD"):
            return None
        with self._database.read() as tx:
            page = artefacts.load(tx, f"{path[1:]}/index.html")
        if page is None:
            return None
        return RedirectResponse(f"{self._site.prefix}{path}/", status_code=308)
