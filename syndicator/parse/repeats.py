"""Items that a feed lists more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from functools import partial

from syndicator.parse import dates
from syndicator.parse.entries import Located
from syndicator.parse.faults import Code, FaultTally
from syndicator.parse.raw import RawEntry

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def once(entries: Sequence[Located], tally: FaultTally, *, zone: tzinfo) -> tuple[Located, ...]:
    """Return the entries of a document without those that repeat another, in its order.

    Repeated is what has the same id, link, title and date; that a copy lacks the link is no
    difference. Where id, title or date is missing, the text has to be the same as well. Of the
    copies the newest stands, where the first one stood; ``zone`` is of dates that name none.
    """
    alike: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, entry in enumerate(entries):
        alike[_marks(entry.raw)].append(at)
    kept: dict[int, Located] = {}
    for places in alike.values():
        for copies in _by_link(entries, places):
            kept[copies[0]] = max((entries[at] for at in copies), key=partial(_age, zone=zone))
            repeated = entries[copies[0]].raw
            tally.add(Code.ITEM_REPEATED, repeated.link or repeated.id, count=len(copies) - 1)
    return tuple(entry for _, entry in sorted(kept.items(), key=lambda pair: pair[0]))


def _marks(raw: RawEntry) -> tuple[str, ...]:
    title, date = raw.title.value if raw.title else "", raw.published or raw.updated or ""
    marks = (raw.id, title, date)
    return marks if all(marks) else (*marks, *_texts(raw))


def _texts(raw: RawEntry) -> tuple[str, ...]:
    return tuple(text.value if text else "" for text in (raw.content, raw.summary))


def _by_link(entries: Sequence[Located], places: Sequence[int]) -> Sequence[Sequence[int]]:
    """Return places that are otherwise alike by their links."""
    links = {entries[at].link.page for at in places} - {None}
    if len(links) <= 1:
        return [places]
    groups = [[at for at in places if entries[at].link.page == link] for link in (*links, None)]
    return [group for group in groups if group]


def _age(entry: Located, *, zone: tzinfo) -> tuple[datetime, bool, tuple[str, ...]]:
    """Return by what the newest copy is the greatest, whatever the order of the feed."""
    updated = dates.read_date(entry.raw.updated, zone=zone)
    moment = updated.moment if updated else _LONG_AGO
    return moment, entry.url is not None, _texts(entry.raw)
