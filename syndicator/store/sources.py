"""Sources: declared, due, claimed, recorded. A claim is a conditional UPDATE with a lease."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import Row

from syndicator.model import (
    Declaration,
    HeldBecause,
    Hints,
    IdMode,
    Source,
    SourceState,
    Validators,
)
from syndicator.store import marks, stories
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.health import record
from syndicator.store.schema import SourceRow, UrlState

__all__ = [
    "Attempt", "by_key", "claim", "declare", "due", "every", "forget", "get", "hold",
    "recent_attempts", "record", "release", "retire", "stop", "to_source", "unhold", "validators",
]  # fmt: skip

SOURCE = table_of(SourceRow)
PULLED = (SourceState.ACTIVE, SourceState.HELD)
OUTAGE_WINDOW = timedelta(minutes=15)
OUTAGE_ATTEMPTS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One finished pull: when, and whether any server answered, whatever it said."""

    at: datetime
    ok: bool


_free = or_(SourceRow.lease_until.is_(None), SourceRow.lease_until <= bindparam("now"))
_pulled = SourceRow.state.in_(PULLED)
_our_pace = SourceRow.next_fetch_at <= bindparam("now")
_server_word = or_(
    SourceRow.server_wait_until.is_(None), SourceRow.server_wait_until <= bindparam("now")
)

_DUE = (
    select(SourceRow.id)
    .where(_our_pace, _pulled, _free)
    .order_by(SourceRow.next_fetch_at, SourceRow.id)
    .limit(bindparam("how_many"))
)
_ALLOWED = (
    select(SourceRow.id)
    .where(_pulled, _free, _server_word)
    .order_by(SourceRow.id)
    .limit(bindparam("how_many"))
)
_FREE = select(SourceRow.id).where(_pulled, _free).order_by(SourceRow.id)
_FREE = _FREE.limit(bindparam("how_many"))

_CLAIM = (
    update(SOURCE)
    .where(SourceRow.id == bindparam("wanted"), _pulled, _free)
    .values(lease_until=bindparam("until"), claims=SourceRow.claims + 1)
)
_CLAIM_DUE = _CLAIM.where(_our_pace).returning(*SOURCE.c)
_CLAIM_ALLOWED = _CLAIM.where(_server_word).returning(*SOURCE.c)
_CLAIM_FREE = _CLAIM.returning(*SOURCE.c)
_BY_ID = select(SOURCE).where(SourceRow.id == bindparam("wanted"))
_BY_KEY = select(SOURCE).where(SourceRow.key == bindparam("wanted"))
_RELEASE = (
    update(SOURCE)
    .where(SourceRow.id == bindparam("wanted"), SourceRow.claims == bindparam("token"))
    .values(lease_until=None, next_fetch_at=bindparam("then"))
)
_VALIDATORS = select(UrlState.url, UrlState.etag, UrlState.last_modified).where(
    UrlState.source_id == bindparam("wanted")
)
_ATTEMPTS = (
    select(SourceRow.last_attempt_at, SourceRow.last_answered)
    .where(SourceRow.last_attempt_at > bindparam("since"))
    .order_by(SourceRow.last_attempt_at.desc())
    .limit(OUTAGE_ATTEMPTS)
)


# --- declared -------------------------------------------------------------------------------------


def declare(
    tx: Tx,
    declarations: Sequence[Declaration],
    *,
    now: datetime,
    first_fetch: Callable[[int], datetime],
) -> None:
    """Make the stored sources agree with the configuration.

    A new one begins ACTIVE; one that left the file is RETIRED and keeps its entries; one that
    came back is ACTIVE again. What an editor held stays held. The stored address follows the file
    only when the file's changes: a permanent redirect learnt meanwhile is not undone. Where the
    city, kind, licence or name changed, what is published of the source is marked to be made anew.

    Args:
        first_fetch: the first fetch of the n-th source that begins (or begins again).
    """
    stored = {row.key: row for row in tx.execute(select(SOURCE).order_by(SourceRow.id))}
    begun = 0
    visible = False
    renamed: list[int] = []
    for declaration in declarations:
        row = stored.get(declaration.key)
        values = _declared(declaration)
        if row is None or _begins_again(row, declaration):
            values |= _beginning(declaration, next_fetch_at=first_fetch(begun))
            begun += 1
        if row is None:
            tx.execute(insert(SOURCE), _fresh(declaration.key) | values)
        elif any(getattr(row, name) != value for name, value in values.items()):
            # Whoever is pulling the old address right now must not record it under the new one.
            values |= {"claims": row.claims + 1, "lease_until": None}
            tx.execute(update(SOURCE).where(SourceRow.id == row.id), values)
            if any(getattr(row, name) != values[name] for name in _SEEN):
                renamed.append(row.id)
            if declaration.url != row.declared_url:
                forget(tx, row.id)
        else:
            continue
        visible = True
    gone = stored.keys() - {declaration.key for declaration in declarations}
    for key in sorted(gone):
        if stored[key].declared and stored[key].state != SourceState.RETIRED:
            stop(tx, stored[key].id, state=SourceState.RETIRED)
            visible = True
    if visible:
        marks.mark_whole(tx)
    if renamed:
        stories.retell(tx, renamed, now=now)


