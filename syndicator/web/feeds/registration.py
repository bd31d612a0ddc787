"""/fi/register: a city names its feed, sees what we see, and asks for approval.

    form | fetched (guarded, once) | preview with the doctor's findings | confirm | pending

Nothing is kept between the steps: what the second needs is signed and carried by the page itself.
Nothing is polled and nothing mailed until an editor has approved.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicator.model import Clock, Licence, Monotonic
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.feeds.preview_feed import HastyParser, preview_feed
from syndicator.pipeline.feeds.pull import HTTP
from syndicator.pipeline.feeds.register import register
from syndicator.publish.page_site import Site
from syndicator.register.claim import (
    LONGEST_ADDRESS,
    Claim,
    Kept,
    Preview,
    Unseen,
    contact_address,
    feed_address,
)
from syndicator.register.doctor import explain, explain_faults
from syndicator.store.db.database import Database
from syndicator.web.feeds.registration_form import OTHER_CITY, RegistrationForm
from syndicator.web.feeds.signed_claim import ClaimSigner, PreviewedClaim
from syndicator.web.forms import FormGuard, mistakes, network
from syndicator.web.limits import OneAtATime, Pace
from syndicator.web.pages import Visit, retry_after, try_again

_PREVIEWS = Pace(burst=8, each=timedelta(minutes=2))
_PREVIEWS_AT_ONCE = 8
_BUSY = timedelta(seconds=30)
"""What whoever got no turn is told to wait: as long as the longest preview."""
QUEUE_PATIENCE = timedelta(seconds=5)
"""How long a city waits for its turn to be previewed before it is told that we are busy."""
_SHOWN_ENTRIES = 5
_LONGEST_TITLE = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class _Postponed:
    """Why an address is not previewed now: ``why`` is a key, ``wait`` when to come again."""

    status: int
    why: str
    wait: timedelta


class RegistrationPages:
    """The pages at /register, in every language.

    Args:
        data_dir: where the keys lie.
        queue_patience: how long a city waits for its turn.
    """

    def __init__(
        self,
        site: Site,
        database: Database,
        *,
        http: HTTP,
        parser: HastyParser,
        data_dir: Path,
        now: Clock,
        monotonic: Monotonic,
        queue_patience: timedelta = QUEUE_PATIENCE,
    ) -> None:
        self._site = site
        self._database = database
        self._preview_feed = partial(preview_feed, http=http, parser=parser, seconds=monotonic)
        self._data_dir = data_dir
        self._now = now
        self._guard = FormGuard(site, pace=_PREVIEWS, monotonic=monotonic)
        self._queue = OneAtATime(in_all=_PREVIEWS_AT_ONCE, patience=queue_patience)
        # Their own: no slow page keeps a preview from beginning, and no slow preview a page.
        self._threads = ThreadPoolExecutor(_PREVIEWS_AT_ONCE, thread_name_prefix="preview")

    def routes(self) -> list[Route]:
        """Return the routes of the form, its answer and what is shown at the end."""
        return [
            route
            for language in self._site.languages
            for route in (
                Route(f"/{language}/register", self.ask, methods=["GET"]),
                Route(f"/{language}/register", self.answer, methods=["POST"]),
                Route(f"/{language}/register/{{kept}}", self.done, methods=["GET"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Show the empty form."""
        visit = self._guard.visit(request)
        return await self._form(visit, _form(visit, submitted=False))

    async def answer(self, request: Request) -> Response:
        """Take one of the three buttons: preview, confirm, or change what was given.

        Only a preview of what somebody names costs one of the network's turns.
        """
        visit = await self._guard.submitted(request, limited=False)
        match visit.form.get("step"):
            case "confirm":
                return await self._confirm(visit)
            case "change":
                return await self._change(visit)
            case _:
                return await self._preview(request, visit)

    async def done(self, request: Request) -> Response:
        """Say what became of the claim."""
        visit = self._guard.visit(request)
        kept = request.path_params["kept"]
        if kept not in tuple(Kept):
            raise HTTPException(404)
        is_known = kept == Kept.KNOWN
        return await visit.show(
            "site/registered.html",
            path=f"register/{kept}",
            title="done.known.title" if is_known else "done.title",
            known=is_known,
        )

    async def _preview(self, request: Request, visit: Visit) -> Response:
        form = _form(visit, submitted=True)
        if not form.validate():
            return await self._form(visit, form, status=422)
        typed_url = form.url.data or ""
        match await self._fetch_preview(request, feed_address(typed_url) or ""):
            case _Postponed() as postponed:
                return await self._form(visit, form, status=postponed.status, postponed=postponed)
            case Unseen() as unseen:
                return await self._form(visit, form, status=422, unseen=unseen)
            case Preview() as preview:
                previewed = PreviewedClaim(
                    claim=_claim(form, preview, visit=visit), typed_url=typed_url
                )
                return await self._show_preview(visit, previewed, preview)

    async def _fetch_preview(self, request: Request, url: str) -> Preview | Unseen | _Postponed:
        async with self._queue.turn(network(request)) as ours:
            if not ours:
                return _Postponed(status=503, why="register.busy", wait=_BUSY)
            wait = self._guard.take_turn(request)
            if wait:
                return _Postponed(status=429, why="error.429.what", wait=wait)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._preview_feed, url)

    async def _show_preview(
        self, visit: Visit, previewed: PreviewedClaim, preview: Preview
    ) -> Response:
        return await visit.show(
            "site/register_preview.html",
            path="register",
            title="preview.title",
            claim=previewed.claim,
            feed=preview.feed,
            shown=preview.feed.entries[:_SHOWN_ENTRIES],
            faults=explain_faults(preview.feed, locale=visit.locale),
            carried=self._signer().sign(previewed, now=self._now()),
        )

    async def _confirm(self, visit: Visit) -> Response:
        previewed = self._previewed(visit)
        if previewed is None:
            form = _form(visit, submitted=False)
            return await self._form(
                visit, form, alert=visit.locale.text("form.expired"), status=422
            )
        kept = await run_in_threadpool(register, self._database, previewed.claim, now=self._now())
        return visit.redirect(f"register/{kept}")

    async def _change(self, visit: Visit) -> Response:
        previewed = self._previewed(visit)
        form = _form(visit, submitted=False)
        if previewed is None:
            return await self._form(visit, form, alert=visit.locale.text("form.expired"))
        form.process(data=_as_typed(previewed))
        return await self._form(visit, form)

    def _previewed(self, visit: Visit) -> PreviewedClaim | None:
        """Return what the page of the preview carried, ``None`` if it is not ours or too old."""
        return self._signer().read(str(visit.form.get("claim", "")), now=self._now())

    def _signer(self) -> ClaimSigner:
        return ClaimSigner(keyring(self._data_dir).session)

    async def _form(
        self,
        visit: Visit,
        form: RegistrationForm,
        *,
        status: int = 200,
        unseen: Unseen | None = None,
        postponed: _Postponed | None = None,
        alert: str = "",
    ) -> Response:
        if postponed is not None:
            again = try_again(postponed.wait, locale=visit.locale)
            alert = f"{visit.locale.text(postponed.why)} {again}"
        errors = mistakes(form, locale=visit.locale)
        if unseen is not None:
            errors["url"] = explain(unseen.reason, locale=visit.locale)
        return await visit.show(
            "site/register.html",
            path="register",
            title="register.title",
            status=status,
            listed=True,
            form=form,
            errors=errors,
            detail=unseen.detail if unseen else "",
            alert=alert,
            headers=retry_after(postponed.wait) if postponed else None,
        )


def _form(visit: Visit, *, submitted: bool) -> RegistrationForm:
    form = RegistrationForm(visit.form if submitted else None)
    form.members = frozenset(visit.site.cities_by_slug)
    return form


def _claim(form: RegistrationForm, preview: Preview, *, visit: Visit) -> Claim:
    slug = "" if form.city.data == OTHER_CITY else form.city.data or ""
    city = visit.site.cities_by_slug.get(slug)
    return Claim(
        city=slug,
        city_name=city.name(visit.language) if city else (form.other.data or "").strip(),
        url=preview.url,
        contact=contact_address(form.contact.data or "") or "",
        licence=Licence(form.licence.data or ""),
        title=preview.feed.title[:_LONGEST_TITLE],
        home=preview.feed.home if len(preview.feed.home or "") <= LONGEST_ADDRESS else None,
        language=preview.feed.language,
    )


def _as_typed(previewed: PreviewedClaim) -> dict[str, str]:
    claim = previewed.claim
    return {
        "city": claim.city or OTHER_CITY,
        "other": "" if claim.city else claim.city_name,
        "url": previewed.typed_url,
        "contact": claim.contact,
        "licence": claim.licence.value,
    }
