"""/fi/unsubscribe: out, by one press of a mail program's button or by the one on the page.

Both are the same POST, and both get the same page: a program reads only its 200 (RFC 8058). The
answer does not depend on whether anybody was there: a token that was used, is of a reader long gone
or was cut on its way is as fine (E5).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.web.people.people import People
from syndicator.web.visit import FormGuard

_THREADS = 20
"""A mail provider may press for many readers at once, each of which waits for the disk."""


class Unsubscribing:
    """The page behind the link at the end of every newsletter, in every language."""

    def __init__(self, people: People, *, reception: FormGuard) -> None:
        self._people = people
        self._reception = reception.apart(threads=_THREADS)

    def routes(self, *, languages: tuple[str, ...]) -> list[Route]:
        """Return the page with the button, and what the button does."""
        return [
            route
            for language in languages
            for route in (
                Route(f"/{language}/unsubscribe/{{token}}", self.ask, methods=["GET"]),
                Route(f"/{language}/unsubscribe/{{token}}", self.leave, methods=["POST"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show the button; scanners that open every link change nothing."""
        visit = self._reception.visit(request)
        return await visit.show(
            "people/leave.html", path=visit.at("unsubscribe"), title="leave.title"
        )

    async def leave(self, request: Request) -> Response:
        """End the subscription at once, whoever sends this: the token is the permission.

        What else is in the body does not matter, so nobody waits for a slow one.
        """
        visit = self._reception.visit(request)
        await visit.run(self._people.leave, visit.token)
        return await visit.show(
            "people/left.html", path=visit.at("unsubscribe"), title="left.title"
        )
