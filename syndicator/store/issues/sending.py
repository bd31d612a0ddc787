"""Claiming deliveries and taking them, one step a message, to where they end.

A claim has a holder and a lease. What a holder that died had claimed is open again; what it was
sending is uncertain, since its message may have arrived.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from syndicator.model import (
    Delivery,
    DeliveryState,
    SkippedBecause,
    SubscriberState,
    UnknownBy,
)
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import SubscriberRow, SuppressionRow, VariantRow
from syndicator.store.issues.each_message import BEGIN, DELIVERY, LEAVING, SETTLE

CHUNK = 100
"""Deliveries claimed at once: at most so many are uncertain after a power cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of a message. ``not_before`` is when a deferred one is offered again.

    ``counts`` is False for a try that says nothing of the reader and is not held against them,
    ``gone`` True if the relay says that their address does not exist. What follows from that waits
    until it is sure that the relay is in its senses (``failures``).
    """

    id: int
    state: DeliveryState
    at: datetime
    code: int | None = None
    detail: str | None = None
    not_before: datetime | None = None
    counts: bool = True
    gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What may leave now: nothing does before the step is committed.

    ``passed`` counts the deliveries of those ahead that are settled or begun; ``halted`` says that
    nothing more of the issue may leave as it was read.
    """

    started: Delivery | None
    passed: int
    halted: bool = False


def claim(
    tx: Tx,
    issue_id: int,
    *,
    holder: str,
    now: datetime,
    lease: timedelta,
    resend: int = 0,
    probes: bool = False,
    limit: int = CHUNK,
) -> tuple[Delivery, ...]:
    """Return up to ``limit`` open deliveries of the issue, ours until ``now + lease``.

    Those of one variant come together. Commit durably before sending.

    Args:
        holder: who claims; no two connections have the same.
        resend: an uncertain message is open again while it was tried fewer times than this.
        probes: only one is claimed, to ask whether a relay is back: such a message, also before its
            time, so that nobody else may get two.
    """
    lapse(tx, issue_id, DELIVERY.c.lease_until <= now)
    ripe = or_(DELIVERY.c.not_before.is_(None), DELIVERY.c.not_before <= now)
    tried = DELIVERY.c.attempts < resend
    # Of more the rest would be given back, and be open as if it had never left.
    limit = 1 if probes else limit
    taken: list[int] = []
    for state, open_ in (
        (DeliveryState.UNCERTAIN, tried if probes else and_(ripe, tried)),
        (DeliveryState.PENDING, None),
        (DeliveryState.DEFERRED, ripe),
    ):
        if len(taken) < limit:
            taken += _open(tx, issue_id, state, open_, limit=limit - len(taken))
    if not taken:
        return ()
    tx.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id.in_(taken))
        .values(state=DeliveryState.CLAIMED, holder=holder, lease_until=now + lease)
    )
    return _with_addresses(tx, taken)


def _open(
    tx: Tx, issue_id: int, state: DeliveryState, open_: ColumnElement[bool] | None, *, limit: int
) -> list[int]:
    query = select(DELIVERY.c.id).where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.state == state)
    if open_ is not None:
        query = query.where(open_)
    ordered = query.order_by(DELIVERY.c.variant_id, DELIVERY.c.id).limit(limit)
    return list(tx.execute(ordered.with_for_update(skip_locked=True)).scalars())


def _with_addresses(tx: Tx, ids: Sequence[int]) -> tuple[Delivery, ...]:
    """Return the claimed deliveries, less those whose reader was erased or got another address."""
    rows = tx.execute(
        select(
            DELIVERY.c.id,
            DELIVERY.c.issue_id,
            DELIVERY.c.variant_id,
            DELIVERY.c.attempts,
            DELIVERY.c.address_hash,
            SubscriberRow.public_id,
            SubscriberRow.address,
            SubscriberRow.address_hash.label("hash_now"),
            VariantRow.language,
        )
        .join(VariantRow, VariantRow.id == DELIVERY.c.variant_id)
        .join(SubscriberRow, SubscriberRow.id == DELIVERY.c.subscriber_id, isouter=True)
        .where(DELIVERY.c.id.in_(ids))
        .order_by(DELIVERY.c.variant_id, DELIVERY.c.id)
    )
    return tuple(
        Delivery(
            id=row.id,
            issue=row.issue_id,
            variant=row.variant_id,
            reader=row.public_id,
            address=row.address,
            address_hash=row.hash_now,
            language=row.language,
            attempts=row.attempts,
        )
        for row in rows.all()
        if _still_theirs(tx, row)
    )


def _still_theirs(tx: Tx, row: Any) -> bool:
    if row.hash_now == row.address_hash:
        return True
    if row.hash_now is None:
        _skip(tx, row.id, SkippedBecause.ERASED)
        return False
    had = select(DELIVERY.c.id).where(
        DELIVERY.c.issue_id == row.issue_id, DELIVERY.c.address_hash == row.hash_now
    )
    if tx.execute(had).first() is not None:
        _skip(tx, row.id, SkippedBecause.MOVED)
        return False
    domain = row.address.rpartition("@")[2]
    moved = update(DELIVERY).where(DELIVERY.c.id == row.id)
    tx.execute(moved.values(address_hash=row.hash_now, domain=domain))
    return True