_SEEN = ("city", "kind", "licence", "title")


def _declared(declaration: Declaration) -> dict[str, Any]:
    return {
        "declared": True,
        "declared_url": declaration.url,
        "city": declaration.city,
        "kind": declaration.kind,
        "licence": declaration.licence,
        "language": declaration.language,
        "title": declaration.title,
        "categories": list(declaration.categories),
        "path_prefixes": list(declaration.path_prefixes),
    }


def _begins_again(row: Row[Any], declaration: Declaration) -> bool:
    moved = declaration.url != row.declared_url
    return moved or row.state not in (SourceState.ACTIVE, SourceState.HELD, SourceState.GONE)


def _beginning(declaration: Declaration, *, next_fetch_at: datetime) -> dict[str, Any]:
    return {
        "url": declaration.url,
        "state": SourceState.ACTIVE,
        "held_because": None,
        "next_fetch_at": next_fetch_at,
        "server_wait_until": None,
        "moved_to": None,
        "moves": 0,
        "feed_title": None,
        "feed_language": None,
        "feed_host": None,
        "home": None,
        "failures": 0,
        "failing_since": None,
        "reason": None,
        "detail": None,
    }


def _fresh(key: str) -> dict[str, Any]:
    return {"key": key, "claims": 0, "id_mode": IdMode.OWN, "hints": {}, "declared": False}


def stop(tx: Tx, source_id: int, *, state: SourceState) -> None:
    """Stop pulling a source; what a pull under way brings is refused."""
    tx.execute(
        update(SOURCE)
        .where(SourceRow.id == source_id)
        .values(state=state, next_fetch_at=None, lease_until=None, claims=SourceRow.claims + 1)
    )


# --- pulled ---------------------------------------------------------------------------------------


def due(
    tx: Tx, *, now: datetime, limit: int, early: bool = False, anyway: bool = False
) -> tuple[int, ...]:
    """Return ids of sources that may be pulled now and are not being pulled, longest due first.

    Args:
        early: also what only our own pace makes wait (never against a server's word).
        anyway: also what the server asked us to wait for; for allowed networks only.
    """
    statement = _FREE if anyway else _ALLOWED if early else _DUE
    return tuple(tx.execute(statement, {"now": now, "how_many": limit}).scalars())


def claim(
    tx: Tx,
    source_id: int,
    *,
    now: datetime,
    lease: timedelta,
    early: bool = False,
    anyway: bool = False,
) -> Source | None:
    """Return the source, ours until ``now + lease``; ``None`` if it is another's or not due.

    Two who claim at the same time get one claim. A lease that ran out may be claimed by another;
    what the first then records is refused. ``early`` and ``anyway`` as in ``due``.
    """
    statement = _CLAIM_FREE if anyway else _CLAIM_ALLOWED if early else _CLAIM_DUE
    row = tx.execute(
        statement, {"wanted": source_id, "now": now, "until": now + lease}
    ).one_or_none()
    return None if row is None else to_source(row)


def release(tx: Tx, source: Source, *, next_fetch_at: datetime) -> None:
    """Put a claimed source back without a word about its health; nothing if it is another's now."""
    parameters = {"wanted": source.id, "token": source.claims, "then": next_fetch_at}
    tx.execute(_RELEASE, parameters)


def validators(tx: Tx, source: Source) -> Mapping[str, Validators]:
    """Return what each URL on this source's way gave us to ask again with, byte for byte."""
    return {
        row.url: Validators(etag=row.etag, last_modified=row.last_modified)
        for row in tx.execute(_VALIDATORS, {"wanted": source.id})
    }


