"""/fi/subscribe: a form of our own, one for the cities' sites, and what to do next.

form | one answer for everyone | a letter | confirm (web.people.confirming)
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.pipeline.people.sign_up import sign_up
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.sign_up import SignUpRequest
from syndicator.web.body import read_form
from syndicator.web.forms import mistakes
from syndicator.web.limits import Pace
from syndicator.web.origin import from_our_page, from_registered
from syndicator.web.people.subscriber_forms import SignUpForm, offer_of
from syndicator.web.services import Services
from syndicator.web.visit import FormGuard, Visit

ASKS = Pace(burst=20, each=timedelta(seconds=30))
"""How often a network may make us write to somebody: a town hall on a good day, no flood."""

_WORDS = re.compile(r"[0-9]{4}-[0-9]{2}-[a-z]{2}-[0-9a-f]{12}", re.ASCII)


class Subscribing:
    """The pages of the sign-up, in every language."""

    def __init__(self, services: Services, *, asking: FormGuard) -> None:
        self._services = services
        self._subscriptions = services.subscriptions
        self._asking = asking

    def routes(self, *, languages: tuple[str, ...]) -> list[Route]:
        """Return the routes of the form, its answer, and the form to embed."""
        return [
            route
            for language in languages
            for route in (
                Route(f"/{language}/subscribe", self.ask, methods=["GET"]),
                Route(f"/{language}/subscribe", self.answer, methods=["POST"]),
                Route(f"/{language}/subscribe/sent", self.sent, methods=["GET"]),
                Route(f"/{language}/subscribe/embedded", self.embedded, methods=["POST"]),
                Route(f"/{language}/embed", self.embed, methods=["GET"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show the empty form."""
        visit = self._visit(request)
        form = SignUpForm(data={"language": visit.language})
        return await self._form(visit, form)

    async def answer(self, request: Request) -> Response:
        """Take the form; whoever sent it, what comes back is the same."""
        self._visit(request)
        visit = await self._asking.sent(request)
        page = f"/{visit.language}/subscribe"
        return await self._take(visit, page=page, words=text_version(visit.locale))

    async def embedded(self, request: Request) -> Response:
        """Take the form from a city's site that we know, or say where ours is."""
        visit = self._visit(request)
        page = self._known_site(request, visit)
        if page is None:
            return await visit.show(
                "people/unknown_site.html", path="embed", title="embed.refused", status=403
            )
        self._asking.slow(request)
        visit = replace(visit, sent=await read_form(request))
        seen = str(visit.sent.get("words", ""))
        words = seen if _WORDS.fullmatch(seen) else text_version(visit.locale)
        return await self._take(visit, page=page, words=words)

    async def sent(self, request: Request) -> Response:
        """Say what to do next, and what if no letter comes."""
        return await self._visit(request).show(
            "people/sent.html",
            path="subscribe/sent",
            title="sent.title",
            mails=self._services.mails,
        )

    async def embed(self, request: Request) -> Response:
        """Show the form that a city may put on its own pages, and how."""
        visit = self._visit(request)
        return await visit.show(
            "people/embed.html",
            path="embed",
            title="embed.title",
            listed=True,
            offer=offer_of(visit.site),
            words=text_version(visit.locale),
        )

    def _visit(self, request: Request) -> Visit:
        visit = self._asking.visit(request)
        if not visit.site.cadences:
            raise HTTPException(404)
        return visit

    def _known_site(self, request: Request, visit: Visit) -> str | None:
        """Return what the ledger says of where the form stood, ``None`` if we do not know that.

        Never what was sent: a program may write anything into its Origin.
        """
        known = from_registered(request.headers, origins=visit.site.mail.form_origins)
        if known is not None:
            return known
        own = from_our_page(request.headers, base_url=visit.site.base_url)
        return f"/{visit.language}/embed" if own and "origin" in request.headers else None

    async def _take(self, visit: Visit, *, page: str, words: str) -> Response:
        form = SignUpForm(visit.sent)
        form.offer = offer_of(visit.site)
        if not form.validate():
            return await self._form(visit, form, status=422)
        sign_up_request = SignUpRequest(
            address=form.address, selection=form.selection, page=page, text_version=words
        )
        await visit.run(sign_up, self._subscriptions(), sign_up_request)
        return visit.go("subscribe/sent")

    async def _form(self, visit: Visit, form: SignUpForm, *, status: int = 200) -> Response:
        return await visit.show(
            "people/subscribe.html",
            path="subscribe",
            title="subscribe.title",
            status=status,
            listed=True,
            form=form,
            offer=offer_of(visit.site),
            errors=mistakes(form, locale=visit.locale),
            mails=self._services.mails,
        )
