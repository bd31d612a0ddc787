"""What an answer lacks that it should hold: deletion at source, inferred with care."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from syndicator.model import EntryState, KnownEntry, ParsedFeed

_COUNTED = (EntryState.SHOWN, EntryState.HELD)
_ORDER_SHOWS = 3


def missed(
    parsed: ParsedFeed, *, known: Sequence[KnownEntry], present: Collection[int]
) -> tuple[KnownEntry, ...]:
    """Return the stored entries that this answer should hold and does not.

    Only a complete, well-formed answer can lack anything, and only what was published after the
    oldest post it lists: older ones have simply made room. So an emptied feed lacks nothing, since
    it has no oldest post; nor does an entry without a date.

    Source: rule P7.
    """
    since = window_opens(parsed)
    if since is None:
        return ()
    return tuple(
        entry
        for entry in known
        if entry.state in _COUNTED
        and entry.id not in present
        and entry.published is not None
        and entry.published > since
    )


def window_opens(parsed: ParsedFeed) -> datetime | None:
    """Return the date from which on the answer lists every post; ``None`` if it tells nothing.

    That is the date of the last post in the feed's order, not the earliest date: an old post that
    is pinned to the top, or moved there because it was edited, says nothing of those in between. A
    feed with the oldest first begins with it.
    """
    dates = [entry.published for entry in parsed.entries if entry.published is not None]
    if not parsed.complete or not dates:
        return None
    oldest_first = len(dates) >= _ORDER_SHOWS and dates == sorted(dates)
    return dates[0] if oldest_first else dates[-1]


def deleted(missing: Sequence[KnownEntry], *, absences: int) -> tuple[int, ...]:
    """Return which of the missed entries now count as deleted: shown ones missed so often in a row.

    A held entry is never taken as deleted, because what returns is shown: leaving and returning
    must not be a way around the guard.
    """
    return tuple(
        entry.id
        for entry in missing
        if entry.state is EntryState.SHOWN and entry.missing + 1 >= absences
    )
