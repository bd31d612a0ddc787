"""What machines ask: is the process alive, may it get work, and its figures."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from syndicator.web.services import Services


def routes(services: Services) -> list[Route]:
    """Return /healthz, /readyz and /metrics."""
    probes = _Probes(services)
    return [
        Route("/healthz", probes.alive),
        Route("/readyz", probes.ready),
        Route("/metrics", probes.metrics),
    ]


class _Probes:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def alive(self, _: Request) -> Response:
        return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})

    def ready(self, _: Request) -> Response:
        trouble = self._services.trouble()
        return PlainTextResponse(
            f"{trouble or 'ready'}\n",
            status_code=503 if trouble else 200,
            headers={"Cache-Control": "no-store"},
        )

    def metrics(self, _: Request) -> Response:
        body = generate_latest(self._services.metrics)
        headers = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        return Response(body, headers=headers)
