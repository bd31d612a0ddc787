"""How many readers an issue would reach, by what they chose; and whether it still does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from syndicator.model import Cadence, DeliveryState, SubscriberState
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import (
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
    # Not the bare columns: along an index SQLite would fetch a million rows in an order in which
    # they do not lie, and take six times as long as for reading them one after the other.
    selection_of = func.coalesce(SubscriberRow.selection_id, 0)
    rows = tx.execute(
        select(selection_of.label("selection_id"), func.count().label("number"))
        .where(
            func.coalesce(SubscriberRow.state, "") == SubscriberState.ACTIVE.value,
            or_(SubscriberRow.paused_until.is_(None), SubscriberRow.paused_until <= at),
            ~suppressed,
        )
        .group_by(selection_of)
    )
    numbers = {row.selection_id: row.number for row in rows}
    of_cadence = select(SelectionRow.id).where(SelectionRow.cadence == cadence)
    wanted = tx.execute(of_cadence).scalars()
    return {selection: numbers[selection] for selection in wanted if selection in numbers}


def stalled(tx: Tx, issue_id: int, *, since: datetime) -> bool:
    """Return True if an issue that is being sent stands still: of its first round something is to
    leave, or nobody was planned, and the relay took nothing after ``since``.

    What a receiver put off does not count: it has a time of its own, for a day.
    """
    newest = _newest(issue_id, DeliveryState.SENT)
    taken = tx.execute(newest).scalar()
    if taken is not None and taken > since:
        return False
    if tx.execute(_newest(issue_id, DeliveryState.PENDING)).first() is not None:
        return True
    return (
        tx.execute(select(DeliveryRow.id).where(DeliveryRow.issue_id == issue_id)).first() is None
    )


def _newest(issue_id: int, state: DeliveryState) -> Select[Any]:
    """The last along the index, which is the order they leave in: to ask all of a million for the
    latest moment took seconds, each minute."""
    return (
        select(DeliveryRow.at)
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == state)
        .order_by(DeliveryRow.variant_id.desc(), DeliveryRow.id.desc())
        .limit(1)
    )
