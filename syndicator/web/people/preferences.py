"""/fi/preferences: everything a subscriber may do, without a password, by a link mailed to them.

ask | an email | change, pause, move | a file of all we hold | leave or be forgotten
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import Form

from syndicator.pipeline.people import change_address, preferences
from syndicator.pipeline.people.erase import erase
from syndicator.pipeline.people.export import export
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import Preferences
from syndicator.web.forms import FormGuard, mistakes
from syndicator.web.pages import PRIVATE, Visit
from syndicator.web.people.confirming import dead_link, next_issue_day
from syndicator.web.people.subscriber_forms import (
    LONGEST_PAUSE,
    AddressForm,
    NewAddressForm,
    PauseForm,
    SelectionForm,
    day_of,
    offer_of,
)

T = TypeVar("T")

_PATH = "preferences"
_DONE = frozenset({"saved", "paused", "resumed", "mailed"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Forms:
    """The three forms of the page, as they are to be shown."""

    selection: SelectionForm
    pause: PauseForm
    address: NewAddressForm


class PreferencesPages:
    """The pages of a subscriber's own, in every language."""

    def __init__(
        self, subscriptions: Subscriptions, *, guard: FormGuard, emails_leave: bool
    ) -> None:
        self._subscriptions = subscriptions
        self._guard = guard
        self._emails_leave = emails_leave

    def routes(self) -> list[Route]:
        """Return the routes: asking for the link, and what it opens."""
        return [
            route
            for language in self._guard.site.languages
            for path in (f"/{language}/{_PATH}",)
            for own in (f"{path}/{{token}}",)
            for route in (
                Route(path, self.ask, methods=["GET"]),
                Route(path, self.mail, methods=["POST"]),
                Route(f"{path}/sent", self.sent, methods=["GET"]),
                Route(own, self.show, methods=["GET"]),
                Route(own, self.change, methods=["POST"]),
                Route(f"{own}/export", self.export, methods=["POST"]),
                Route(f"{own}/erase", self.ask_erase, methods=["GET"]),
                Route(f"{own}/erase", self.erase, methods=["POST"]),
            )
        ]

    async def ask(self, request: Request) -> Response:
        """Ask which address the link is to go to."""
        return await self._ask(self._guard.visit(request), AddressForm())

    async def mail(self, request: Request) -> Response:
        """Mail the link, if there is one; the answer is the same."""
        visit = await self._guard.submitted(request)
        form = AddressForm(visit.form)
        if not form.validate():
            return await self._ask(visit, form, status=422)
        await visit.run(preferences.mail_link, self._subscriptions, form.address, visit.language)
        return visit.redirect(f"{_PATH}/sent")

    async def sent(self, request: Request) -> Response:
        """Say what to do next."""
        return await self._guard.visit(request).show(
            "people/link_sent.html",
            path=f"{_PATH}/sent",
            title="link.sent.title",
            mails=self._emails_leave,
        )

    async def show(self, request: Request) -> Response:
        """Show what the subscriber chose, and everything they may do about it."""
        visit = self._guard.visit(request)
        current = await self._current(visit)
        if isinstance(current, LinkState):
            return await dead_link(visit, current, path=_PATH)
        if current.left is not None:
            return await self._left(visit, current, status=200)
        done = request.query_params.get("done", "")
        return await self._page(visit, current, done=done if done in _DONE else "")

    async def change(self, request: Request) -> Response:
        """Do what the button pressed says: save, pause, resume or move."""
        visit = await self._guard.submitted(request, limited=False, keyed=True)
        current = await self._current(visit)
        if isinstance(current, LinkState):
            return await dead_link(visit, current, path=_PATH)
        if current.left is not None:
            return await self._left(visit, current, status=410)
        match visit.form.get("step"):
            case "save":
                return await self._save(visit, current)
            case "pause":
                return await self._pause(visit, current)
            case "resume":
                return await self._done(visit, "resumed", preferences.pause, None)
            case "move":
                self._guard.limit(request)
                return await self._move(visit, current)
            case _:
                raise HTTPException(404)

    async def export(self, request: Request) -> Response:
        """Return a file of everything we hold about the subscriber."""
        visit = await self._guard.submitted(request, limited=False, keyed=True)
        record = await visit.run(export, self._subscriptions, visit.token)
        if record is None:
            return await self._nothing(visit)
        body = json.dumps(record, ensure_ascii=False, indent=2).encode()
        attached = {"Content-Disposition": 'attachment; filename="newsletter.json"'}
        return Response(body, media_type="application/json", headers={**PRIVATE, **attached})

    async def ask_erase(self, request: Request) -> Response:
        """Say what being forgotten means, with a button."""
        visit = self._guard.visit(request)
        current = await self._current(visit)
        if isinstance(current, LinkState):
            return await dead_link(visit, current, path=_PATH)
        own = visit.with_token(_PATH)
        return await visit.show(
            "people/erase.html", path=f"{own}/erase", title="erase.title", own=own
        )

    async def erase(self, request: Request) -> Response:
        """Forget the subscriber."""
        visit = await self._guard.submitted(request, limited=False, keyed=True)
        if not await visit.run(erase, self._subscriptions, visit.token):
            return await self._nothing(visit)
        return await visit.show("people/erased.html", path=_PATH, title="erased.title")

    async def _ask(self, visit: Visit, form: AddressForm, *, status: int = 200) -> Response:
        return await visit.show(
            "people/link.html",
            path=_PATH,
            title="link.title",
            status=status,
            form=form,
            errors=mistakes(form, locale=visit.locale),
            mails=self._emails_leave,
        )

    async def _current(self, visit: Visit) -> Preferences | LinkState:
        return await visit.run(preferences.read, self._subscriptions, visit.token)

    async def _nothing(self, visit: Visit) -> Response:
        """Say why nothing was done by a link that does not open what it should."""
        current = await self._current(visit)
        state = current if isinstance(current, LinkState) else LinkState.BROKEN
        return await dead_link(visit, state, path=_PATH)

    async def _save(self, visit: Visit, current: Preferences) -> Response:
        form = SelectionForm(visit.form)
        form.offer = offer_of(visit.site, chosen=current.selection)
        if not form.validate():
            return await self._page(visit, current, wrong=form)
        return await self._done(visit, "saved", preferences.change, form.selection)

    async def _pause(self, visit: Visit, current: Preferences) -> Response:
        form = PauseForm(visit.form)
        form.today, form.locale = self._today(visit), visit.locale
        if not form.validate():
            return await self._page(visit, current, wrong=form)
        return await self._done(
            visit, "paused", preferences.pause, day_of(str(form.until.data), locale=visit.locale)
        )

    async def _move(self, visit: Visit, current: Preferences) -> Response:
        form = NewAddressForm(visit.form)
        if not form.validate():
            return await self._page(visit, current, wrong=form)
        return await self._done(visit, "mailed", change_address.request, form.address)

    async def _done(
        self, visit: Visit, done: str, act: Callable[[Subscriptions, str, T], bool], value: T
    ) -> Response:
        """Do an act of the holder's, and say so on their page."""
        if not await visit.run(act, self._subscriptions, visit.token, value):
            return await self._nothing(visit)
        return visit.redirect(visit.with_token(_PATH), done=done)

    async def _page(
        self, visit: Visit, current: Preferences, *, done: str = "", wrong: Form | None = None
    ) -> Response:
        today = self._today(visit)
        return await visit.show(
            "people/preferences.html",
            path=visit.with_token(_PATH),
            title="prefs.title",
            status=422 if wrong else 200,
            held=current,
            forms=_forms(current, wrong=wrong),
            offer=offer_of(visit.site, chosen=current.selection),
            errors=mistakes(wrong, locale=visit.locale) if wrong else {},
            done=done,
            next_issue=next_issue_day(
                visit.site,
                current.selection.cadence,
                now=self._subscriptions.now(),
                since=current.paused_until,
            )
            if current.stopped is None
            else None,
            tomorrow=today + timedelta(days=1),
            latest=today + LONGEST_PAUSE,
            own=visit.with_token(_PATH),
            leave=visit.with_token("unsubscribe"),
        )

    async def _left(self, visit: Visit, current: Preferences, *, status: int) -> Response:
        """Show somebody who has left what is still held, and the ways back and out of it."""
        own = visit.with_token(_PATH)
        return await visit.show(
            "people/gone.html",
            path=own,
            title="left.title" if status == 200 else "left.already",
            status=status,
            held=current,
            own=own,
        )

    def _today(self, visit: Visit) -> date:
        return self._subscriptions.now().astimezone(visit.site.zone).date()


def _forms(current: Preferences, *, wrong: Form | None) -> _Forms:
    """Return the forms with what is held in them; one that was wrong as it was sent."""
    chosen = current.selection
    data = {
        "language": chosen.language,
        "cadence": chosen.cadence.value,
        "cities": sorted(chosen.cities),
        "topics": sorted(chosen.topics),
    }
    return _Forms(
        selection=wrong if isinstance(wrong, SelectionForm) else SelectionForm(data=data),
        pause=wrong if isinstance(wrong, PauseForm) else PauseForm(),
        address=wrong if isinstance(wrong, NewAddressForm) else NewAddressForm(),
    )
