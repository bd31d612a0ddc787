"""The outbox: one delivery for each issue and subscriber, whoever plans or claims it.

pending -> claimed -> sending -> sent | failed | uncertain; deferred goes back to pending later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, insert, literal, or_, select, update

from syndicator.model import Delivery, DeliveryState, SubscriberState
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.newsletter import (
    DeliveryRow,
    SubscriberRow,
    VariantRow,
    VariantSelection,
)

DELIVERY = table_of(DeliveryRow)


OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED)


def plan(tx: Tx, issue_id: int) -> int:
    """Plan a delivery to every active subscriber of the cadence; return how many are new."""
    planned = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id, DeliveryRow.address_hash == SubscriberRow.address_hash
    )
    wanted = (
        select(
            literal(issue_id),
            SubscriberRow.id,
            VariantSelection.variant_id,
            SubscriberRow.address_hash,
            literal(""),
            literal(DeliveryState.PENDING.value),
            literal(0),
        )
        .join(VariantSelection, VariantSelection.selection_id == SubscriberRow.selection_id)
        .where(
            VariantSelection.issue_id == issue_id,
            VariantSelection.variant_id.is_not(None),
            SubscriberRow.state == SubscriberState.ACTIVE,
            ~planned.exists(),
        )
        .order_by(SubscriberRow.id)
    )
    columns = [
        "issue_id",
        "subscriber_id",
        "variant_id",
        "address_hash",
        "domain",
        "state",
        "attempts",
    ]
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
            DeliveryRow.variant_id,
            DeliveryRow.attempts,
            SubscriberRow.public_id,
            SubscriberRow.address,
            VariantRow.language,
        )
        .join(SubscriberRow, SubscriberRow.id == DeliveryRow.subscriber_id)
        .join(VariantRow, VariantRow.id == DeliveryRow.variant_id)
        .where(DeliveryRow.id.in_(taken))
        .order_by(DeliveryRow.id)
    )
    return tuple(
        Delivery(
            id=row.id,
            issue=row.issue_id,
            variant=row.variant_id,
            reader=row.public_id,
            address=row.address,
            language=row.language,
            attempts=row.attempts,
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
