"""What people hear of settings: examples to change, facts to state, files nobody reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from syndicator.config import Settings, placeholders
from syndicator.model import ABOUT_SETTINGS, Notice, NoticeKind
from syndicator.store import notices
from syndicator.store.db.database import Tx

FORMER_EMAIL_FOLDER = "letters"
"""Where templates of mails to one person stood before ``email/``."""


def refresh_notices(tx: Tx, settings: Settings, *, now: datetime) -> None:
    """Let the notices name exactly what is still to be set; one that stays keeps its moment.

    The subject is a key (of an example or an http address, with the ``value`` as its fact), the
    table of statements, with the ``keys`` that lack in it, or a folder of templates.
    """
    wanted = dict(_about_settings(settings))
    stored = {
        (notice.kind, notice.subject): notice.facts
        for notice in notices.list_all(tx)
        if notice.kind in ABOUT_SETTINGS
    }
    notices.clear_all(tx, stored.keys() - wanted.keys())
    for (kind, subject), facts in wanted.items():
        if stored.get((kind, subject)) != facts:
            notices.put(tx, Notice(kind=kind, subject=subject, at=now, facts=facts))


def _about_settings(settings: Settings) -> Iterator[tuple[tuple[NoticeKind, str], dict[str, str]]]:
    for example in placeholders(settings):
        kind = NoticeKind.INSECURE_ADDRESS if example.insecure else NoticeKind.PLACEHOLDER
        yield (kind, example.key), {"value": example.value}
    if settings.statements.missing:
        keys = ", ".join(settings.statements.missing)
        yield (NoticeKind.STATEMENTS_MISSING, "[statements]"), {"keys": keys}
    templates = settings.deployment.templates_dir
    if templates is not None and (templates / FORMER_EMAIL_FOLDER).is_dir():
        # What is no longer read would else be noticed by the first reader who gets our words.
        yield (NoticeKind.TEMPLATES_NOT_READ, str(templates / FORMER_EMAIL_FOLDER)), {}