def forget(tx: Tx, source_id: int) -> None:
    """Make the next answer of the source be read anew, whatever it holds."""
    tx.execute(delete(UrlState).where(UrlState.source_id == source_id))
    tx.execute(update(SOURCE).where(SourceRow.id == source_id).values(body_hash=None))


def recent_attempts(tx: Tx, *, now: datetime) -> Sequence[Attempt]:
    """Return the last finished attempts of the last minutes, newest first, one a source."""
    rows = tx.execute(_ATTEMPTS, {"since": now - OUTAGE_WINDOW})
    return tuple(Attempt(at=row.last_attempt_at, ok=bool(row.last_answered)) for row in rows)


# --- asked for ------------------------------------------------------------------------------------


def get(tx: Tx, source_id: int) -> Source | None:
    """Return the source with this id, or ``None``."""
    return _one(tx.execute(_BY_ID, {"wanted": source_id}).one_or_none())


def by_key(tx: Tx, key: str) -> Source | None:
    """Return the source with this key, or ``None``."""
    return _one(tx.execute(_BY_KEY, {"wanted": key}).one_or_none())


def every(tx: Tx, *, states: Iterable[SourceState] | None = None) -> tuple[Source, ...]:
    """Return all sources (or those in ``states``) by id."""
    query = select(SOURCE).order_by(SourceRow.id)
    if states is not None:
        query = query.where(SourceRow.state.in_(tuple(states)))
    return tuple(to_source(row) for row in tx.execute(query))


def hold(tx: Tx, source_id: int) -> None:
    """Keep back what the source brings from now on; it is still pulled."""
    values = {"state": SourceState.HELD, "held_because": HeldBecause.BY_EDITOR}
    _set_state(tx, source_id, was=SourceState.ACTIVE, values=values)


def unhold(tx: Tx, source_id: int) -> None:
    """Trust a held source again. What was held meanwhile waits for its own release.

    Its next answer is read anew, since the edits that waited are in bytes we have seen already.
    """
    values = {"state": SourceState.ACTIVE, "held_because": None}
    _set_state(tx, source_id, was=SourceState.HELD, values=values)
    forget(tx, source_id)


def retire(tx: Tx, source_id: int) -> None:
    """Stop pulling the source for good; its entries stay."""
    stop(tx, source_id, state=SourceState.RETIRED)
    marks.mark_whole(tx)


def _set_state(tx: Tx, source_id: int, *, was: SourceState, values: dict[str, Any]) -> None:
    tx.execute(
        update(SOURCE).where(SourceRow.id == source_id, SourceRow.state == was).values(values)
    )


def _one(row: Row[Any] | None) -> Source | None:
    return None if row is None else to_source(row)


def to_source(row: Row[Any]) -> Source:
    """Return the row of a source as the noun that travels."""
    return Source(
        id=row.id,
        key=row.key,
        url=row.url,
        city=row.city,
        kind=row.kind,
        licence=row.licence,
        state=row.state,
        language=row.language,
        title=row.title,
        home=row.home,
        feed_id=row.feed_id,
        categories=tuple(row.categories),
        path_prefixes=tuple(row.path_prefixes),
        id_mode=row.id_mode,
        first_seen=row.first_seen,
        next_fetch_at=row.next_fetch_at,
        last_attempt_at=row.last_attempt_at,
        last_success_at=row.last_success_at,
        last_change_at=row.last_change_at,
        failures=row.failures,
        failing_since=row.failing_since,
        reason=row.reason,
        detail=row.detail,
        held_because=row.held_because,
        feed_title=row.feed_title,
        feed_language=row.feed_language,
        feed_host=row.feed_host,
        body_hash=row.body_hash,
        body_bytes=row.body_bytes,
        moved_to=row.moved_to,
        moves=row.moves,
        hints=_to_hints(row.hints),
        contact=row.contact,
        claims=row.claims,
    )


def _to_hints(stored: Mapping[str, Any]) -> Hints:
    if not stored:
        return Hints()
    ttl, period = stored.get("ttl"), stored.get("update_period")
    return Hints(
        ttl=None if ttl is None else timedelta(seconds=ttl),
        update_period=None if period is None else timedelta(seconds=period),
        skip_hours=frozenset(stored.get("skip_hours", ())),
        skip_days=frozenset(stored.get("skip_days", ())),
    )
