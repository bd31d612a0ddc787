"""/fi/register: a city names its feed, sees what we see, and asks for approval.

    form | look (guarded, once) | preview with the doctor's findings | confirm | pending

Nothing is kept between the steps: what the second needs is signed and carried by the page itself.
Nothing is polled and nothing mailed until an editor has approved.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.locales import Locale
from syndicator.model import Licence
from syndicator.register.claim import (
    LONGEST_ADDRESS,
    Claim,
    Kept,
    Preview,
    Unseen,
    contact_address,
    feed_address,
)
from syndicator.register.doctor import explain, findings
from syndicator.web.feeds.signed_claim import Carried, ClaimSigner
from syndicator.web.forms import OTHER_CITY, RegistrationForm, mistakes
from syndicator.web.frame import retry_after, try_again
from syndicator.web.limits import OneAtATime, Pace
from syndicator.web.services import Services
from syndicator.web.visit import FormGuard, Visit, network

_LOOKS = Pace(burst=8, each=timedelta(minutes=2))
_LOOKS_AT_ONCE = 8
_BUSY = timedelta(seconds=30)
"""What whoever got no turn is told to wait: as long as the longest look."""
LOOK_PATIENCE = timedelta(seconds=5)
"""How long a city waits for its turn to be looked at before it is told that we are busy."""
_SHOWN_ENTRIES = 5
_LONGEST_TITLE = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class _Later:
    """Why an address is not looked at now: ``why`` is a key, ``wait`` when to come again."""

    status: int
    why: str
    wait: timedelta


class Registration:
    """The pages at /register, in every language."""

    def __init__(self, services: Services, *, patience: timedelta = LOOK_PATIENCE) -> None:
        self._services = services
        self._reception = FormGuard(services, pace=_LOOKS)
        self._turns = OneAtATime(in_all=_LOOKS_AT_ONCE, patience=patience)
        # Their own: no slow page keeps a look from beginning, and no slow look a page.
        self._lookers = ThreadPoolExecutor(_LOOKS_AT_ONCE, thread_name_prefix="look")

    def routes(self, *, languages: tuple[str, ...]) -> list[Route]:
        """Return the routes of the form, its answer and what is shown at the end."""
        return [
            route
            for language in languages
            for route in (
                Route(f"/{language}/register", self.ask, methods=["GET"]),
                Route(f"/{language}/register", self.answer, methods=["POST"]),
                Route(f"/{language}/register/{{kept}}", self.done, methods=["GET"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show the empty form."""
        visit = self._reception.visit(request)
        return await self._form(visit, _form(visit, submitted=False))

    async def answer(self, request: Request) -> Response:
        """Take one of the three buttons: look, confirm, or change what was given.

        Only a look at what somebody names costs one of the network's turns.
        """
        visit = await self._reception.unhurried(request)
        match visit.sent.get("step"):
            case "confirm":
                return await self._confirm(visit)
            case "change":
                return await self._change(visit)
            case _:
                return await self._look(request, visit)

    async def done(self, request: Request) -> Response:
        """Say what became of the claim."""
        visit = self._reception.visit(request)
        kept = request.path_params["kept"]
        if kept not in tuple(Kept):
            raise HTTPException(404)
        known = kept == Kept.KNOWN
        return await visit.show(
            "site/registered.html",
            path=f"register/{kept}",
            title="done.known.title" if known else "done.title",
            known=known,
        )

    async def _look(self, request: Request, visit: Visit) -> Response:
        form = _form(visit, submitted=True)
        if not form.validate():
            return await self._form(visit, form, status=422)
        seen = await self._seen(request, feed_address(form.url.data or "") or "")
        if isinstance(seen, _Later):
            return await self._form(visit, form, status=seen.status, later=seen)
        if isinstance(seen, Unseen):
            return await self._form(visit, form, status=422, unseen=seen)
        claim = _claim(form, seen, visit=visit)
        return await self._preview(visit, claim, seen, asked=form.url.data or "")

    async def _seen(self, request: Request, url: str) -> Preview | Unseen | _Later:
        async with self._turns.turn(network(request)) as ours:
            if not ours:
                return _Later(status=503, why="register.busy", wait=_BUSY)
            wait = self._reception.take(request)
            if wait:
                return _Later(status=429, why="error.429.what", wait=wait)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._lookers, self._services.look, url)

    async def _confirm(self, visit: Visit) -> Response:
        carried = self._carried(visit)
        if carried is None:
            form = _form(visit, submitted=False)
            return await self._form(visit, form, alert=visit.text("form.expired"), status=422)
        kept = await run_in_threadpool(self._services.register, carried.claim)
        return visit.go(f"register/{kept}")

    async def _change(self, visit: Visit) -> Response:
        carried = self._carried(visit)
        form = _form(visit, submitted=False)
        if carried is None:
            return await self._form(visit, form, alert=visit.text("form.expired"))
        form.process(data=_as_typed(carried))
        return await self._form(visit, form)

    def _carrier(self) -> ClaimSigner:
        return ClaimSigner(self._services.session_key())

    def _carried(self, visit: Visit) -> Carried | None:
        letters = str(visit.sent.get("claim", ""))
        return self._carrier().read(letters, now=self._services.now())

    async def _preview(self, visit: Visit, claim: Claim, seen: Preview, *, asked: str) -> Response:
        letters = self._carrier().sign(Carried(claim=claim, asked=asked), now=self._services.now())
        return await visit.show(
            "site/register_preview.html",
            path="register",
            title="preview.title",
            claim=claim,
            feed=seen.feed,
            shown=seen.feed.entries[:_SHOWN_ENTRIES],
            findings=findings(seen.feed, locale=visit.locale),
            carried=letters,
        )

    async def _form(
        self,
        visit: Visit,
        form: RegistrationForm,
        *,
        status: int = 200,
        unseen: Unseen | None = None,
        later: _Later | None = None,
        alert: str = "",
    ) -> Response:
        if later is not None:
            alert = f"{visit.text(later.why)} {try_again(later.wait, locale=visit.locale)}"
        return await visit.show(
            "site/register.html",
            path="register",
            title="register.title",
            status=status,
            listed=True,
            form=form,
            errors=_errors(form, unseen=unseen, locale=visit.locale),
            detail=unseen.detail if unseen else "",
            alert=alert,
            headers=retry_after(later.wait) if later else None,
        )


