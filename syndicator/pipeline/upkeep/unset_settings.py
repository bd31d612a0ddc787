"""What people hear of settings that still are examples, and of facts that only they know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from syndicator.config import Settings, placeholders
from syndicator.model import Notice
from syndicator.store import notices
from syndicator.store.db.database import Tx

EXAMPLE = "placeholder"
UNSTATED = "statements_missing"
INSECURE = "insecure_address"
KINDS = frozenset({EXAMPLE, INSECURE, UNSTATED})


def tell(tx: Tx, settings: Settings, *, now: datetime) -> None:
    """Let the notices name exactly what is still to be set; one told before stays as it is.

    The subject is a key: of an example or an http address, with the ``value`` as its fact, or of
    the table of statements, with the ``keys`` that lack in it.
    """
    found = dict(_found(settings))
    told = {(one.kind, one.subject): one.facts for one in notices.every(tx) if one.kind in KINDS}
    notices.clear_all(tx, told.keys() - found.keys())
    for (kind, subject), facts in found.items():
        if told.get((kind, subject)) != facts:
            notices.put(tx, Notice(kind=kind, subject=subject, at=now, facts=facts))


def _found(settings: Settings) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    for one in placeholders(settings):
        yield (INSECURE if one.insecure else EXAMPLE, one.key), {"value": one.value}
    if settings.statements.missing:
        yield (UNSTATED, "[statements]"), {"keys": ", ".join(settings.statements.missing)}
