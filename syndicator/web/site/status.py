"""/fi/status, /sv/status, /en/status and /status.json: what changes without any post changing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syndicator.locales import translator
from syndicator.publish.page_frame import Place
from syndicator.web.frame import language_of, page
from syndicator.web.services import Services
from syndicator.web.site.status_view import Standing, as_json, count, held, names, notice_text, rows


def routes(services: Services, *, languages: tuple[str, ...]) -> list[Route]:
    """Return the status page in every language, and the same for programs."""
    status = _Status(services)
    return [
        Route("/status.json", status.for_programs),
        *(Route(f"/{language}/status", status.for_people) for language in languages),
    ]


class _Status:
    def __init__(self, services: Services) -> None:
        self._services = services

    def for_people(self, request: Request) -> Response:
        site = self._services.site()
        language = language_of(request, site=site)
        health = self._services.health()
        made = rows(health, site=site, language=language)
        called = names(health, site=site, language=language)
        return page(
            site,
            "site/status.html",
            language=language,
            place=Place(path="status", title=translator(language).text("status.title")),
            now=self._services.now(),
            rows=made,
            counts={standing.value: count(made, standing) for standing in Standing},
            held=held(health, names=called, language=language),
            unshown=max(0, health.held_count - len(health.held)),
            notices=[
                (
                    one,
                    notice_text(
                        one, subject=called.get(one.subject, one.subject), language=language
                    ),
                )
                for one in health.notices
            ],
        )

    def for_programs(self, _: Request) -> Response:
        facts = as_json(self._services.health(), now=self._services.now())
        headers = {"Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
        return JSONResponse(facts, headers=headers)
