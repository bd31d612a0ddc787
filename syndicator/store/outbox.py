"""The outbox: one delivery for each issue and subscriber, whoever plans or claims it.

pending -> claimed -> sending -> sent | failed | uncertain; deferred goes back to pending later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, insert, literal, or_, select, update

from syndicator.model import Delivery
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.outgoing import DeliveryRow, IssueRow, SubscriberRow

DELIVERY = table_of(DeliveryRow)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED)


def plan(tx: Tx, issue_id: int) -> int:
    """Plan a delivery to every subscriber of the issue's cadence; return how many are new."""
    planned = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id, DeliveryRow.subscriber_id == SubscriberRow.id
    )
    wanted = (
        select(literal(issue_id), SubscriberRow.id, literal(DeliveryState.PENDING.value))
        .join(IssueRow, IssueRow.cadence == SubscriberRow.cadence)
        .where(IssueRow.id == issue_id, ~planned.exists())
        .order_by(SubscriberRow.id)
    )
    columns = ["issue_id", "subscriber_id", "state"]
    statement = insert(DELIVERY).from_select(columns, wanted)
    # Or the count of rows of an INSERT is not told on PostgreSQL.
    return tx.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def claim(
    tx: Tx, issue_id: int, *, now: datetime, lease: timedelta, limit: int = 100
) -> tuple[Delivery, ...]:
    """Return up to ``limit`` open deliveries of the issue, ours until ``now + lease``, by id.

    A claim that ran out before anything was sent is open again. Commit durably before sending.
    """
    ripe = or_(DeliveryRow.not_before.is_(None), DeliveryRow.not_before <= now)
    lost = (DeliveryRow.state == DeliveryState.CLAIMED.value) & (DeliveryRow.lease_until <= now)
    free = or_(DeliveryRow.state.in_([state.value for state in OPEN]) & ripe, lost)
    ids = (
        select(DeliveryRow.id)
        .where(DeliveryRow.issue_id == issue_id, free)
        .order_by(DeliveryRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(tx.execute(ids).scalars())
    tx.execute(
        update(DELIVERY)
        .where(DeliveryRow.id.in_(taken))
        .values(state=DeliveryState.CLAIMED.value, lease_until=now + lease)
    )
    rows = tx.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.issue_id,
            DeliveryRow.subscriber_id,
            SubscriberRow.address,
            SubscriberRow.language,
        )
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .where(DeliveryRow.id.in_(taken))
        .order_by(DeliveryRow.id)
    )
    return tuple(
        Delivery(
            id=row.id,
            issue=row.issue_id,
            subscriber=row.subscriber_id,
            address=row.address,
            language=row.language,
        )
        for row in rows
    )


def mark(
    tx: Tx,
    delivery_id: int,
    *,
    was: DeliveryState,
    state: DeliveryState,
    detail: str | None = None,
    not_before: datetime | None = None,
) -> bool:
    """Move a delivery from ``was`` to ``state``; False, and nothing moved, if it was elsewhere."""
    moved = tx.execute(
        update(DELIVERY)
        .where(DeliveryRow.id == delivery_id, DeliveryRow.state == was.value)
        .values(state=state.value, detail=detail, not_before=not_before, lease_until=None)
    )
    return moved.rowcount == 1


def tally(tx: Tx, issue_id: int) -> Mapping[DeliveryState, int]:
    """Return how many deliveries of the issue stand in each state; states with none are 0."""
    rows = tx.execute(
        select(DeliveryRow.state, func.count().label("number"))
        .where(DeliveryRow.issue_id == issue_id)
        .group_by(DeliveryRow.state)
    )
    return Counter({DeliveryState(row.state): row.number for row in rows})
