"""What an answer becomes: entries and notices; of one that brought nothing new, hardly anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syndicator.admit import decide as admit
from syndicator.admit.topic import topics_of
from syndicator.fetch import pace
from syndicator.fetch.notices import Told, told
from syndicator.model import (
    Changes,
    Fetched,
    Outcome,
    ParsedEntry,
    ParsedFeed,
    Reason,
    Source,
    Unchanged,
)
from syndicator.pipeline.world import World
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.feeds import entries, health, sources

NO_CHANGES = Changes()

PIECE = 50
"""New posts in one transaction: 5 ms, in which on SQLite nobody else writes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulled:
    """What one pull did, for the log and the operator's line."""

    source: Source
    outcome: Outcome
    failed: tuple[Reason, str] | None = None
    changes: Changes = NO_CHANGES
    next_fetch_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A source that we claimed and asked. ``visible`` is called in the transaction that changes
    what readers see."""

    world: World
    claimed: sources.Claimed
    visible: Callable[[Tx], None]

    @property
    def source(self) -> Source:
        """The source as it was claimed."""
        return self.claimed.source


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """A healthy source that had nothing new to say."""

    asked: Asked
    outcome: Unchanged


def record_quiet(tx: Tx, pulls: Sequence[Quiet]) -> list[Pulled]:
    """Record pulls that brought nothing new; many cost hardly more statements than one."""
    due = [_next(pull) for pull in pulls]
    ours = health.record_quiet(tx, due)
    news = [
        told(pull.source, pull.outcome, reason=None, own_outage=False, now=pull.now) for pull in due
    ]
    tell(tx, news)
    lacking = entries.lacking(tx, sorted(ours))
    return [
        Pulled(
            source=one.source,
            outcome=one.outcome,
            changes=(
                admitted(tx, pull.asked, pull.outcome, None, now=one.now)
                if one.source.id in lacking
                else NO_CHANGES
            ),
            next_fetch_at=one.next_fetch_at,
        )
        for pull, one in zip(pulls, due, strict=True)
    ]


def _next(pull: Quiet) -> health.Quiet:
    asked, now = pull.asked, pull.asked.world.now()
    next_at = pace.next_fetch(
        pull.outcome, hints=asked.source.hints, failures=0, now=now, jitter=asked.world.jitter()
    )
    return health.Quiet(
        source=asked.source,
        held=asked.claimed.validators,
        outcome=pull.outcome,
        next_fetch_at=next_at,
        now=now,
    )


def tell(tx: Tx, news: Sequence[Told]) -> None:
    """Write what people should hear of pulls, and forget what is no longer true after them."""
    for one in news:
        for notice in one.put:
            notices.put(tx, notice)
    notices.clear_all(tx, {over for one in news for over in one.clear})


def admitted(
    tx: Tx,
    asked: Asked,
    result: Outcome,
    parsed: ParsedFeed | None,
    *,
    now: datetime,
) -> Changes:
    """Decide about an answer and store the decision; return it."""
    changes = _decided(tx, asked, result, parsed, now=now)
    store(tx, asked, changes, now=now)
    return changes


def _decided(
    tx: Tx, asked: Asked, result: Outcome, parsed: ParsedFeed | None, *, now: datetime
) -> Changes:
    source, rules = asked.source, asked.world.rules(now)
    if parsed is not None and isinstance(result, Fetched):
        return admit.decide(
            parsed,
            source=source,
            known=entries.known(tx, source, parsed),
            final_url=result.answer.url,
            now=now,
            rules=rules,
        )
    if isinstance(result, Unchanged):
        return admit.unchanged(entries.missing(tx, source), source=source, rules=rules)
    return NO_CHANGES


def store(tx: Tx, asked: Asked, changes: Changes, *, now: datetime) -> None:
    """Write a decision, and say so if readers see it."""
    topics = _topics_for(asked.world, asked.source)
    entries.apply(tx, asked.source, changes, topics=topics, now=now)
    if changes.visible:
        asked.visible(tx)


def begin_archive(asked: Asked, result: Outcome, parsed: ParsedFeed | None) -> Changes | None:
    """Store a long archive that is seen for the first time but for its last ``PIECE`` posts.

    Others write between the pieces. What the pull learnt of the source is recorded with the last
    one: killed before it, the source was never read, and its next answer is decided as a first
    sight again, what is stored of it counted.

    Returns:
        The rest of the decision, to be stored with the record; ``None`` if nothing was stored.
    """
    source, world = asked.source, asked.world
    if parsed is None or not source.first_sight or len(parsed.entries) <= PIECE:
        return None
    now, rest = world.now(), None
    while rest is None or len(rest.new) > PIECE:
        with world.database.write() as tx:
            if not sources.ours(tx, source):
                return rest
            rest = rest or replace(_decided(tx, asked, result, parsed, now=now), whole=False)
            store(tx, asked, Changes(new=rest.new[:PIECE], whole=False), now=now)
        rest = replace(rest, new=rest.new[PIECE:])
    return rest


def _topics_for(world: World, source: Source) -> Callable[[ParsedEntry], tuple[str, ...]]:
    def topics(entry: ParsedEntry) -> tuple[str, ...]:
        return topics_of(
            entry.title,
            text=entry.text,
            categories=entry.categories,
            source_key=source.key,
            topics=world.settings.topics,
        )

    return topics
