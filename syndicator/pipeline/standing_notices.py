"""Notices that stand as long as a fact holds."""

from __future__ import annotations

from syndicator.model import Notice, NoticeKind
from syndicator.pipeline.world import World
from syndicator.store import notices


def tell(world: World, kind: NoticeKind, *, holds: bool) -> None:
    """Let the notice of ``kind`` stand while its fact holds, from the first moment of that."""
    with world.database.read() as tx:
        told = any(notice.kind == kind for notice in notices.every(tx))
    if holds == told:
        return
    with world.database.write() as tx:
        if holds:
            notices.put(tx, Notice(kind=kind, subject="", at=world.now()))
        else:
            notices.clear(tx, kind, "")
