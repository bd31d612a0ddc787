"""/fi/status, /sv/status, /en/status and /status.json: what changes without any post changing.

Each is kept as it was made for some seconds: its readers, however many, cost one read of the
database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syndicator.model import OUR_FAULTS, Clock, Monotonic
from syndicator.pipeline.feeds.health import health
from syndicator.pipeline.notice_text import notice_text
from syndicator.publish.page_frame import Place, render
from syndicator.publish.page_site import Site
from syndicator.store.db.database import Database
from syndicator.web.pages import REVALIDATE, language_of
from syndicator.web.recent import Recent
from syndicator.web.site.status_view import (
    Standing,
    as_json,
    count,
    for_public,
    held_posts,
    names,
    rows,
)

KEEPS = timedelta(seconds=5)
STALE = timedelta(minutes=1)
"""How old a page may be that readers get while another one is made."""


class StatusPages:
    """The status page in every language, and the same for programs."""

    def __init__(self, site: Site, database: Database, *, now: Clock, monotonic: Monotonic) -> None:
        self._site = site
        recent = partial(Recent[bytes], keeps=KEEPS, stale=STALE, monotonic=monotonic)
        self._json = recent(partial(_json, database, now=now))
        self._pages: Mapping[str, Recent[bytes]] = {
            language: recent(partial(_page, site, database, now=now, language=language))
            for language in site.languages
        }

    def routes(self) -> list[Route]:
        """Return the routes of all of them."""
        return [
            Route("/status.json", self.for_programs),
            *(Route(f"/{language}/status", self.for_people) for language in self._site.languages),
        ]

    async def for_people(self, request: Request) -> Response:
        """Show how every source is, at most some seconds ago."""
        language = language_of(request, site=self._site)
        return HTMLResponse(
            await self._pages[language](), headers={**REVALIDATE, "Content-Language": language}
        )

    async def for_programs(self, _: Request) -> Response:
        """Return the same as JSON."""
        headers = {**REVALIDATE, "Access-Control-Allow-Origin": "*"}
        return Response(await self._json(), media_type="application/json", headers=headers)


def _page(site: Site, database: Database, *, now: Clock, language: str) -> bytes:
    current, locale = health(database), site.locales[language]
    source_rows = rows(current, site=site, language=language)
    source_names = names(current, site=site, language=language)
    notices = for_public(current).notices
    return render(
        site,
        "site/status.html",
        language=language,
        place=Place(path="status", title=locale.text("status.title")),
        now=now(),
        rows=source_rows,
        counts={standing.value: count(source_rows, standing) for standing in Standing},
        held=held_posts(current, names=source_names, locale=locale),
        unshown=max(0, current.held_count - len(current.held)),
        ours=[
            locale.text(f"status.{notice.kind}") for notice in notices if notice.kind in OUR_FAULTS
        ],
        notices=[
            (
                notice,
                notice_text(
                    notice,
                    subject=source_names.get(notice.subject, notice.subject),
                    locale=locale,
                ),
            )
            for notice in notices
            if notice.kind not in OUR_FAULTS
        ],
    )


def _json(database: Database, *, now: Clock) -> bytes:
    facts = as_json(for_public(health(database)), now=now())
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
