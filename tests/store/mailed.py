"""Deliveries that left, as they stand in a store."""

from __future__ import annotations

from sqlalchemy import insert, select

from syndicator.model import Cadence, DeliveryState, IssueState, Selection
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import DeliveryRow, IssueRow, SubscriberRow
from syndicator.store.people import subscribers
from tests.builders import NOW, ago

FINNISH = Selection(language="fi", cadence=Cadence.WEEKLY)
S = DeliveryState


def subscribed(tx: Tx, name: str = "maija") -> int:
    """Return the id of an active subscriber; the name is also the hash of their address."""
    return subscribers.add(
        tx, address=f"{name}@k.fi", address_hash=name, selection=FINNISH, now=ago(days=400)
    )


def delivered(
    tx: Tx,
    reader: int | None,
    *,
    week: int,
    name: str = "maija",
    state: S = S.SENT,
    days: float = 1,
) -> int:
    """Return the id of a delivery that left so many days ago."""
    return int(
        tx.execute(
            insert(table_of(DeliveryRow)).returning(DeliveryRow.id),
            {
                "issue_id": an_issue(tx, week),
                "subscriber_id": reader,
                "state": state,
                "attempts": 1,
                "at": ago(days=days),
                "address_hash": name,
                "domain": "k.fi",
            },
        ).scalar_one()
    )


def an_issue(tx: Tx, week: int) -> int:
    """Return the id of the issue of this week of 2026."""
    period = f"2026-W{week}"
    held = tx.execute(select(IssueRow.id).where(IssueRow.period == period)).scalar()
    if held is not None:
        return int(held)
    made = {
        "cadence": Cadence.WEEKLY,
        "period": period,
        "state": IssueState.SENT,
        "version": 1,
        "revision": 0,
        "opens": ago(days=8),
        "closes": ago(days=1),
        "send_at": NOW,
        "content_hash": "x",
        "greetings": {},
    }
    return int(tx.execute(insert(table_of(IssueRow)).returning(IssueRow.id), made).scalar_one())


def state_of(tx: Tx, delivery_id: int) -> tuple[S, str | None]:
    """Return where a delivery stands, and why."""
    query = select(DeliveryRow.state, DeliveryRow.detail).where(DeliveryRow.id == delivery_id)
    return tuple(tx.execute(query).one())


def public_id_of(tx: Tx, reader: int) -> str:
    """Return what names a subscriber in links."""
    query = select(SubscriberRow.public_id).where(SubscriberRow.id == reader)
    return str(tx.execute(query).scalar_one())
