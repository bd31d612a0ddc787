"""What a finished pull tells about its source: health, validators, moves, hints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import BindParameter, bindparam, case, delete, select, update

from syndicator.model import (
    Answer,
    Failed,
    Fetched,
    Outcome,
    ParsedFeed,
    Reason,
    Source,
    SourceState,
    Unchanged,
    Validators,
)
from syndicator.store.db import bulk
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import key_of
from syndicator.store.db.schema.incoming import SourceRow, UrlState
from syndicator.store.db.upsert import upsert
from syndicator.store.feeds.source_row import from_hints

LONGEST_SERVER_WAIT = timedelta(days=7)
SAME_MOVES = 2
"""A stored address moves at the second identical permanent answer."""

UNREADABLE = frozenset({Reason.EMPTY, Reason.NOT_A_FEED, Reason.UNREADABLE})
"""Reasons that the same bytes would give again: a 304 after one of them is no recovery."""

Failure = tuple[Reason, str]

_COLUMNS = (
    "last_attempt_at", "last_answered", "last_success_at", "last_change_at", "first_seen",
    "failures", "failing_since", "reason", "detail", "body_hash", "body_bytes", "url", "moved_to",
    "moves", "feed_title", "feed_language", "feed_host", "home", "feed_id",
    "hints", "server_wait_until", "next_fetch_at",
)  # fmt: skip
_GONE: BindParameter[Any] = bindparam("gone")
_RECORD = (
    update(table_of(SourceRow))
    .where(SourceRow.id == bindparam("wanted"), SourceRow.claims == bindparam("token"))
    .values(
        {name: bindparam(f"new_{name}") for name in _COLUMNS}
        | {
            "lease_until": None,
            "state": case((_GONE, SourceState.GONE), else_=SourceRow.state),
        }
    )
)
# In the order of ids: two processes that wait for each other's rows would wait for ever.
_CLAIMS = (
    select(SourceRow.id, SourceRow.claims)
    .where(SourceRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(SourceRow.id)
    .with_for_update()
)
# Whoever is locked is being recorded by another pull, which acquits it itself: no need to wait, and
# two that waited for each other would wait for ever.
_BLAMED = (
    select(SourceRow.id)
    .where(
        SourceRow.reason.in_(bindparam("reasons", expanding=True)),
        SourceRow.failing_since >= bindparam("since"),
    )
    .with_for_update(skip_locked=True)
)
_ACQUIT = (
    update(table_of(SourceRow))
    .where(SourceRow.id.in_(_BLAMED))
    .values(failures=0, failing_since=None)
)
_HELD_URL = select(UrlState.etag, UrlState.last_modified).where(
    UrlState.source_id == bindparam("source"), UrlState.url_key == bindparam("wanted")
)
_FORGET_URL = delete(UrlState).where(
    UrlState.source_id == bindparam("source"), UrlState.url_key == bindparam("wanted")
)
_NEW_URL = ("source_id", "url_key", "url", "at", "etag", "last_modified")
_UPSERT_URL = upsert(
    table_of(UrlState),
    unique=_NEW_URL[:2],
    changes=lambda new: {name: new[name] for name in _NEW_URL[2:]},
)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnchangedPull:
    """A pull of a healthy source that brought nothing new.

    ``source`` and ``held`` (its validators by URL) are as ``claim`` gave them.
    """

    source: Source
    held: Mapping[str, Validators]
    outcome: Unchanged
    next_fetch_at: datetime
    now: datetime


def record_unchanged(tx: Tx, pulls: Sequence[UnchangedPull]) -> frozenset[int]:
    """Write what pulls showed that brought nothing new, and let the claims go, as ``record`` does.

    A fixed number of statements for all of them, but for validators, which seldom change.

    Returns:
        The ids of the sources that were still ours; nothing is written of the others.
    """
    rows = tx.execute(_CLAIMS, {"ids": [pull.source.id for pull in pulls]})
    claims = {row.id: row.claims for row in rows}
    ours = [pull for pull in pulls if claims.get(pull.source.id) == pull.source.claims]
    bulk.run(tx, _RECORD, [_unchanged_row(pull) for pull in ours])
    for pull in ours:
        answer = pull.outcome.answer
        if answer.validators and answer.validators != pull.held.get(answer.url):
            _upsert_url(tx, pull.source, answer=answer, now=pull.now)
    return frozenset(pull.source.id for pull in ours)


def _unchanged_row(pull: UnchangedPull) -> dict[str, Any]:
    values = _unchanging(
        pull.source, next_fetch_at=pull.next_fetch_at, now=pull.now, answer=pull.outcome.answer
    )
    values |= _healthy(pull.source, outcome=pull.outcome, parsed=None, now=pull.now)
    return _parameters(pull.source, values, gone=False)


def _parameters(source: Source, values: Mapping[str, Any], *, gone: bool) -> dict[str, Any]:
    parameters = {f"new_{name}": values[name] for name in _COLUMNS}
    return parameters | {"wanted": source.id, "token": source.claims, "gone": gone}


def record(
    tx: Tx,
    source: Source,
    *,
    outcome: Outcome,
    parsed: ParsedFeed | None,
    failed: Failure | None,
    next_fetch_at: datetime,
    now: datetime,
    own_outage: bool = False,
) -> bool:
    """Write what the pull of a claimed ``source`` showed, and let the claim go.

    Args:
        source: as ``claim`` returned it.
        parsed: what was read from a ``Fetched`` body; ``None`` otherwise.
        failed: why nothing could be read from a ``Fetched`` body, in a word and in detail.
        own_outage: most sources fail just now, so that a failure is not counted against this one.

    Returns:
        False, with nothing written, if the lease ran out and another claimed the source since.
        Whoever gets False must not store the entries of this answer either.
    """
    if isinstance(outcome, Failed):
        failed = failed or (outcome.reason, outcome.detail)
    values = _unchanging(source, next_fetch_at=next_fetch_at, now=now, answer=outcome.answer)
    if failed is not None:
        values |= _failing(source, failed=failed, now=now, own_outage=own_outage)
    else:
        values |= _healthy(source, outcome=outcome, parsed=parsed, now=now)
    gone = failed is not None and failed[0] is Reason.GONE
    if gone:
        values["next_fetch_at"] = None
    if tx.execute(_RECORD, _parameters(source, values, gone=gone)).rowcount != 1:
        return False
    if outcome.answer is not None:
        _keep_validators(tx, source, outcome=outcome, failed=failed, now=now)
    return True


def acquit(tx: Tx, reasons: Collection[Reason], *, since: datetime) -> None:
    """Count no failure against sources that began to fail by then, for one of these reasons.

    An outage of ours is known as such only when most have failed: the first of them were blamed.
    Their reason stays until they are asked again: without a failure, it says that it was ours.
    """
    tx.execute(_ACQUIT, {"reasons": sorted(reasons), "since": since})


def _unchanging(
    source: Source, *, next_fetch_at: datetime, now: datetime, answer: Answer | None
) -> dict[str, Any]:
    wait = None if answer is None else answer.wait
    return {
        "last_attempt_at": now,
        "last_answered": answer is not None,
        "last_success_at": source.last_success_at,
        "last_change_at": source.last_change_at,
        "first_seen": source.first_seen,
        "failures": source.failures,
        "failing_since": source.failing_since,
        "reason": source.reason,
        "detail": source.detail,
        "body_hash": source.body_hash,
        "body_bytes": source.body_bytes,
        "url": source.url,
        "moved_to": source.moved_to,
        "moves": source.moves,
        "feed_title": source.feed_title,
        "feed_language": source.feed_language,
        "feed_host": source.feed_host,
        "home": source.home,
        "feed_id": source.feed_id,
        "hints": from_hints(source.hints),
        "server_wait_until": None if wait is None else now + min(wait, LONGEST_SERVER_WAIT),
        "next_fetch_at": next_fetch_at,
    }


def _failing(source: Source, *, failed: Failure, now: datetime, own_outage: bool) -> dict[str, Any]:
    reason, detail = failed
    values: dict[str, Any] = {"reason": reason, "detail": detail}
    if not own_outage:
        values |= {
            "failures": source.failures + 1,
            "failing_since": source.failing_since or now,
        }
    return values


def _healthy(
    source: Source, *, outcome: Outcome, parsed: ParsedFeed | None, now: datetime
) -> dict[str, Any]:
    answer = outcome.answer
    assert answer is not None, "only a failure comes without an answer"
    values: dict[str, Any] = _moved(source, answer)
    if not isinstance(outcome, Fetched) and source.reason in UNREADABLE:
        return values
    values |= {
        "last_success_at": now,
        "failures": 0,
        "failing_since": None,
        "reason": None,
        "detail": None,
    }
    if isinstance(outcome, Fetched):
        values |= {
            "body_hash": outcome.body_hash,
            "body_bytes": len(outcome.body),
            "last_change_at": now,
        }
    if parsed is not None:
        values |= {
            "first_seen": source.first_seen or now,
            "feed_title": parsed.title or source.feed_title,
            "feed_language": parsed.language or source.feed_language,
            "feed_host": urlsplit(answer.url).hostname,
            "home": parsed.home or source.home,
            "feed_id": parsed.feed_id or source.feed_id,
            "hints": from_hints(parsed.hints),
        }
    return values


def _moved(source: Source, answer: Answer) -> dict[str, Any]:
    if answer.moved_to is None or answer.moved_to == source.url:
        return {"moved_to": None, "moves": 0}
    moves = source.moves + 1 if answer.moved_to == source.moved_to else 1
    if moves < SAME_MOVES:
        return {"moved_to": answer.moved_to, "moves": moves}
    return {"url": answer.moved_to, "moved_to": None, "moves": 0}


def _keep_validators(
    tx: Tx, source: Source, *, outcome: Outcome, failed: Failure | None, now: datetime
) -> None:
    answer = outcome.answer
    assert answer is not None
    if isinstance(outcome, Failed):
        return
    place = {"source": source.id, "wanted": key_of(answer.url)}
    lost = isinstance(outcome, Fetched) and failed is not None and failed[0] not in UNREADABLE
    if lost:
        # We never got to read these bytes, and may the next time: ask for them whole.
        tx.execute(_FORGET_URL, place)
        return
    held = tx.execute(_HELD_URL, place).one_or_none()
    sent = answer.validators
    if not isinstance(outcome, Fetched) and not sent:
        return
    if held is not None and Validators(etag=held.etag, last_modified=held.last_modified) == sent:
        return
    _upsert_url(tx, source, answer=answer, now=now)


def _upsert_url(tx: Tx, source: Source, *, answer: Answer, now: datetime) -> None:
    sent = answer.validators
    row = (source.id, key_of(answer.url), answer.url, now, sent.etag, sent.last_modified)
    tx.execute(_UPSERT_URL[tx.dialect], dict(zip(_NEW_URL, row, strict=True)))
