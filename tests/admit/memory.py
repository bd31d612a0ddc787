"""A store that is nothing but a dict: it applies ``Changes`` and tells what ``Known`` asks for.

A model for tests of sequences only. It is strict: changes that contradict each other or what is
stored fail at once, and ``known`` loads no more than the docstring of ``Known`` demands.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syndicator.admit.decide import Rules, decide
from syndicator.admit.domain import registered_domain
from syndicator.model import (
    Changes,
    EntryState,
    Known,
    KnownEntry,
    NewEntry,
    ParsedEntry,
    ParsedFeed,
    Source,
    SourceState,
)
from tests.builders import FIRST_SEEN


class Memory:
    """One source and its entries. ``eligible`` maps entries to the moment they may be mailed."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.entries: dict[int, KnownEntry] = {}
        self.eligible: dict[int, datetime | None] = {}
        self.parsed: dict[int, ParsedEntry] = {}
        self.revisions: dict[int, int] = {}
        self.taken_down: frozenset[str] = frozenset()

    def known(self, feed: ParsedFeed) -> Known:
        """Return what the store must load for this answer, and not one entry more."""
        raw_ids = {entry.raw_id for entry in feed.entries}
        links = {entry.link for entry in feed.entries if entry.link}
        titles = {_fold(entry.title) for entry in feed.entries}
        dates = [entry.published for entry in feed.entries if entry.published is not None]
        return Known(
            entries=tuple(
                stored
                for stored in self.entries.values()
                if raw_ids & {name.partition("\n")[0] for name in stored.raw_ids}
                or stored.link in links
                or _fold(stored.title) in titles
                or stored.in_last_answer
                or stored.missing
                or (dates and stored.published is not None and stored.published >= min(dates))
            ),
            taken_down=self.taken_down,
        )

    def decide(
        self, feed: ParsedFeed, *, now: datetime, rules: Rules, final_url: str | None = None
    ) -> Changes:
        """Return the decision about an answer, changing nothing."""
        return decide(
            feed,
            source=self.source,
            known=self.known(feed),
            final_url=final_url or self.source.url,
            now=now,
            rules=rules,
        )

    def pull(
        self, feed: ParsedFeed, *, now: datetime, rules: Rules, final_url: str | None = None
    ) -> Changes:
        """Decide about an answer and store what follows."""
        changes = self.decide(feed, now=now, rules=rules, final_url=final_url)
        self.apply(changes)
        self.source = replace(
            self.source,
            first_seen=self.source.first_seen or now,
            feed_title=feed.title or self.source.feed_title,
            feed_language=feed.language or self.source.feed_language,
            feed_host=registered_domain(final_url or self.source.url),
            home=feed.home or self.source.home,
            id_mode=changes.id_mode or self.source.id_mode,
            state=SourceState.HELD if changes.hold_source else self.source.state,
        )
        return changes

    def apply(self, changes: Changes) -> None:
        """Store the changes, or fail where they contradict themselves or what is stored."""
        self._check(changes)
        for changed in changes.changed:
            self._update(changed.id, changed.parsed)
        for name in changes.aliases:
            stored = self.entries[name.entry]
            self._keep(replace(stored, raw_ids=stored.raw_ids | {name.raw_id}))
        for at in changes.deleted:
            self._keep(replace(self.entries[at], state=EntryState.DELETED))
        for at in changes.returned:
            self._keep(replace(self.entries[at], state=EntryState.SHOWN))
        for at in changes.owning + changes.disowning:
            self._keep(replace(self.entries[at], owns_link=at in changes.owning))
        self._count(changes)
        for entry in changes.new:
            self._add(entry)

    def _count(self, changes: Changes) -> None:
        for stored in list(self.entries.values()):
            missing, here = stored.missing, stored.in_last_answer
            if stored.id in changes.missed:
                missing, here = missing + 1, False
            elif stored.id in changes.present or changes.whole:
                missing, here = 0, stored.id in changes.present
            self._keep(replace(stored, missing=missing, in_last_answer=here))

    def _add(self, entry: NewEntry) -> None:
        at = len(self.entries) + 1
        state = EntryState.SHOWN if entry.held is None else EntryState.HELD
        self.eligible[at], self.revisions[at] = entry.eligible_at, 1
        self.parsed[at] = entry.parsed
        self._keep(
            KnownEntry(
                id=at,
                story=entry.story or 1000 + at,
                raw_ids=frozenset(entry.aliases),
                link=entry.parsed.link,
                title=entry.parsed.title,
                text=entry.parsed.text,
                content_hash=entry.parsed.content_hash,
                published=entry.parsed.published,
                recency=entry.recency,
                first_seen=FIRST_SEEN,
                changed_at=FIRST_SEEN,
                state=state,
                in_last_answer=True,
                owns_link=entry.owns_link,
            )
        )

    def _update(self, at: int, parsed: ParsedEntry) -> None:
        self.revisions[at] += 1
        self.parsed[at] = parsed
        self._keep(
            replace(
                self.entries[at],
                link=parsed.link,
                title=parsed.title,
                text=parsed.text,
                content_hash=parsed.content_hash,
                published=parsed.published,
            )
        )

    def _keep(self, entry: KnownEntry) -> None:
        self.entries[entry.id] = entry

    def _check(self, changes: Changes) -> None:
        present, missed = set(changes.present), set(changes.missed)
        assert len(present) == len(changes.present), "an entry was given two posts"
        assert len({changed.id for changed in changes.changed}) == len(changes.changed)
        assert {changed.id for changed in changes.changed} <= present
        assert set(changes.returned) <= present
        owning, disowning = set(changes.owning), set(changes.disowning)
        assert owning | disowning <= present
        assert all(not self.entries[at].owns_link for at in owning)
        assert all(self.entries[at].owns_link for at in disowning)
        assert not present & missed
        assert set(changes.deleted) <= missed
        owned = [name for stored in self.entries.values() for name in stored.raw_ids]
        gained = [name for entry in changes.new for name in entry.aliases]
        gained += [name.raw_id for name in changes.aliases]
        assert all(entry.aliases for entry in changes.new)
        assert len(set(owned + gained)) == len(owned + gained), "an alias points to two entries"


def _fold(title: str) -> str:
    return " ".join(title.casefold().split())
