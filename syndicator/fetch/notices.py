"""What people should hear of a pull, and what is no longer true after it (F4, F10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator.fetch.pace import LONGEST_WAIT
from syndicator.model import Notice, NoticeKind, Outcome, Reason, Source

SILENT_FOR = timedelta(days=3)
"""A source that gave nothing for so long is told to the city and the editor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceNotices:
    """Notices to put, and (kind, subject) of those to clear; none is in both."""

    put: tuple[Notice, ...]
    clear: tuple[tuple[str, str], ...]


def source_notices(
    source: Source, outcome: Outcome, *, reason: Reason | None, own_outage: bool, now: datetime
) -> SourceNotices:
    """Return what this pull of ``source`` says to people.

    Args:
        source: as it was before the pull.
        reason: why nothing could be read; ``None`` if something was, or nothing had changed.
        own_outage: most sources fail just now: one notice for all, none against this source.
    """
    put = tuple(
        Notice(kind=kind, subject=subject, at=now, facts=facts)
        for kind, subject, facts in _true(
            source, outcome, reason=reason, own_outage=own_outage, now=now
        )
    )
    kept = {(notice.kind, notice.subject) for notice in put}
    over = set(_settled(source, reason=reason)) - kept
    return SourceNotices(put=put, clear=tuple(sorted(over)))


def _true(
    source: Source, outcome: Outcome, *, reason: Reason | None, own_outage: bool, now: datetime
) -> Iterator[tuple[NoticeKind, str, dict[str, str]]]:
    if own_outage:
        yield NoticeKind.OWN_OUTAGE, "", {}
        return
    since = source.failing_since
    if reason is Reason.GONE:
        yield NoticeKind.SOURCE_GONE, source.key, {}
    elif reason is not None and since is not None and now - since >= SILENT_FOR:
        yield (
            NoticeKind.SOURCE_FAILING,
            source.key,
            {"reason": reason.value, "days": str((now - since).days)},
        )
    asked = outcome.answer.wait if outcome.answer is not None else None
    if asked is not None and asked > LONGEST_WAIT:
        yield NoticeKind.SERVER_ASKS_LONGER, source.key, {"days": str(asked.days)}


def _settled(source: Source, *, reason: Reason | None) -> Iterator[tuple[NoticeKind, str]]:
    """Yield what an answer that could be used puts an end to."""
    if reason is None:
        yield NoticeKind.OWN_OUTAGE, ""
        yield NoticeKind.SOURCE_FAILING, source.key
        yield NoticeKind.SOURCE_GONE, source.key
        yield NoticeKind.SERVER_ASKS_LONGER, source.key
