"""/fi/unsubscribe: out, by one press of a mail program's button or by the one on the page.

Both are the same POST. A program reads only its 200 (RFC 8058), and gets it whatever the token:
used, of a reader long gone, or cut (E5). A person reads the page, which says what is so.
"""

from __future__ import annotations

from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.pipeline.people import leave
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.subscribe.email_tokens import LinkState
from syndicator.web.forms import FormGuard
from syndicator.web.pages import Visit

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
        state = await visit.run(leave.check, self._subscriptions, visit.token)
        status = 404 if state is LinkState.BROKEN else 200
        return await _show(visit, state, pressed=False, status=status)

    async def leave(self, request: Request) -> Response:
        """End the subscription at once, whoever sends this: the token is the permission.

        What else is in the body does not matter, so nobody waits for a slow one.
        """
        visit = self._guard.visit(request)
        state = await visit.run(leave.leave, self._subscriptions, visit.token)
        return await _show(visit, state, pressed=True, status=200)


async def _show(visit: Visit, state: LinkState, *, pressed: bool, status: int) -> Response:
    """Return the page that says what is so of a link, before or after its button was pressed."""
    match state:
        case LinkState.READY if not pressed:
            template, title = "people/leave.html", "leave.title"
        case LinkState.LEFT if not pressed:
            template, title = "people/left.html", "left.already"
        # Pressed twice, or by two programs, it says the same: it is done.
        case LinkState.READY | LinkState.LEFT:
            template, title = "people/left.html", "left.title"
        case LinkState.SAMPLE:
            template, title = "people/sample.html", "sample.title"
        # A newsletter's link is neither done with nor left for another address.
        case LinkState.BROKEN | LinkState.DONE | LinkState.MOVED:
            template, title = "people/incomplete.html", "incomplete.title"
        case _:
            assert_never(state)
    return await visit.show(
        template, path=visit.with_token("unsubscribe"), title=title, status=status
    )
