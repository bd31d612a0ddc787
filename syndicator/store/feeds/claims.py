"""Sources that are due, claimed and put back. A claim is a conditional UPDATE with a lease."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.sql.dml import ReturningUpdate

from syndicator.model import PULLED, Source, Validators
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow, UrlState
from syndicator.store.feeds.source_row import to_source

SOURCE = table_of(SourceRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRequest:
    """Asks for a source, with the arguments of ``claim``."""

    id: int
    now: datetime
    lease: timedelta
    early: bool = False
    anyway: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedSource:
    """A source that is ours, with what each URL on its way gave us to ask again with."""

    source: Source
    validators: Mapping[str, Validators]


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
    .where(SourceRow.id.in_(bindparam("wanted", expanding=True)), _pulled, _free)
    .values(lease_until=bindparam("until"), claims=SourceRow.claims + 1)
)
# In the order of ids: two processes that wait for each other's rows would wait for ever.
_LOCK = (
    select(SourceRow.id)
    .where(SourceRow.id.in_(bindparam("wanted", expanding=True)))
    .order_by(SourceRow.id)
    .with_for_update()
)
_CLAIM_DUE = _CLAIM.where(_our_pace).returning(*SOURCE.c)
_CLAIM_ALLOWED = _CLAIM.where(_server_word).returning(*SOURCE.c)
_CLAIM_FREE = _CLAIM.returning(*SOURCE.c)
_RELEASE = (
    update(SOURCE)
    .where(SourceRow.id == bindparam("wanted"), SourceRow.claims == bindparam("token"))
    .values(lease_until=None, next_fetch_at=bindparam("then"))
)
_VALIDATORS = select(UrlState.source_id, UrlState.url, UrlState.etag, UrlState.last_modified).where(
    UrlState.source_id.in_(bindparam("wanted", expanding=True))
)


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
    request = ClaimRequest(id=source_id, now=now, lease=lease, early=early, anyway=anyway)
    (claimed,) = claim_all(tx, (request,))
    return None if claimed is None else claimed.source


def claim_all(tx: Tx, requests: Sequence[ClaimRequest]) -> list[ClaimedSource | None]:
    """Claim many as ``claim`` does one; return for each request its source, or ``None``.

    Of several requests for one source the first gets it. A fixed number of statements.
    """
    if tx.dialect == "postgresql" and len(requests) > 1:
        tx.execute(_LOCK, {"wanted": sorted({request.id for request in requests})})
    by_statement: defaultdict[ReturningUpdate[Any], list[ClaimRequest]] = defaultdict(list)
    for request in requests:
        early = _CLAIM_ALLOWED if request.early else _CLAIM_DUE
        by_statement[_CLAIM_FREE if request.anyway else early].append(request)
    rows: dict[int, Row[Any]] = {}
    for statement, some in by_statement.items():
        # All of their moments are over by now, so the latest may speak for them.
        now = max(request.now for request in some)
        until = now + min(request.lease for request in some)
        ids = sorted({request.id for request in some})
        claimed_rows = tx.execute(statement, {"wanted": ids, "now": now, "until": until})
        rows |= {row.id: row for row in claimed_rows}
    held = _validators_of(tx, sorted(rows))
    claimed = {
        id_: ClaimedSource(source=to_source(row), validators=held.get(id_, {}))
        for id_, row in rows.items()
    }
    return [claimed.pop(request.id, None) for request in requests]


def still_claimed(tx: Tx, source: Source) -> bool:
    """Return whether a claimed source still is as it was claimed: no other has it since."""
    claims = select(SourceRow.claims).where(SourceRow.id == source.id)
    return tx.execute(claims).scalar() == source.claims


def release(tx: Tx, source: Source, *, next_fetch_at: datetime) -> None:
    """Put a claimed source back without a word about its health; nothing if it is another's now."""
    parameters = {"wanted": source.id, "token": source.claims, "then": next_fetch_at}
    tx.execute(_RELEASE, parameters)


def validators(tx: Tx, source: Source) -> Mapping[str, Validators]:
    """Return what each URL on this source's way gave us to ask again with, byte for byte."""
    return _validators_of(tx, (source.id,)).get(source.id, {})


def _validators_of(tx: Tx, ids: Sequence[int]) -> Mapping[int, Mapping[str, Validators]]:
    by_source: defaultdict[int, dict[str, Validators]] = defaultdict(dict)
    for row in tx.execute(_VALIDATORS, {"wanted": ids}) if ids else ():
        validators = Validators(etag=row.etag, last_modified=row.last_modified)
        by_source[row.source_id][row.url] = validators
    return by_source
