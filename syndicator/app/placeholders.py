"""What people hear of settings that still are examples."""

from __future__ import annotations

from datetime import datetime

from syndicator.config import Settings, placeholders
from syndicator.model import Notice
from syndicator.store import notices
from syndicator.store.database import Tx

KIND = "placeholder"


def tell(tx: Tx, settings: Settings, *, now: datetime) -> None:
    """Let the notices name exactly the settings that are examples; one told before stays as it is.

    Its subject is the key, its fact the ``value``.
    """
    found = {one.key: {"value": one.value} for one in placeholders(settings)}
    told = {one.subject: one.facts for one in notices.every(tx) if one.kind == KIND}
    notices.clear_all(tx, {(KIND, key) for key in told.keys() - found.keys()})
    for key, facts in found.items():
        if told.get(key) != facts:
            notices.put(tx, Notice(kind=KIND, subject=key, at=now, facts=facts))
