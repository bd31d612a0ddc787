"""What people hear of settings that still are examples, and of facts that only they know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from syndicator.config import Settings, placeholders
from syndicator.model import UNSET_SETTINGS, Notice, NoticeKind
from syndicator.store import notices
from syndicator.store.db.database import Tx


def tell(tx: Tx, settings: Settings, *, now: datetime) -> None:
    """Let the notices name exactly what is still to be set; one told before stays as it is.

    The subject is a key: of an example or an http address, with the ``value`` as its fact, or of
    the table of statements, with the ``keys`` that lack in it.
    """
    unset = dict(_unset(settings))
    told = {
        (notice.kind, notice.subject): notice.facts
        for notice in notices.every(tx)
        if notice.kind in UNSET_SETTINGS
    }
    notices.clear_all(tx, told.keys() - unset.keys())
    for (kind, subject), facts in unset.items():
        if told.get((kind, subject)) != facts:
            notices.put(tx, Notice(kind=kind, subject=subject, at=now, facts=facts))


def _unset(settings: Settings) -> Iterator[tuple[tuple[NoticeKind, str], dict[str, str]]]:
    for example in placeholders(settings):
        kind = NoticeKind.INSECURE_ADDRESS if example.insecure else NoticeKind.PLACEHOLDER
        yield (kind, example.key), {"value": example.value}
    if settings.statements.missing:
        keys = ", ".join(settings.statements.missing)
        yield (NoticeKind.STATEMENTS_MISSING, "[statements]"), {"keys": keys}
