"""What the web asks for, answered by the parts."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeAlias

from syndicator import log
from syndicator.app.parts import App
from syndicator.digest.calendar import next_slots
from syndicator.errors import SchemaMismatch, StoreUnavailable
from syndicator.model import Artefact, Cadence, EntryState, HeldBecause
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.feeds.preview_feed import preview_feed
from syndicator.pipeline.feeds.register import register
from syndicator.pipeline.issues.desk import Desk
from syndicator.publish.page import Site
from syndicator.store import notices
from syndicator.store.db import migrate
from syndicator.store.db.deadline import FOR_A_PERSON, REQUEST, Deadline
from syndicator.store.feeds import artefacts, dirty_channels, moderation, sources
from syndicator.store.feeds.moderation import EntrySummary
from syndicator.web import app as web
from syndicator.web.published import Published
from syndicator.web.services import Health, HeldEntry, Services
from syndicator.web.site.metrics import registry

logger = log.get("web")

ASGIApplication: TypeAlias = Callable[..., Awaitable[None]]

MANY_HELD = 50
"""Held entries that the status page names; it says how many more there are."""


PROBE_EVERY = timedelta(seconds=10)
"""How often at most the question whether we are ready costs a write."""

UNREADY_FOR = timedelta(minutes=1)
"""How long one failed transaction speaks against us: a small write may go where a large fails."""


def services(app: App) -> Services:
    """Return the callables behind the pages."""
    return Services(
        site=partial(_site, app),
        load=partial(_load, app),
        generation=_Generation(app),
        health=partial(health, app),
        look=partial(preview_feed, http=app.client, parser=app.parsers, seconds=time.monotonic),
        register=lambda claim: register(app.database, claim, now=app.now()),
        desk=Desk(editorial=app.editorial),
        subscriptions=lambda: app.subscriptions,
        next_issue=partial(next_issue, app),
        mails=app.sends_emails,
        trouble=Readiness(app, monotonic=time.monotonic),
        metrics=registry(app.database, now=app.now),
        session_key=lambda: keyring(app.settings.deployment.data_dir).session,
        now=app.now,
        monotonic=time.monotonic,
    )


def website(app: App) -> Published:
    """Return the whole web of this app as one ASGI application."""
    return web.build(services(app))


class InTime:
    """The ASGI app inside, whose requests wait for the database only so long, all in all.

    The time begins when a request is whole: how slowly it came is not the database's fault.
    """

    def __init__(self, app: ASGIApplication, *, wait: timedelta = FOR_A_PERSON) -> None:
        self._app = app
        self._wait = wait

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the app inside does."""
        deadline = Deadline(wait=self._wait, monotonic=time.monotonic)

        async def received() -> Any:
            message = await receive()
            deadline.restart()
            return message

        # Each request is a task of its own: nobody else sees this.
        REQUEST.set(deadline)
        await self._app(scope, received, send)


def _site(app: App) -> Site:
    return app.builder.bare_site


def _load(app: App, path: str) -> Artefact | None:
    with app.database.read() as tx:
        return artefacts.load(tx, path)


class _Generation:
    """The number of the newest publishing; the last one known while the database is away.

    What is in memory is then served on, which is what readers need of it.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._known = 0
        self._log_away = log.Seldom(
            logger.warning, "database not reached", monotonic=time.monotonic
        )

    def __call__(self) -> int:
        try:
            with self._app.database.read() as tx:
                self._known = artefacts.generation(tx)
        except StoreUnavailable as error:
            self._log_away(detail=str(error))
        return self._known


def next_issue(app: App, cadence: Cadence, since: date | None) -> date | None:
    """Return the local day on which the next issue of a cadence goes out, ``None`` if none does.

    Args:
        since: a day before which none counts.
    """
    plan = app.settings.digest(cadence)
    if plan is None:
        return None
    days = (
        slot.at.astimezone(plan.zone).date() for slot in next_slots(app.now(), rhythm=plan.rhythm)
    )
    return next(day for day in days if since is None or day >= since)


def health(app: App) -> Health:
    """Return how everything is at this moment."""
    with app.database.read() as tx:
        known = sources.list_all(tx)
        held = moderation.list_entries(tx, state=EntryState.HELD, limit=MANY_HELD)
        by_key = {source.key: source.id for source in known}
        return Health(
            sources=known,
            held=tuple(_held(entry, by_key) for entry in held),
            held_count=moderation.count_by_state(tx)[EntryState.HELD],
            notices=notices.list_all(tx),
        )


def _held(entry: EntrySummary, ids: Mapping[str, int]) -> HeldEntry:
    return HeldEntry(
        source=ids[entry.source],
        title=entry.title,
        language=entry.language,
        because=entry.held or HeldBecause.BY_EDITOR,
        since=entry.recency,
    )


class Readiness:
    """Says what keeps this process from its work: one sentence for the operator, or ``None``.

    A full disk still answers every read. So what failed lately is remembered, and now and then
    something small is written.
    """

    def __init__(self, app: App, *, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: str | None = None
        self._failures, _ = app.database.refused
        self._probe_at = self._ready_at = monotonic()

    def __call__(self) -> str | None:
        """Return what is wrong. Costs one write each PROBE_EVERY, however often it is asked.

        While one looks, the others get the last answer: the look may wait for the database.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._last = self._look()
            finally:
                self._lock.release()
        return self._last

    def _look(self) -> str | None:
        try:
            migrate.check(self._app.database)
            self._write()
        except SchemaMismatch as error:
            return str(error)
        except StoreUnavailable as error:
            return self._lately() or str(error)
        return self._lately()

    def _write(self) -> None:
        if self._monotonic() < self._probe_at:
            return
        self._probe_at = self._monotonic() + PROBE_EVERY.total_seconds()
        with self._app.database.write(urgent=True) as tx:
            dirty_channels.next_number(tx, "probe")

    def _lately(self) -> str | None:
        failures, why = self._app.database.refused
        if failures != self._failures:
            self._failures = failures
            self._ready_at = self._monotonic() + UNREADY_FOR.total_seconds()
        return why if self._monotonic() < self._ready_at else None