def _form(visit: Visit, *, submitted: bool) -> RegistrationForm:
    form = RegistrationForm(visit.sent if submitted else None)
    form.members = frozenset(visit.site.cities_by_slug)
    return form


def _claim(form: RegistrationForm, seen: Preview, *, visit: Visit) -> Claim:
    slug = "" if form.city.data == OTHER_CITY else form.city.data or ""
    city = visit.site.cities_by_slug.get(slug)
    return Claim(
        city=slug,
        city_name=city.name(visit.language) if city else (form.other.data or "").strip(),
        url=seen.url,
        contact=contact_address(form.contact.data or "") or "",
        licence=Licence(form.licence.data or ""),
        title=seen.feed.title[:_LONGEST_TITLE],
        home=seen.feed.home if len(seen.feed.home or "") <= LONGEST_ADDRESS else None,
        language=seen.feed.language,
    )


def _as_typed(carried: Carried) -> dict[str, str]:
    claim = carried.claim
    return {
        "city": claim.city or OTHER_CITY,
        "other": "" if claim.city else claim.city_name,
        "url": carried.asked,
        "contact": claim.contact,
        "licence": claim.licence.value,
    }


def _errors(form: RegistrationForm, *, unseen: Unseen | None, locale: Locale) -> dict[str, str]:
    """Return one sentence for each field in error, in the order of the form."""
    said = mistakes(form, locale=locale)
    if unseen is not None:
        said["url"] = explain(unseen.reason, locale=locale)
    return said
