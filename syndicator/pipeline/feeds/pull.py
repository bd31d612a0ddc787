"""From a source that is due to stored entries.

    source     | claim, request | get    | outcome    > bytes, or why there are none
    bytes      | read (in a process that can be killed)   > ParsedFeed
    ParsedFeed | decide         | apply               > entries; the channels they touch are marked

What decides is pure: ``fetch`` when to ask and what an answer means, ``admit`` what of it is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from syndicator import log
from syndicator.admit import decide as admit
from syndicator.admit.rules import Rules
from syndicator.admit.topic import topics_of
from syndicator.config import Settings
from syndicator.digest.calendar import last_closed
from syndicator.errors import FetchFailed, HostBusy, ParseFailed, Stopped
from syndicator.fetch import pace
from syndicator.fetch.notices import SourceNotices, source_notices
from syndicator.fetch.outcome import failure, outcome
from syndicator.fetch.request import request
from syndicator.model import (
    Changes,
    Clock,
    Failed,
    Fetched,
    Jitter,
    Outcome,
    ParsedEntry,
    ParsedFeed,
    Reason,
    Request,
    Response,
    Source,
    Unchanged,
)
from syndicator.store import notices
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import apply_changes, claims, health, known_entries, sources

logger = log.get("pipeline")

LEASE = timedelta(minutes=3)
"""How long a source stays claimed if the process that claimed it dies."""

PIECE = 50
"""New posts in one transaction: 5 ms, in which on SQLite nobody else writes."""

NO_DIGEST_LOOKS_BACK = timedelta(days=7)
"""How far back a first sight may be mailed where no digest says it."""

OUR_ERROR = "an error of this program; its log says which"
NO_CHANGES = Changes()


class HTTP(Protocol):
    """One polite, guarded request."""

    def get(self, request: Request) -> Response:
        """Return a complete answer; raise ``FetchFailed`` or ``HostBusy``."""

    def post(self, url: str, *, form: Mapping[str, str]) -> Response:
        """Return the answer to a form; raise as ``get``."""


class Parser(Protocol):
    """Reads a body where a hostile one costs its own time only."""

    def read(
        self, body: bytes, *, content_type: str | None, url: str, language: str | None
    ) -> ParsedFeed:
        """Return the feed; raise ``ParseFailed``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Puller:
    """What a pull touches."""

    settings: Settings
    database: Database
    http: HTTP
    parser: Parser
    now: Clock
    jitter: Jitter


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """The source's host had no turn for us, or we end; the source is due again at ``until``."""

    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class PullResult:
    """What one pull did, for the log and the operator's line."""

    source: Source
    outcome: Outcome
    failed: tuple[Reason, str] | None = None
    changes: Changes = NO_CHANGES
    next_fetch_at: datetime | None = None


class RequestPublish(Protocol):
    """Asks that what changed be published."""

    def __call__(self, tx: Tx, /) -> None:
        """Ask so in the transaction that changes what readers see."""


def pull(
    puller: Puller,
    source_id: int,
    *,
    early: bool = False,
    anyway: bool = False,
    request_publish: RequestPublish | None = None,
) -> PullResult | Busy | None:
    """Ask one source, read the answer, and store what it changed.

    A kill at any point loses nothing: the claim runs out and the source is due again.

    Args:
        early: also before our own pace has the source due, never against a server's word.
        anyway: also against a server's word; for networks the operator allowed.
        request_publish: called where readers see more, fewer or other posts than before.

    Returns:
        What happened; ``None`` if the source is not due, or another has it.
    """
    wanted = claims.ClaimRequest(
        id=source_id, now=puller.now(), lease=LEASE, early=early, anyway=anyway
    )
    claimed = puller.database.commit_in_group(claims.claim_all, wanted)
    if claimed is None:
        return None
    source = claimed.source
    try:
        response = puller.http.get(request(source, validators=claimed.validators))
        result = outcome(response, source=source, now=puller.now())
    except (HostBusy, Stopped) as later:
        until = puller.now() + later.wait * (1 + puller.jitter())
        with puller.database.write() as tx:
            claims.release(tx, source, next_fetch_at=until)
        return Busy(until=until)
    except FetchFailed as error:
        result = failure(error)
    asked = _Asked(puller=puller, claimed=claimed, request_publish=request_publish)
    try:
        return _store_answer(asked, result)
    except Exception:
        # The outermost place that knows the source. Here a stranger's document met our code, which
        # may fail in any way. Without a record of it the claim would run out and the city's server
        # be asked again every few minutes, with the same end.
        logger.exception("pull ended by an error of ours", source=source.key)
        ours = Failed(reason=Reason.LOCAL, detail=OUR_ERROR, answer=result.answer)
        return _store_answer(asked, ours)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """A source that we claimed and asked; the rest as ``pull`` got it."""

    puller: Puller
    claimed: claims.ClaimedSource
    request_publish: RequestPublish | None

    @property
    def source(self) -> Source:
        """The source as it was claimed."""
        return self.claimed.source


