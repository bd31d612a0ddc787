"""Notices that stand as long as a fact holds."""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Notice, NoticeKind
from syndicator.store import notices
from syndicator.store.db.database import Database


def set_notice(database: Database, kind: NoticeKind, *, holds: bool, now: datetime) -> None:
    """Let the notice of ``kind`` stand while its fact holds, from the first moment of that."""
    with database.read() as tx:
        stands = any(notice.kind == kind for notice in notices.list_all(tx))
    if holds == stands:
        return
    with database.write() as tx:
        if holds:
            notices.put(tx, Notice(kind=kind, subject="", at=now))
        else:
            notices.clear(tx, kind, "")
