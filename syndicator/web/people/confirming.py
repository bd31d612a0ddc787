"""/fi/confirm and /fi/address: what a mailed link asks for, done by a button and never by a look.

Mail scanners open every link: GET changes nothing (E5).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.web.services import Services
from syndicator.web.visit import FormGuard, Visit

_THREADS = 10


async def nowhere(visit: Visit, *, path: str) -> Response:
    """Return the page for a link that is late, used, cut or forged, and the ways on from it."""
    return await visit.show(
        "people/nowhere.html", path=visit.at(path), title="nowhere.title", status=404
    )


class Confirming:
    """The pages behind the links that confirm, in every language."""

    def __init__(self, services: Services, *, reception: FormGuard) -> None:
        self._services = services
        self._people = services.people
        self._reception = reception.apart(threads=_THREADS)

    def routes(self, *, languages: tuple[str, ...]) -> list[Route]:
        """Return the routes of both links: a page with a button, and what the button does."""
        return [
            route
            for language in languages
            for route in (
                Route(f"/{language}/confirm/{{token}}", self.ask, methods=["GET"]),
                Route(f"/{language}/confirm/{{token}}", self.confirm, methods=["POST"]),
                Route(f"/{language}/address/{{token}}", self.ask_address, methods=["GET"]),
                Route(f"/{language}/address/{{token}}", self.move, methods=["POST"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show what would be confirmed."""
        visit = self._reception.visit(request)
        waiting = await visit.run(self._people.waiting, visit.token)
        if waiting is None:
            return await nowhere(visit, path="confirm")
        return await visit.show(
            "people/confirm.html",
            path=visit.at("confirm"),
            title="confirm.title",
            selection=waiting,
        )

    async def confirm(self, request: Request) -> Response:
        """Subscribe, and say what happens next."""
        visit = await self._reception.held(request)
        chosen = await visit.run(self._people.confirm, visit.token)
        if chosen is None:
            return await nowhere(visit, path="confirm")
        return await visit.show(
            "people/confirmed.html",
            path=visit.at("confirm"),
            title="confirmed.title",
            selection=chosen,
            next_issue=self._services.next_issue(chosen.cadence, None),
        )

    async def ask_address(self, request: Request) -> Response:
        """Ask whether the newsletter is to come here from now on."""
        visit = self._reception.visit(request)
        if not await visit.run(self._people.moving, visit.token):
            return await nowhere(visit, path="address")
        return await visit.show(
            "people/address.html", path=visit.at("address"), title="address.title"
        )

    async def move(self, request: Request) -> Response:
        """Let the newsletter come here."""
        visit = await self._reception.held(request)
        if not await visit.run(self._people.moved, visit.token):
            return await nowhere(visit, path="address")
        return await visit.show("people/moved.html", path=visit.at("address"), title="moved.title")
