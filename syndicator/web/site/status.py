"""/fi/status, /sv/status, /en/status and /status.json: what changes without any post changing.

Each is kept as it was made for some seconds: its readers, however many, cost one look at the
database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syndicator.model import OUR_FAULTS
from syndicator.pipeline.notice_text import notice_text
from syndicator.publish.page_frame import Place, render
from syndicator.web.frame import MADE_NOW, language_of
from syndicator.web.recent import Recent
from syndicator.web.services import Services
from syndicator.web.site.status_view import (
    Standing,
    as_json,
    count,
    for_public,
    held,
    names,
    rows,
)

KEEPS = timedelta(seconds=5)
STALE = timedelta(minutes=1)
"""How old a page may be that readers get while another one is made."""


def routes(services: Services, *, languages: tuple[str, ...]) -> list[Route]:
    """Return the status page in every language, and the same for programs."""
    status = _Status(services, languages=languages)
    return [
        Route("/status.json", status.for_programs),
        *(Route(f"/{language}/status", status.for_people) for language in languages),
    ]


class _Status:
    def __init__(self, services: Services, *, languages: tuple[str, ...]) -> None:
        self._services = services
        self._json = self._recent(partial(_json, services))
        self._pages: Mapping[str, Recent[bytes]] = {
            language: self._recent(partial(_page, services, language)) for language in languages
        }

    async def for_people(self, request: Request) -> Response:
        language = language_of(request, site=self._services.site())
        return HTMLResponse(
            await self._pages[language](), headers={**MADE_NOW, "Content-Language": language}
        )

    async def for_programs(self, _: Request) -> Response:
        headers = {**MADE_NOW, "Access-Control-Allow-Origin": "*"}
        return Response(await self._json(), media_type="application/json", headers=headers)

    def _recent(self, make: Callable[[], bytes]) -> Recent[bytes]:
        return Recent(make, keeps=KEEPS, stale=STALE, monotonic=self._services.monotonic)


def _page(services: Services, language: str) -> bytes:
    site, health = services.site(), services.health()
    made = rows(health, site=site, language=language)
    called = names(health, site=site, language=language)
    notices = for_public(health).notices
    locale = site.locales[language]
    return render(
        site,
        "site/status.html",
        language=language,
        place=Place(path="status", title=locale.text("status.title")),
        now=services.now(),
        rows=made,
        counts={standing.value: count(made, standing) for standing in Standing},
        held=held(health, names=called, locale=locale),
        unshown=max(0, health.held_count - len(health.held)),
        ours=[locale.text(f"status.{one.kind}") for one in notices if one.kind in OUR_FAULTS],
        notices=[
            (one, notice_text(one, subject=called.get(one.subject, one.subject), locale=locale))
            for one in notices
            if one.kind not in OUR_FAULTS
        ],
    )


def _json(services: Services) -> bytes:
    facts = as_json(for_public(services.health()), now=services.now())
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
