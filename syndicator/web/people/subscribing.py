"""/fi/subscribe: a form of our own, one for the cities' sites, and what to do next.

form | one answer for everyone | an email | confirm (web.people.confirming)
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.pipeline.people.sign_up import sign_up
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.sign_up import SignUpRequest
from syndicator.web.forms import (
    FormGuard,
    from_our_page,
    from_registered,
    mistakes,
    read_form,
)
from syndicator.web.limits import Pace
from syndicator.web.pages import Visit
from syndicator.web.people.subscriber_forms import SignUpForm, offer_of

EMAILS = Pace(burst=20, each=timedelta(seconds=30))
"""How often a network may make us write to somebody: a town hall on a good day, no flood."""

_WORDS = re.compile(r"[0-9]{4}-[0-9]{2}-[a-z]{2}-[0-9a-f]{12}", re.ASCII)


class SignUpPages:
    """The pages of the sign-up, in every language."""

    def __init__(
        self, subscriptions: Subscriptions, *, guard: FormGuard, emails_leave: bool
    ) -> None:
        self._subscriptions = subscriptions
        self._guard = guard
        self._emails_leave = emails_leave

    def routes(self) -> list[Route]:
        """Return the routes of the form, its answer, and the form to embed; none without a
        newsletter."""
        if not self._guard.site.cadences:
            return []
        return [
            route
            for language in self._guard.site.languages
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
        visit = self._guard.visit(request)
        form = SignUpForm(data={"language": visit.language})
        return await self._form(visit, form)

    async def answer(self, request: Request) -> Response:
        """Take the form; whoever sent it, what comes back is the same."""
        visit = await self._guard.submitted(request)
        page = f"/{visit.language}/subscribe"
        return await self._take(visit, page=page, words=text_version(visit.locale))

    async def embedded(self, request: Request) -> Response:
        """Take the form from a registered site of a city, or say where ours is."""
        visit = self._guard.visit(request)
        page = self._page_of_form(request, visit)
        if page is None:
            return await visit.show(
                "people/unknown_site.html", path="embed", title="embed.refused", status=403
            )
        self._guard.limit(request)
        visit = replace(visit, form=await read_form(request))
        sent = str(visit.form.get("words", ""))
        words = sent if _WORDS.fullmatch(sent) else text_version(visit.locale)
        return await self._take(visit, page=page, words=words)

    async def sent(self, request: Request) -> Response:
        """Say what to do next, and what if no email comes."""
        return await self._guard.visit(request).show(
            "people/sent.html",
            path="subscribe/sent",
            title="sent.title",
            mails=self._emails_leave,
        )

    async def embed(self, request: Request) -> Response:
        """Show the form that a city may put on its own pages, and how."""
        visit = self._guard.visit(request)
        return await visit.show(
            "people/embed.html",
            path="embed",
            title="embed.title",
            listed=True,
            offer=offer_of(visit.site),
            words=text_version(visit.locale),
        )

    def _page_of_form(self, request: Request, visit: Visit) -> str | None:
        """Return what the ledger says of where the form stood, ``None`` if we do not know that.

        Never what was sent: a program may write anything into its Origin.
        """
        registered = from_registered(request.headers, sites=visit.site.mail.form_origins)
        if registered is not None:
            return registered
        own = from_our_page(request.headers, base_url=visit.site.base_url)
        return f"/{visit.language}/embed" if own and "origin" in request.headers else None

    async def _take(self, visit: Visit, *, page: str, words: str) -> Response:
        form = SignUpForm(visit.form)
        form.offer = offer_of(visit.site)
        if not form.validate():
            return await self._form(visit, form, status=422)
        sign_up_request = SignUpRequest(
            address=form.address, selection=form.selection, page=page, text_version=words
        )
        await visit.run(sign_up, self._subscriptions, sign_up_request)
        return visit.redirect("subscribe/sent")

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
            mails=self._emails_leave,
        )
