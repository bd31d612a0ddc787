"""What people should hear of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from syndicator.model import Changes, Notice, NoticeKind, ParsedFeed, Source

MANY_DELETED = 5
"""So many posts deleted at source at once are worth a look."""


def notices(changes: Changes, *, parsed: ParsedFeed, source: Source, now: datetime) -> Changes:
    """Return the changes with what people should hear of them.

    The subject of each notice is the source's key. Kinds and their facts: ``source_held`` (reason),
    ``entries_held`` (reason, count; the commonest reason), ``ids_degraded``, ``title_changed``
    (before, after), ``entries_deleted`` (count).
    """
    notices = tuple(
        Notice(kind=kind, subject=source.key, at=now, facts=facts)
        for kind, facts in _kinds_and_facts(changes, parsed=parsed, source=source)
    )
    return replace(changes, notices=notices)


def _kinds_and_facts(
    changes: Changes, *, parsed: ParsedFeed, source: Source
) -> Iterator[tuple[NoticeKind, dict[str, str]]]:
    if changes.hold_source is not None:
        yield NoticeKind.SOURCE_HELD, {"reason": changes.hold_source.value}
    held = Counter(entry.held for entry in changes.new if entry.held is not None)
    if held:
        reason, _ = min(held.items(), key=lambda pair: (-pair[1], pair[0]))
        yield NoticeKind.ENTRIES_HELD, {"reason": reason.value, "count": str(held.total())}
    if changes.id_mode is not None:
        yield NoticeKind.IDS_DEGRADED, {}
    if parsed.title and source.feed_title and parsed.title != source.feed_title:
        yield NoticeKind.TITLE_CHANGED, {"before": source.feed_title, "after": parsed.title}
    if len(changes.deleted) >= MANY_DELETED:
        yield NoticeKind.ENTRIES_DELETED, {"count": str(len(changes.deleted))}