def _store_answer(asked: _Asked, result: Outcome) -> PullResult:
    """Read the body if there is one, and record the pull and its changes in one transaction."""
    if isinstance(result, Unchanged) and asked.source.reason not in health.UNREADABLE:
        return asked.puller.database.commit_in_group(
            _record_unchanged, _Unchanged(asked=asked, outcome=result)
        )
    parsed, failed = _read(asked, result)
    rest = _store_long_archive(asked, result, parsed)
    with asked.puller.database.write() as tx:
        return _record(tx, asked, result, parsed, failed, rest=rest)


def _read(asked: _Asked, result: Outcome) -> tuple[ParsedFeed | None, tuple[Reason, str] | None]:
    if isinstance(result, Failed):
        return None, (result.reason, result.detail)
    if isinstance(result, Unchanged):
        return None, None
    try:
        parsed = asked.puller.parser.read(
            result.body,
            content_type=result.content_type,
            url=result.answer.url,
            language=asked.source.language,
        )
    except ParseFailed as error:
        return None, (error.reason, error.detail)
    return _in_some_language(parsed, asked.source, asked.puller.settings), None


def _record(
    tx: Tx,
    asked: _Asked,
    result: Outcome,
    parsed: ParsedFeed | None,
    failed: tuple[Reason, str] | None,
    *,
    rest: Changes | None,
) -> PullResult:
    """Write what the pull showed of its source, and the changes unless another has claimed it."""
    puller, source, now = asked.puller, asked.source, asked.puller.now()
    ours = failed is not None and _own_outage(tx, failed[0], now=now)
    next_at = pace.next_fetch(
        _paced_as(result, failed),
        hints=parsed.hints if parsed else source.hints,
        failures=_failures_in_a_row(source, failed, own_outage=ours),
        now=now,
        jitter=puller.jitter(),
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
    if ours:
        health.acquit(tx, pace.OURS, since=now - pace.OUTAGE_WINDOW)
    changes = NO_CHANGES
    if recorded:
        changes = _decided(tx, asked, result, parsed, now=now) if rest is None else rest
        _apply(tx, asked, changes, now=now)
    reason = failed[0] if failed else None
    _write_notices(tx, (source_notices(source, result, reason=reason, own_outage=ours, now=now),))
    return PullResult(
        source=source, outcome=result, failed=failed, changes=changes, next_fetch_at=next_at
    )


def _failures_in_a_row(
    source: Source, failed: tuple[Reason, str] | None, *, own_outage: bool
) -> int:
    """Return how many pulls in a row have failed now; one of our own outage is not counted."""
    if failed is None:
        return 0
    return source.failures if own_outage else source.failures + 1


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
    recent = sources.recent_attempts(tx, since=now - pace.OUTAGE_WINDOW)
    return pace.own_outage([(now, False), *((past.at, past.ok) for past in recent)], now=now)


def _paced_as(result: Outcome, failed: tuple[Reason, str] | None) -> Outcome:
    """An answer nobody could read paces like a failure, with what the server asked for.

    As an answer without validators it would be read again in a day, though it is our own error.
    """
    if failed is None or isinstance(result, Failed):
        return result
    return Failed(reason=failed[0], detail=failed[1], answer=result.answer)


# --- an answer that brought nothing new: many share one transaction -------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unchanged:
    """A healthy source that brought nothing new."""

    asked: _Asked
    outcome: Unchanged


def _record_unchanged(tx: Tx, pulls: Sequence[_Unchanged]) -> list[PullResult]:
    """Record pulls that brought nothing new; many cost hardly more statements than one."""
    records = [_next_unchanged(pull) for pull in pulls]
    ours = health.record_unchanged(tx, records)
    _write_notices(
        tx,
        [
            source_notices(
                record.source, record.outcome, reason=None, own_outage=False, now=record.now
            )
            for record in records
        ],
    )
    with_missing = known_entries.sources_with_missing(tx, sorted(ours))
    results = []
    for pull, record in zip(pulls, records, strict=True):
        changes = NO_CHANGES
        if record.source.id in with_missing:
            changes = _decided(tx, pull.asked, pull.outcome, None, now=record.now)
            _apply(tx, pull.asked, changes, now=record.now)
        results.append(
            PullResult(
                source=record.source,
                outcome=record.outcome,
                changes=changes,
                next_fetch_at=record.next_fetch_at,
            )
        )
    return results


def _next_unchanged(pull: _Unchanged) -> health.UnchangedPull:
    asked, now = pull.asked, pull.asked.puller.now()
    next_at = pace.next_fetch(
        pull.outcome, hints=asked.source.hints, failures=0, now=now, jitter=asked.puller.jitter()
    )
    return health.UnchangedPull(
        source=asked.source,
        held=asked.claimed.validators,
        outcome=pull.outcome,
        next_fetch_at=next_at,
        now=now,
    )


def _write_notices(tx: Tx, news: Sequence[SourceNotices]) -> None:
    """Write what people should hear of pulls, and forget what is no longer true after them."""
    for source_news in news:
        for notice in source_news.put:
            notices.put(tx, notice)
    notices.clear_all(tx, {over for source_news in news for over in source_news.clear})


# --- the decision, written ------------------------------------------------------------------------


def _decided(
    tx: Tx, asked: _Asked, result: Outcome, parsed: ParsedFeed | None, *, now: datetime
) -> Changes:
    source, rules = asked.source, rules_at(now, settings=asked.puller.settings)
    if parsed is not None and isinstance(result, Fetched):
        return admit.decide(
            parsed,
            source=source,
            known=known_entries.load_known(tx, source, parsed),
            final_url=result.answer.url,
            now=now,
            rules=rules,
        )
    if isinstance(result, Unchanged):
        return admit.unchanged(known_entries.load_missing(tx, source), source=source, rules=rules)
    return NO_CHANGES


def rules_at(moment: datetime, *, settings: Settings) -> Rules:
    """Return by which numbers an answer is judged at a moment.

    Of a first sight, what the most frequent digest would still tell of may be mailed.
    """
    closed = [last_closed(moment, rhythm=plan.rhythm).closes for plan in settings.digests]
    opens = max(closed, default=moment - NO_DIGEST_LOOKS_BACK)
    return Rules(mail_window_opens=opens, time_zone=settings.network.time_zone)


def _apply(tx: Tx, asked: _Asked, changes: Changes, *, now: datetime) -> None:
    """Write a decision, and say so if readers see it."""
    source, configured = asked.source, asked.puller.settings.topics

    def topics(entry: ParsedEntry) -> tuple[str, ...]:
        return topics_of(
            entry.title,
            text=entry.text,
            categories=entry.categories,
            source_key=source.key,
            topics=configured,
        )

    apply_changes.apply(tx, source, changes, topics=topics, now=now)
    if changes.visible and asked.request_publish is not None:
        asked.request_publish(tx)


def _store_long_archive(
    asked: _Asked, result: Outcome, parsed: ParsedFeed | None
) -> Changes | None:
    """Store a long archive that is seen for the first time but for its last ``PIECE`` posts.

    Others write between the pieces. What the pull learnt of the source is recorded with the last
    one: killed before it, the source was never read, and its next answer is decided as a first
    sight again, what is stored of it counted.

    Returns:
        The rest of the decision, to be stored with the record; ``None`` if nothing was stored.
    """
    source, puller = asked.source, asked.puller
    if parsed is None or not source.first_sight or len(parsed.entries) <= PIECE:
        return None
    now, rest = puller.now(), None
    while rest is None or len(rest.new) > PIECE:
        with puller.database.write() as tx:
            if not claims.still_claimed(tx, source):
                return rest
            rest = rest or replace(_decided(tx, asked, result, parsed, now=now), whole=False)
            _apply(tx, asked, Changes(new=rest.new[:PIECE], whole=False), now=now)
        rest = replace(rest, new=rest.new[PIECE:])
    return rest
