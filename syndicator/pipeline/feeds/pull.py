"""From a source that is due to stored entries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicator import log
from syndicator.config import Settings
from syndicator.errors import FetchFailed, HostBusy, ParseFailed, Stopped
from syndicator.fetch import pace
from syndicator.fetch.notices import told
from syndicator.fetch.outcome import failure, outcome
from syndicator.fetch.request import request
from syndicator.model import (
    Changes,
    Failed,
    Outcome,
    ParsedFeed,
    Reason,
    Source,
    Unchanged,
)
from syndicator.pipeline.feeds.pull_result import (
    NO_CHANGES,
    Asked,
    Pulled,
    Quiet,
    admitted,
    begin_archive,
    record_quiet,
    store,
    tell,
)
from syndicator.pipeline.world import World
from syndicator.store.db.database import Tx
from syndicator.store.feeds import health, sources

logger = log.get("pipeline")

LEASE = timedelta(minutes=3)
"""How long a source stays claimed if the process that claimed it dies."""

OUR_ERROR = "an error of this program; its log says which"


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """The source's host had no turn for us, or we end; the source is due again at ``until``."""

    until: datetime


def _nobody(_tx: Tx) -> None:
    """Who hears of what readers see, if nobody asked to."""


def pull(
    world: World,
    source_id: int,
    *,
    early: bool = False,
    anyway: bool = False,
    visible: Callable[[Tx], None] = _nobody,
) -> Pulled | Busy | None:
    """Ask one source, read the answer, and store what it changed.

    A kill at any point loses nothing: the claim runs out and the source is due again.

    Args:
        early: also before our own pace has the source due, never against a server's word.
        anyway: also against a server's word; for networks the operator allowed.
        visible: called in the transaction that changes what readers see.

    Returns:
        What happened; ``None`` if the source is not due, or another has it.
    """
    wanted = sources.Wanted(id=source_id, now=world.now(), lease=LEASE, early=early, anyway=anyway)
    claimed = world.database.together(sources.claim_all, wanted)
    if claimed is None:
        return None
    source = claimed.source
    try:
        response = world.http.get(request(source, validators=claimed.validators))
        result = outcome(response, source=source, now=world.now())
    except (HostBusy, Stopped) as later:
        return _put_back(world, source, wait=later.wait)
    except FetchFailed as error:
        result = failure(error)
    asked = Asked(world=world, claimed=claimed, visible=visible)
    try:
        return _taken(asked, result)
    except Exception:
        # Here a stranger's document met our code. Without a record of it the claim would run out
        # and the city's server be asked again every few minutes, with the same end.
        logger.exception("pull ended by an error of ours", source=source.key)
        ours = Failed(reason=Reason.LOCAL, detail=OUR_ERROR, answer=result.answer)
        return _taken(asked, ours)


def _put_back(world: World, source: Source, *, wait: timedelta) -> Busy:
    later = world.now() + wait * (1 + world.jitter())
    with world.database.write() as tx:
        sources.release(tx, source, next_fetch_at=later)
    return Busy(until=later)


def _taken(asked: Asked, result: Outcome) -> Pulled:
    """Read the body if there is one, and record the pull and its changes in one transaction."""
    if isinstance(result, Unchanged) and asked.source.reason not in health.UNREADABLE:
        return asked.world.database.together(record_quiet, Quiet(asked=asked, outcome=result))
    parsed, failed = _read(asked.world, asked.source, result)
    rest = begin_archive(asked, result, parsed)
    with asked.world.database.write() as tx:
        return _recorded(tx, asked, result, parsed, failed, rest=rest)


def _recorded(
    tx: Tx,
    asked: Asked,
    result: Outcome,
    parsed: ParsedFeed | None,
    failed: tuple[Reason, str] | None,
    *,
    rest: Changes | None,
) -> Pulled:
    world, source, now = asked.world, asked.source, asked.world.now()
    ours = failed is not None and _own_outage(tx, failed[0], now=now)
    next_at = pace.next_fetch(
        _as_failure(result, failed),
        hints=parsed.hints if parsed else source.hints,
        failures=_failures(source, failed, own_outage=ours),
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
    changes = NO_CHANGES
    if recorded and rest is None:
        changes = admitted(tx, asked, result, parsed, now=now)
    elif recorded and rest is not None:
        changes = rest
        store(tx, asked, rest, now=now)
    reason = failed[0] if failed else None
    tell(tx, (told(source, result, reason=reason, own_outage=ours, now=now),))
    return Pulled(
        source=source, outcome=result, failed=failed, changes=changes, next_fetch_at=next_at
    )


def _failures(source: Source, failed: tuple[Reason, str] | None, *, own_outage: bool) -> int:
    """Return how many pulls in a row have failed now; one of our own outage is not counted."""
    if failed is None:
        return 0
    return source.failures if own_outage else source.failures + 1


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
    return _in_some_language(parsed, source, world.settings), None


def _in_some_language(parsed: ParsedFeed, source: Source, settings: Settings) -> ParsedFeed:
    """Return the feed with a language for each entry.

    What neither declaration nor words say is what the source was last read to speak, else its
    city's first language, else the network's.
    """
    if all(entry.language for entry in parsed.entries):
        return parsed
    city = next((city for city in settings.cities if city.slug == source.city), None)
    languages = city.languages if city else settings.network.languages
    usual = parsed.language or source.feed_language or languages[0]
    entries = (replace(entry, language=entry.language or usual) for entry in parsed.entries)
    return replace(parsed, entries=tuple(entries))


def _own_outage(tx: Tx, reason: Reason, *, now: datetime) -> bool:
    if not pace.could_be_ours(reason):
        return False
    recent = sources.recent_attempts(tx, now=now)
    return pace.own_outage([(now, False), *((past.at, past.ok) for past in recent)], now=now)


def _as_failure(result: Outcome, failed: tuple[Reason, str] | None) -> Outcome:
    """An answer nobody could read paces like a failure, with what the server asked for.

    As an answer without validators it would be read again in a day, though it is our own error.
    """
    if failed is None or isinstance(result, Failed):
        return result
    return Failed(reason=failed[0], detail=failed[1], answer=result.answer)
