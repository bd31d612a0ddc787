"""How many readers an issue would reach, by what they chose; and when it last reached one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, or_, select

from syndicator.model import Cadence, DeliveryState, SubscriberState
from syndicator.store.database import Tx
from syndicator.store.newsletter import (
    DeliveryRow,
    SelectionRow,
    SubscriberRow,
    SuppressionRow,
)


def readers(tx: Tx, cadence: Cadence, *, at: datetime) -> Mapping[int, int]:
    """Return how many may be mailed an issue of the cadence at that moment, by their selection.

    Selections nobody has are left out; so are people who pause then, or must never be mailed.
    """
    suppressed = (
        select(SuppressionRow.address_hash)
        .where(SuppressionRow.address_hash == SubscriberRow.address_hash)
        .exists()
    )
    rows = tx.execute(
        select(SubscriberRow.selection_id, func.count().label("number"))
        .join(SelectionRow, SelectionRow.id == SubscriberRow.selection_id)
        .where(
            SelectionRow.cadence == cadence,
            SubscriberRow.state == SubscriberState.ACTIVE,
            or_(SubscriberRow.paused_until.is_(None), SubscriberRow.paused_until <= at),
            ~suppressed,
        )
        .group_by(SubscriberRow.selection_id)
    )
    return {row.selection_id: row.number for row in rows}


def last_delivered(tx: Tx, issue_id: int) -> datetime | None:
    """Return when the relay last took a message of the issue; ``None`` if it never did."""
    moment: datetime | None = tx.execute(
        select(func.max(DeliveryRow.at)).where(
            DeliveryRow.issue_id == issue_id, DeliveryRow.state == DeliveryState.SENT
        )
    ).scalar()
    return moment
