"""Subscribers: who asked for the digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, func, insert, select

from syndicator.model import Cadence
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.outgoing import DeliveryRow, SubscriberRow

SUBSCRIBER = table_of(SubscriberRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """Someone who asked for the digest. ``public_id`` may stand in a link; ``id`` never does."""

    id: int
    public_id: str
    address: str
    language: str
    cadence: Cadence


def add(tx: Tx, *, address: str, language: str, cadence: Cadence, now: datetime) -> int:
    """Return the id of the subscriber with this (normalised) address, added if new."""
    query = select(SubscriberRow.id).where(SubscriberRow.address == address)
    held = tx.execute(query).scalar()
    if held is not None:
        return int(held)
    row = {
        "public_id": str(uuid4()),
        "address": address,
        "language": language,
        "cadence": cadence,
        "at": now,
    }
    made = tx.execute(insert(SUBSCRIBER).returning(SubscriberRow.id), row)
    return int(made.scalar_one())


def remove(tx: Tx, public_id: str) -> bool:
    """Forget a subscriber and what was planned for them; False if unknown."""
    query = select(SubscriberRow.id).where(SubscriberRow.public_id == public_id)
    found = tx.execute(query).scalar()
    if found is None:
        return False
    tx.execute(delete(DeliveryRow).where(DeliveryRow.subscriber_id == found))
    tx.execute(delete(SubscriberRow).where(SubscriberRow.id == found))
    return True


def every(tx: Tx) -> tuple[Subscriber, ...]:
    """Return all subscribers by id."""
    rows = tx.execute(select(SUBSCRIBER).order_by(SubscriberRow.id))
    return tuple(
        Subscriber(
            id=row.id,
            public_id=row.public_id,
            address=row.address,
            language=row.language,
            cadence=row.cadence,
        )
        for row in rows
    )


def how_many(tx: Tx) -> int:
    """Return the number of subscribers."""
    return int(tx.execute(select(func.count()).select_from(SUBSCRIBER)).scalar_one())
