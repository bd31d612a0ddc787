"""/fi/unsubscribe: out, by one press of a mail program's button or by the one on the page.

Both are the same POST. A program reads only its 200 (RFC 8058), and gets it whatever the token:
used, of a reader long gone, or cut (E5). A person reads the page, which says what is so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.pipeline.people import leave
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.subscribe.email_tokens import LinkState
from syndicator.web.forms import FormGuard
from syndicator.web.pages import Visit


class _Page(NamedTuple):
    """A template, the key of its title, and its status where somebody only looks."""

    template: str
    title: str
    status: int = 200


_ASKED: Mapping[LinkState, _Page] = {
    LinkState.READY: _Page("people/leave.html", "leave.title"),
    LinkState.LEFT: _Page("people/left.html", "left.already"),
    LinkState.SAMPLE: _Page("people/sample.html", "sample.title"),
    LinkState.BROKEN: _Page("people/incomplete.html", "incomplete.title", 404),
}
_PRESSED: Mapping[LinkState, _Page] = {
    **_ASKED,
    # Pressed twice, or by two programs, it says the same: it is done.
    LinkState.READY: _Page("people/left.html", "left.title"),
    LinkState.LEFT: _Page("people/left.html", "left.title"),
}

_THREADS = 20
"""A mail provider may press for many readers at once, each of which waits for the disk."""


class UnsubscribePages:
    """The page behind the link at the end of every newsletter, in every language."""

    def __init__(self, subscriptions: Subscriptions, *, guard: FormGuard) -> None:
        self._subscriptions = subscriptions
        self._guard = guard.with_threads(_THREADS)

    def routes(self) -> list[Route]:
        """Return the page with the button, and what the button does."""
        return [
            route
            for language in self._guard.site.languages
            for route in (
                Route(f"/{language}/unsubscribe/{{token}}", self.ask, methods=["GET"]),
                Route(f"/{language}/unsubscribe/{{token}}", self.leave, methods=["POST"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show the button, or why there is none; scanners that open every link change nothing."""
        visit = self._guard.visit(request)
        page = _ASKED[await visit.run(leave.check, self._subscriptions, visit.token)]
        return await _show(visit, page, status=page.status)

    async def leave(self, request: Request) -> Response:
        """End the subscription at once, whoever sends this: the token is the permission.

        What else is in the body does not matter, so nobody waits for a slow one.
        """
        visit = self._guard.visit(request)
        page = _PRESSED[await visit.run(leave.leave, self._subscriptions, visit.token)]
        return await _show(visit, page, status=200)


async def _show(visit: Visit, page: _Page, *, status: int) -> Response:
    return await visit.show(
        page.template, path=visit.with_token("unsubscribe"), title=page.title, status=status
    )
