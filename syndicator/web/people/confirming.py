"""/fi/confirm and /fi/address: what a mailed link asks for, done by a button, never by opening it.

Mail scanners open every link: GET changes nothing (E5).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.digest.calendar import next_day
from syndicator.model import Cadence, Selection
from syndicator.pipeline.people import change_address, confirm
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.publish.page_site import Site
from syndicator.subscribe.email_tokens import LinkState
from syndicator.web.forms import FormGuard
from syndicator.web.pages import Visit

_THREADS = 10


async def dead_link(visit: Visit, state: LinkState, *, path: str) -> Response:
    """Return the page that says why a link does nothing any more, and the ways on from it."""
    match state:
        case LinkState.LEFT:
            template, title, status = "people/left.html", "left.already", 410
        case LinkState.MOVED:
            template, title, status = "people/elsewhere.html", "elsewhere.title", 410
        case LinkState.BROKEN | LinkState.SAMPLE | LinkState.READY | LinkState.DONE:
            template, title, status = "people/nowhere.html", "nowhere.title", 404
        case _:
            assert_never(state)
    return await visit.show(template, path=visit.with_token(path), title=title, status=status)


def next_issue_day(
    site: Site, cadence: Cadence, *, now: datetime, since: date | None = None
) -> date | None:
    """Return the local day on which the next issue of a cadence goes out, not before ``since``;
    ``None`` if the network has no digest of this cadence."""
    plan = next((plan for plan in site.digests if plan.cadence is cadence), None)
    return None if plan is None else next_day(now, rhythm=plan.rhythm, since=since)


class ConfirmationPages:
    """The pages behind the links that confirm, in every language."""

    def __init__(self, subscriptions: Subscriptions, *, guard: FormGuard) -> None:
        self._subscriptions = subscriptions
        self._guard = guard.with_threads(_THREADS)

    def routes(self) -> list[Route]:
        """Return the routes of both links: a page with a button, and what the button does."""
        return [
            route
            for language in self._guard.site.languages
            for route in (
                Route(f"/{language}/confirm/{{token}}", self.ask, methods=["GET"]),
                Route(f"/{language}/confirm/{{token}}", self.confirm, methods=["POST"]),
                Route(f"/{language}/address/{{token}}", self.ask_address, methods=["GET"]),
                Route(f"/{language}/address/{{token}}", self.move, methods=["POST"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show what would be confirmed, or that it is confirmed already."""
        visit = self._guard.visit(request)
        confirmation = await visit.run(confirm.check, self._subscriptions, visit.token)
        if confirmation.selection is None:
            return await dead_link(visit, confirmation.state, path="confirm")
        if confirmation.state is LinkState.DONE:
            return await self._confirmed(visit, confirmation.selection, title="confirmed.already")
        return await visit.show(
            "people/confirm.html",
            path=visit.with_token("confirm"),
            title="confirm.title",
            selection=confirmation.selection,
        )

    async def confirm(self, request: Request) -> Response:
        """Subscribe, and say what happens next."""
        visit = await self._guard.submitted(request, limited=False, keyed=True)
        confirmation = await visit.run(confirm.confirm, self._subscriptions, visit.token)
        if confirmation.selection is None:
            return await dead_link(visit, confirmation.state, path="confirm")
        # A button that was pressed twice says what it said the first time.
        return await self._confirmed(visit, confirmation.selection, title="confirmed.title")

    async def ask_address(self, request: Request) -> Response:
        """Ask whether the newsletter is to come here from now on."""
        visit = self._guard.visit(request)
        state = await visit.run(change_address.check, self._subscriptions, visit.token)
        if state is LinkState.DONE:
            return await self._moved(visit, title="moved.already")
        if state is not LinkState.READY:
            return await dead_link(visit, state, path="address")
        return await visit.show(
            "people/address.html", path=visit.with_token("address"), title="address.title"
        )

    async def move(self, request: Request) -> Response:
        """Let the newsletter come here."""
        visit = await self._guard.submitted(request, limited=False, keyed=True)
        state = await visit.run(change_address.confirm, self._subscriptions, visit.token)
        if not state.works:
            return await dead_link(visit, state, path="address")
        return await self._moved(visit, title="moved.title")

    async def _confirmed(self, visit: Visit, selection: Selection, *, title: str) -> Response:
        return await visit.show(
            "people/confirmed.html",
            path=visit.with_token("confirm"),
            title=title,
            selection=selection,
            next_issue=next_issue_day(visit.site, selection.cadence, now=self._subscriptions.now()),
        )

    async def _moved(self, visit: Visit, *, title: str) -> Response:
        return await visit.show("people/moved.html", path=visit.with_token("address"), title=title)
