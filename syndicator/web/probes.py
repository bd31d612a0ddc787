"""What machines ask: is the process alive, may it get work, and its figures."""

from __future__ import annotations

import threading
from datetime import timedelta

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from syndicator.errors import SchemaMismatch, StoreUnavailable
from syndicator.model import Clock, Monotonic
from syndicator.pipeline.upkeep.write_probe import write_probe
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from syndicator.web.site.metrics import registry

PROBE_EVERY = timedelta(seconds=10)
"""How often at most the question whether we are ready costs a write."""

UNREADY_FOR = timedelta(minutes=1)
"""How long one failed transaction speaks against us: a small write may go where a large fails."""


class Probes:
    """/healthz, /readyz and /metrics."""

    def __init__(self, database: Database, *, now: Clock, monotonic: Monotonic) -> None:
        self._readiness = Readiness(database, monotonic=monotonic)
        self._metrics = registry(database, now=now)

    def routes(self) -> list[Route]:
        """Return the routes of all three."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def alive(self, _: Request) -> Response:
        """Answer at all, whatever the database does."""
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    def ready(self, _: Request) -> Response:
        """Return 503 and what is wrong while this process cannot work."""
        trouble = self._readiness.check()
        return PlainTextResponse(
            f"{trouble or 'ready'}\n",
            status_code=503 if trouble else 200,
            headers={"Cache-Control": "no-store"},
        )

    def metrics(self, _: Request) -> Response:
        """Return the figures as Prometheus reads them."""
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return Response(generate_latest(self._metrics), headers=headers)


class Readiness:
    """What keeps this process from its work: one sentence for the operator, or ``None``.

    A full disk still answers every read. So what failed lately is remembered, and now and then
    something small is written.
    """

    def __init__(self, database: Database, *, monotonic: Monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._last: str | None = None
        self._failures, _ = database.refused
        self._probe_at = self._ready_at = self._monotonic()

    def check(self) -> str | None:
        """Return what is wrong. Costs one write each PROBE_EVERY, however often it is asked.

        While one checks, the others get the last answer: the check may wait for the database.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._last = self._trouble()
            finally:
                self._lock.release()
        return self._last

    def _trouble(self) -> str | None:
        try:
            migrate.check(self._database)
            if self._monotonic() >= self._probe_at:
                self._probe_at = self._monotonic() + PROBE_EVERY.total_seconds()
                write_probe(self._database)
        except SchemaMismatch as error:
            return str(error)
        except StoreUnavailable as error:
            return self._recent_failure() or str(error)
        return self._recent_failure()

    def _recent_failure(self) -> str | None:
        failures, why = self._database.refused
        if failures != self._failures:
            self._failures = failures
            self._ready_at = self._monotonic() + UNREADY_FOR.total_seconds()
        return why if self._monotonic() < self._ready_at else None
