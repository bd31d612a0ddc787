"""Reading the outbox: how many stand where, and who got an issue, who did not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from syndicator.model import DeliveryState
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import SubscriberRow, VariantRow
from syndicator.store.issues.each_message import DELIVERY


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What came of one delivery. ``address`` is ``None`` once its reader was erased; ``key``
    orders the deliveries of an issue and says nothing of the reader.

    ``detail`` is the relay's reply, or why the reader was skipped.
    """

    id: int
    key: str
    address: str | None
    domain: str
    language: str | None
    state: DeliveryState
    attempts: int
    code: int | None
    detail: str | None
    at: datetime | None
    not_before: datetime | None


def tally(tx: Tx, issue_id: int) -> Mapping[DeliveryState, int]:
    """Return how many deliveries of the issue stand in each state; states with none are 0."""
    rows = tx.execute(
        select(DELIVERY.c.state, func.count().label("number"))
        .where(DELIVERY.c.issue_id == issue_id)
        .group_by(DELIVERY.c.state)
    )
    return Counter({row.state: row.number for row in rows})


def reasons(tx: Tx, issue_id: int, state: DeliveryState) -> Mapping[str, int]:
    """Return how many deliveries in ``state`` have each reason, the most frequent first."""
    number = func.count().label("number")
    rows = tx.execute(
        select(func.coalesce(DELIVERY.c.detail, "").label("detail"), number)
        .where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.state == state)
        .group_by(DELIVERY.c.detail)
        .order_by(number.desc(), DELIVERY.c.detail)
    )
    return {row.detail: row.number for row in rows}


def accounts(tx: Tx, issue_id: int, *, after: str = "", limit: int = 1_000) -> tuple[Account, ...]:
    """Return up to ``limit`` deliveries whose ``key`` comes after ``after``, by key: one page."""
    rows = tx.execute(
        select(
            DELIVERY.c.id,
            DELIVERY.c.address_hash.label("key"),
            SubscriberRow.address,
            DELIVERY.c.domain,
            VariantRow.language,
            DELIVERY.c.state,
            DELIVERY.c.attempts,
            DELIVERY.c.code,
            DELIVERY.c.detail,
            DELIVERY.c.at,
            DELIVERY.c.not_before,
        )
        .join(SubscriberRow, SubscriberRow.id == DELIVERY.c.subscriber_id, isouter=True)
        .join(VariantRow, VariantRow.id == DELIVERY.c.variant_id, isouter=True)
        # By the hash, which an index of its own orders: by id each page would sort all of them.
        .where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.address_hash > after)
        .order_by(DELIVERY.c.address_hash)
        .limit(limit)
    )
    return tuple(Account(**row._mapping) for row in rows)
