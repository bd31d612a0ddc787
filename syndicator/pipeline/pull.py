"""From a source that is due to stored entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator import log
from syndicator.admit import decide as admit
from syndicator.admit.topic import topics_of
from syndicator.errors import FetchFailed, HostBusy, ParseFailed, Stopped
from syndicator.fetch import pace
from syndicator.fetch.notices import Told, told
from syndicator.fetch.outcome import failure, outcome
from syndicator.fetch.request import request
from syndicator.model import (
    Changes,
    Failed,
    Fetched,
    Outcome,
    ParsedEntry,
    ParsedFeed,
    Reason,
    Source,
    Unchanged,
)
from syndicator.pipeline.world import World
from syndicator.store import entries, health, notices, sources
from syndicator.store.database import Tx

logger = log.get("pipeline")

LEASE = timedelta(minutes=3)
"""How long a source stays claimed if the process that claimed it dies."""

NO_CHANGES = Changes()

OUR_ERROR = "an error of this program; its log says which"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulled:
    """What one pull did, for the log and the operator's line."""

    source: Source
    outcome: Outcome
    failed: tuple[Reason, str] | None = None
    changes: Changes = NO_CHANGES
    next_fetch_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """The source's host had no turn for us, or we end; the source is due again at ``until``."""

    until: datetime


def pull(
    world: World, source_id: int, *, early: bool = False, anyway: bool = False
) -> Pulled | Busy | None:
    """Ask one source, read the answer, and store what it changed.

    A kill at any point loses nothing: the claim runs out and the source is due again.

    Args:
        early: also before our own pace has the source due, never against a server's word.
        anyway: also against a server's word; for networks the operator allowed.

    Returns:
        What happened; ``None`` if the source is not due, or another has it.
    """
    with world.database.write() as tx:
        source = sources.claim(
            tx, source_id, now=world.now(), lease=LEASE, early=early, anyway=anyway
        )
        validators = sources.validators(tx, source) if source else {}
    if source is None:
        return None
    try:
        response = world.http.get(request(source, validators=validators))
        result = outcome(response, source=source, now=world.now())
    except (HostBusy, Stopped) as later:
        return _put_back(world, source, wait=later.wait)
    except FetchFailed as error:
        result = failure(error)
    try:
        return _taken(world, source, result)
    except Exception:
        # Here a stranger's document met our code. Without a record of it the claim would run out
        # and the city's server be asked again every few minutes, with the same end.
        logger.exception("pull ended by an error of ours", source=source.key)
        ours = Failed(reason=Reason.LOCAL, detail=OUR_ERROR, answer=result.answer)
        return _taken(world, source, ours)


def _put_back(world: World, source: Source, *, wait: timedelta) -> Busy:
    later = world.now() + wait * (1 + world.jitter())
    with world.database.write() as tx:
        sources.release(tx, source, next_fetch_at=later)
    return Busy(until=later)


def _taken(world: World, source: Source, result: Outcome) -> Pulled:
    """Read the body if there is one, and record the pull and its changes in one transaction."""
    parsed, failed = _read(world, source, result)
    now = world.now()
    with world.database.write() as tx:
        ours = failed is not None and _own_outage(tx, failed[0], now=now)
        failures = source.failures + (failed is not None and not ours) if failed else 0
        hints = parsed.hints if parsed else source.hints
        next_at = pace.next_fetch(
            _as_failure(result, failed),
            hints=hints,
            failures=failures,
            now=now,
            jitter=world.jitter(),
        )
        recorded = health.record(
            tx,
            source,
            outcome=result,
            parsed=parsed,
            failed=failed,
            next_fetch_at=next_at,
            now=now,
            own_outage=ours,
        )
        changes = _admit(world, tx, source, result, parsed, now=now) if recorded else NO_CHANGES
        reason = failed[0] if failed else None
        _tell(tx, told(source, result, reason=reason, own_outage=ours, now=now))
    return Pulled(
        source=source, outcome=result, failed=failed, changes=changes, next_fetch_at=next_at
    )


def _tell(tx: Tx, news: Told) -> None:
    for notice in news.put:
        notices.put(tx, notice)
    notices.clear_all(tx, news.clear)


def _read(
    world: World, source: Source, result: Outcome
) -> tuple[ParsedFeed | None, tuple[Reason, str] | None]:
    if isinstance(result, Failed):
        return None, (result.reason, result.detail)
    if isinstance(result, Unchanged):
        return None, None
    try:
        parsed = world.parser.read(
            result.body,
            content_type=result.content_type,
            url=result.answer.url,
            language=source.language,
        )
    except ParseFailed as error:
        return None, (error.reason, error.detail)
    return parsed, None


def _own_outage(tx: Tx, reason: Reason, *, now: datetime) -> bool:
    if not pace.could_be_ours(reason):
        return False
    recent = sources.recent_attempts(tx, now=now)
    return pace.own_outage([(now, False), *((past.at, past.ok) for past in recent)], now=now)


def _as_failure(result: Outcome, failed: tuple[Reason, str] | None) -> Outcome:
    """An answer nobody could read paces like a failure, with what the server asked for."""
    if failed is None or isinstance(result, Failed):
        return result
    return Failed(reason=failed[0], detail=failed[1], answer=result.answer)


def _admit(
    world: World,
    tx: Tx,
    source: Source,
    result: Outcome,
    parsed: ParsedFeed | None,
    *,
    now: datetime,
) -> Changes:
    """Decide about the answer and store the decision."""
    rules = world.rules(now)
    if parsed is not None and isinstance(result, Fetched):
        changes = admit.decide(
            parsed,
            source=source,
            known=entries.known(tx, source, parsed),
            final_url=result.answer.url,
            now=now,
            rules=rules,
        )
    elif isinstance(result, Unchanged):
        changes = admit.unchanged(entries.missing(tx, source), source=source, rules=rules)
    else:
        return NO_CHANGES
    entries.apply(tx, source, changes, topics=_topics_for(world, source), now=now)
    return changes


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