def step(
    tx: Tx,
    *,
    holder: str,
    now: datetime,
    lease: timedelta,
    revision: int,
    done: Done | None = None,
    ahead: Sequence[Delivery] = (),
) -> Step:
    """Settle the message that left and begin the first of those ahead that may still leave.

    Whether it may is asked here, in the transaction that begins it: whoever unsubscribed, paused,
    moved or was suppressed a moment ago is passed by, and an issue that was paused or had a post
    taken down since ``revision`` stops here.
    """
    if done is not None:
        _settle(tx, done, holder=holder)
    for at, delivery in enumerate(ahead):
        if _begin(tx, delivery, holder=holder, now=now, until=now + lease, revision=revision):
            return Step(started=delivery, passed=at + 1)
        if not _may_leave(tx, delivery.issue, revision):
            return Step(started=None, passed=at, halted=True)
        _pass_by(tx, delivery, holder=holder, now=now)
    return Step(started=None, passed=len(ahead))


def _settle(tx: Tx, done: Done, *, holder: str) -> None:
    row = {
        "this": done.id,
        "by": holder,
        "now_state": done.state,
        "now_code": done.code,
        "now_detail": done.detail,
        "later": done.not_before,
        "moment": done.at,
        "less": 0 if done.counts else 1,
        "unknown": UnknownBy.SIGNED if done.gone else None,
    }
    SETTLE.run(tx, row)


def _begin(
    tx: Tx, delivery: Delivery, *, holder: str, now: datetime, until: datetime, revision: int
) -> bool:
    row = {
        "this": delivery.id,
        "by": holder,
        "reader": delivery.reader,
        "to": delivery.address,
        "moment": now,
        "until": until,
        "issue": delivery.issue,
        "as_read": revision,
    }
    return BEGIN.run(tx, row) == 1


def _may_leave(tx: Tx, issue_id: int, revision: int) -> bool:
    return tx.execute(LEAVING, {"issue": issue_id, "as_read": revision}).first() is not None


def _pass_by(tx: Tx, delivery: Delivery, *, holder: str, now: datetime) -> None:
    """Say why a reader does not get what was claimed for them; a claim that is lost is left."""
    row = tx.execute(
        select(
            SubscriberRow.state,
            SubscriberRow.address,
            SubscriberRow.paused_until,
            SuppressionRow.address_hash.label("suppressed"),
        )
        .select_from(DELIVERY)
        .join(SubscriberRow, SubscriberRow.id == DELIVERY.c.subscriber_id, isouter=True)
        .join(SuppressionRow, SuppressionRow.address_hash == DELIVERY.c.address_hash, isouter=True)
        .where(DELIVERY.c.id == delivery.id)
    ).one()
    if row.state is None:
        why = SkippedBecause.ERASED
    elif row.state is not SubscriberState.ACTIVE:
        why = SkippedBecause.LEFT
    elif row.suppressed is not None:
        why = SkippedBecause.SUPPRESSED
    elif row.paused_until is not None and row.paused_until > now:
        why = SkippedBecause.PAUSED
    else:
        # The address moved, which the next claim looks at, or the claim is not ours any more.
        release(tx, delivery.issue, holder=holder, only=(delivery.id,))
        return
    _skip(tx, delivery.id, why)


def _skip(tx: Tx, delivery_id: int, why: SkippedBecause) -> None:
    tx.execute(
        update(DELIVERY)
        .where(DELIVERY.c.id == delivery_id, DELIVERY.c.state == DeliveryState.CLAIMED)
        .values(state=DeliveryState.SKIPPED, detail=why.value, holder=None, lease_until=None)
    )


def renew(tx: Tx, issue_id: int, *, holder: str, until: datetime) -> None:
    """Keep what this holder claimed or sends until then."""
    tx.execute(_held(issue_id, holder, *IN_HAND).values(lease_until=until))


def release(
    tx: Tx,
    issue_id: int,
    *,
    holder: str,
    only: Collection[int] | None = None,
    not_before: datetime | None = None,
) -> None:
    """Give back what this holder claimed and did not begin, to be open at once or then."""
    held = _held(issue_id, holder, DeliveryState.CLAIMED)
    if only is not None:
        held = held.where(DELIVERY.c.id.in_(only))
    state = DeliveryState.DEFERRED if not_before else DeliveryState.PENDING
    tx.execute(held.values(state=state, not_before=not_before, holder=None, lease_until=None))


IN_HAND = (DeliveryState.CLAIMED, DeliveryState.SENDING)


def _held(issue_id: int, holder: str, *states: DeliveryState) -> Any:
    return update(DELIVERY).where(
        DELIVERY.c.issue_id == issue_id,
        DELIVERY.c.state.in_(states),
        DELIVERY.c.holder == holder,
    )


def lapse(tx: Tx, issue_id: int, lost: ColumnElement[bool]) -> int:
    """Open again the claims that are ``lost``; what was being sent then is uncertain.

    Return how many there were of both.
    """
    number = 0
    for state, after in (
        (DeliveryState.CLAIMED, DeliveryState.PENDING),
        (DeliveryState.SENDING, DeliveryState.UNCERTAIN),
    ):
        number += tx.execute(
            update(DELIVERY)
            .where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.state == state, lost)
            .values(state=after, holder=None, lease_until=None)
        ).rowcount
    return number
