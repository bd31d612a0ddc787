"""The row of a source as the noun that travels, and its hints there and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Row

from syndicator.model import Hints, Source


def to_source(row: Row[Any]) -> Source:
    """Return the row of a source as the noun that travels."""
    return Source(
        id=row.id,
        key=row.key,
        url=row.url,
        city=row.city,
        kind=row.kind,
        licence=row.licence,
        state=row.state,
        language=row.language,
        title=row.title,
        home=row.home,
        feed_id=row.feed_id,
        categories=tuple(row.categories),
        path_prefixes=tuple(row.path_prefixes),
        id_mode=row.id_mode,
        first_seen=row.first_seen,
        next_fetch_at=row.next_fetch_at,
        last_attempt_at=row.last_attempt_at,
        last_success_at=row.last_success_at,
        last_change_at=row.last_change_at,
        failures=row.failures,
        failing_since=row.failing_since,
        reason=row.reason,
        detail=row.detail,
        held_because=row.held_because,
        feed_title=row.feed_title,
        feed_language=row.feed_language,
        feed_host=row.feed_host,
        body_hash=row.body_hash,
        body_bytes=row.body_bytes,
        moved_to=row.moved_to,
        moves=row.moves,
        hints=to_hints(row.hints),
        contact=row.contact,
        claims=row.claims,
    )


def to_hints(stored: Mapping[str, Any]) -> Hints:
    """Return what a feed says about its pace, from what ``from_hints`` made of it."""
    if not stored:
        return Hints()
    ttl, period = stored.get("ttl"), stored.get("update_period")
    return Hints(
        ttl=None if ttl is None else timedelta(seconds=ttl),
        update_period=None if period is None else timedelta(seconds=period),
        skip_hours=frozenset(stored.get("skip_hours", ())),
        skip_days=frozenset(stored.get("skip_days", ())),
    )


def from_hints(hints: Hints) -> dict[str, Any]:
    """Return what a feed says about its pace as it is stored; empty when it says nothing."""
    stored: dict[str, Any] = {}
    if hints.ttl is not None:
        stored["ttl"] = hints.ttl.total_seconds()
    if hints.update_period is not None:
        stored["update_period"] = hints.update_period.total_seconds()
    if hints.skip_hours:
        stored["skip_hours"] = sorted(hints.skip_hours)
    if hints.skip_days:
        stored["skip_days"] = sorted(hints.skip_days)
    return stored
