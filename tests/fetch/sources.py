"""Builders of what the pure parts of fetch take: name what matters, the rest is ordinary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syndicator.model import Hop, Kind, Licence, Response, Source, SourceState

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
URL = "https://raahe.example/feed/"


def a_source(**changes: Any) -> Source:
    """Return an active blog that was read before."""
    values: dict[str, Any] = {
        "id": 1,
        "key": "raahe",
        "url": URL,
        "city": "raahe",
        "kind": Kind.BLOG,
        "licence": Licence.EXCERPT,
        "state": SourceState.ACTIVE,
        "body_hash": "0" * 64,
    }
    return Source(**values | changes)


def a_response(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Response:
    """Return an answer; header names are written with underscores."""
    return Response(
        url=URL,
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body if status == 200 else b"",
        conditional=status == 304,
    )


def hops(*statuses: int) -> tuple[Hop, ...]:
    """Return a chain of redirects with ``statuses`` that ends at URL."""
    return tuple(
        Hop(url=f"https://old{n}.example/", status=status, target=URL)
        for n, status in enumerate(statuses)
    )
