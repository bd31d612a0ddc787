"""What came back, kept once each, and what it does to the delivery and the reader it is about.

A report is known by a hash of its bytes: the same one read twice, by two processes or after a kill,
changes nothing the second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from syndicator.model import DeliveryState
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.newsletter import BounceRow, DeliveryRow, SubscriberRow

BOUNCE = table_of(BounceRow)
DELIVERY = table_of(DeliveryRow)
SUBSCRIBER = table_of(SubscriberRow)

SOFT = "soft"
"""The kind of a failure that counts against an address until a mail arrives again."""

_LEFT_US = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """Whom a delivery was for. ``address_hash`` is there also when the reader is erased."""

    delivery: int
    address_hash: str
    subscriber: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A report as it is kept. ``kind`` is one word: ``hard``, ``soft``, ``leave`` ..."""

    id: int
    key: str
    at: datetime
    kind: str
    address_hash: str | None = None
    delivery: int | None = None
    status: str | None = None
    detail: str | None = None


def keep(
    tx: Tx,
    key: str,
    *,
    kind: str,
    at: datetime,
    addressee: Addressee | None = None,
    status: str | None = None,
    detail: str | None = None,
) -> bool:
    """Keep a report; False, and nothing is to be done, if it is kept already."""
    row = {
        "key": key,
        "at": at,
        "kind": kind,
        "address_hash": addressee.address_hash if addressee else None,
        "delivery_id": addressee.delivery if addressee else None,
        "status": status,
        "detail": detail,
    }
    return tx.execute(_ONCE[tx.dialect], row).scalar() is not None


def addressee(tx: Tx, delivery_id: int) -> Addressee | None:
    """Return whom a delivery was for; ``None`` if there is none of this id."""
    return _addressee(tx, DeliveryRow.id == delivery_id)


def addressee_of(tx: Tx, public_id: str, *, named: int | None) -> Addressee | None:
    """Return the delivery ``named`` if it was this reader's, else the newest that left for them.

    ``None`` if nothing ever did, or the reader is erased.
    """
    theirs = select(SubscriberRow.id).where(SubscriberRow.public_id == public_id).scalar_subquery()
    if named is not None:
        found = _addressee(tx, DeliveryRow.id == named, DeliveryRow.subscriber_id == theirs)
        if found is not None:
            return found
    failed = DeliveryRow.state == DeliveryState.FAILED
    left = or_(DeliveryRow.state.in_(_LEFT_US), failed)
    return _addressee(tx, DeliveryRow.subscriber_id == theirs, left)


def failed(tx: Tx, delivery_id: int, *, detail: str) -> bool:
    """Let a delivery that had left have failed after all; False if it is open again or over."""
    came_back = (
        update(DELIVERY)
        .where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(_LEFT_US))
        .values(state=DeliveryState.FAILED, detail=detail)
    )
    return tx.execute(came_back).rowcount == 1


def softly(tx: Tx, of: Addressee, *, since: datetime, most: int) -> int:
    """Return how many mails in a row, up to this delivery, came back softly from its address.

    One that arrived, or that left before ``since``, ends the row: that is how bounces are forgiven.
    One that failed otherwise neither counts nor ends it. Never more than ``most``; 0 if the reader
    is erased.
    """
    if of.subscriber is None:
        return 0
    came_back = exists().where(
        BounceRow.address_hash == of.address_hash,
        BounceRow.delivery_id == DeliveryRow.id,
        BounceRow.kind == SOFT,
    )
    failed_softly = and_(DeliveryRow.state == DeliveryState.FAILED, came_back)
    rows = tx.execute(
        select(DeliveryRow.state, DeliveryRow.at)
        .where(
            DeliveryRow.subscriber_id == of.subscriber,
            DeliveryRow.address_hash == of.address_hash,
            DeliveryRow.id <= of.delivery,
            or_(DeliveryRow.state == DeliveryState.SENT, failed_softly),
        )
        .order_by(DeliveryRow.id.desc())
        .limit(most)
    )
    count = 0
    for row in rows:
        if row.state is DeliveryState.SENT or (row.at is not None and row.at < since):
            break
        count += 1
    return count


def count_softly(tx: Tx, of: Addressee, *, count: int, at: datetime) -> None:
    """Let the subscriber's row say how many mails in a row came back, and when the last one did."""
    tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id == of.subscriber, SubscriberRow.address_hash == of.address_hash)
        .values(soft_bounces=count, soft_bounced_at=at)
    )


def reader(tx: Tx, of: Addressee) -> str | None:
    """Return the public id of whom a delivery was for, if they still have that address."""
    query = select(SubscriberRow.public_id).where(
        SubscriberRow.id == of.subscriber, SubscriberRow.address_hash == of.address_hash
    )
    return tx.execute(query).scalar()


def newest(tx: Tx, *, limit: int = 100) -> tuple[Kept, ...]:
    """Return what came back last, the newest first."""
    rows = tx.execute(select(BOUNCE).order_by(BounceRow.id.desc()).limit(limit))
    return tuple(_kept(row) for row in rows)


def _addressee(tx: Tx, *which: Any) -> Addressee | None:
    row = tx.execute(
        select(DeliveryRow.id, DeliveryRow.address_hash, DeliveryRow.subscriber_id)
        .where(*which)
        .order_by(DeliveryRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Addressee(delivery=row.id, address_hash=row.address_hash, subscriber=row.subscriber_id)


def _kept(row: Any) -> Kept:
    return Kept(
        id=row.id,
        key=row.key,
        at=row.at,
        kind=row.kind,
        address_hash=row.address_hash,
        delivery=row.delivery_id,
        status=row.status,
        detail=row.detail,
    )


def _once(make: Any) -> Executable:
    statement: Executable = (
        make(BOUNCE).on_conflict_do_nothing(index_elements=["key"]).returning(BounceRow.id)
    )
    return statement


_ONCE = {"sqlite": _once(sqlite.insert), "postgresql": _once(postgresql.insert)}
