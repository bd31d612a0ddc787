"""What an answer lacks that it should hold: deletion at source, inferred with care.

A feed holds the newest posts, so the old ones leave it without being deleted. Real feeds are less
simple: some carry two lists in one, each with its own length (the last five articles and the last
forty links), some pin an old post to the top. What looks like a hole may be room made for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from syndicator.admit.match import Matching
from syndicator.model import EntryState, KnownEntry, ParsedFeed

_COUNTED = (EntryState.SHOWN, EntryState.HELD)
_ORDER_SHOWS = 3
_OLDER_PART = 4
_SLIP = timedelta(days=1)


def missed(
    parsed: ParsedFeed, *, known: Sequence[KnownEntry], matching: Matching
) -> tuple[KnownEntry, ...]:
    """Return the stored entries that this answer should hold and does not.

    Only a complete, well-formed answer can lack anything; only what the last answer held, or what
    is being missed already; and only what was published after the oldest post it lists. So an
    emptied feed lacks nothing, since it has no oldest post; nor does an entry without a date.

    Where other posts came, new ones or old ones again, an entry is missed only if a quarter of
    those that stayed are older: else it may have made room.

    Source: rule P7.
    """
    since = window_opens(parsed)
    if since is None:
        return ()
    present = {pair.entry.id for pair in matching.pairs}
    came = matching.fresh or any(not pair.entry.in_last_answer for pair in matching.pairs)
    stayed = [
        pair.entry.published
        for pair in matching.pairs
        if pair.entry.in_last_answer and pair.entry.published is not None
    ]
    return tuple(
        entry
        for entry in known
        if entry.state in _COUNTED
        and entry.id not in present
        and entry.published is not None
        and entry.published > since
        and (
            entry.missing > 0
            or (entry.in_last_answer and not (came and _fell_off(entry.published, stayed=stayed)))
        )
    )


def _fell_off(published: datetime, *, stayed: Sequence[datetime]) -> bool:
    """Return True if hardly any of the entries that stayed are older."""
    return sum(date < published for date in stayed) * _OLDER_PART < len(stayed)


def window_opens(parsed: ParsedFeed) -> datetime | None:
    """Return the date from which on the answer lists every post; ``None`` if it tells nothing.

    That is the date of the last post in the feed's order, not the earliest date: an old post that
    is pinned to the top, or moved there because it was edited, says nothing of those in between.
    Of several lists in a row, each with its newest first, the last post of the shortest counts;
    less than a day out of order is a slip and no list. A feed with the oldest first begins with it.
    """
    dates = [entry.published for entry in parsed.entries if entry.published is not None]
    if not parsed.complete or not dates:
        return None
    if len(dates) >= _ORDER_SHOWS and dates == sorted(dates):
        return dates[0]
    ends = [date for date, following in pairwise(dates) if following > date + _SLIP]
    return max([*ends, dates[-1]])


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
