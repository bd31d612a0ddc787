"""What came back, kept once each, and what it does to the delivery and the reader it is about.

A report is known by a hash of its bytes: the same one read twice, by two processes or after a kill,
changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select, update

from syndicator.model import DeliveryState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import BounceRow, DeliveryRow, EmailRow, SubscriberRow
from syndicator.store.db.upsert import insert_once

BOUNCE = table_of(BounceRow)
DELIVERY = table_of(DeliveryRow)
SUBSCRIBER = table_of(SubscriberRow)

_ONCE = insert_once(BOUNCE, unique=["key"])

HARD = "hard"
"""The kind of a failure that an address is done with."""

SOFT = "soft"
"""The kind of a failure that counts against an address until a mail arrives again."""

_LEFT_US = (DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """Whom a delivery or an email was for, and when it left.

    ``address_hash`` is there also when the reader is erased.
    """

    address_hash: str
    subscriber: int | None
    at: datetime | None
    delivery: int | None = None
    email: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report as it is kept. ``kind`` is one word: ``hard``, ``soft``, ``leave`` ..."""

    id: int
    key: str
    at: datetime
    kind: str
    address_hash: str | None = None
    delivery: int | None = None
    email: int | None = None
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
        "letter_id": addressee.email if addressee else None,
        "status": status,
        "detail": detail,
    }
    return tx.execute(_ONCE[tx.dialect].returning(BounceRow.id), row).scalar() is not None


def addressee(tx: Tx, delivery_id: int, *, address: str) -> Addressee | None:
    """Return whom a delivery was for; ``None`` if there is none of this id to such an address.

    Args:
        address: how the hash of the address begins.
    """
    theirs = DeliveryRow.address_hash.startswith(address, autoescape=True)
    return _addressee(tx, DeliveryRow.id == delivery_id, theirs)


def addressee_of_email(tx: Tx, email_id: int, *, address: str) -> Addressee | None:
    """Return whom an email was for, as ``addressee`` does for a delivery."""
    row = tx.execute(
        select(EmailRow.address_hash, EmailRow.at, EmailRow.sent_at, SubscriberRow.id)
        .join(SUBSCRIBER, SubscriberRow.address_hash == EmailRow.address_hash, isouter=True)
        .where(
            EmailRow.id == email_id,
            EmailRow.address_hash.startswith(address, autoescape=True),
        )
    ).one_or_none()
    if row is None:
        return None
    return Addressee(
        email=email_id,
        address_hash=row.address_hash,
        subscriber=row.id,
        at=row.sent_at or row.at,
    )


def bounced_email(tx: Tx, address_hash: str, *, since: datetime) -> bool:
    """Return whether an email to this address came back hard after ``since``."""
    query = select(BounceRow.id).where(
        BounceRow.address_hash == address_hash,
        BounceRow.letter_id.is_not(None),
        BounceRow.kind == HARD,
        BounceRow.at > since,
    )
    return tx.execute(query.limit(1)).first() is not None


def addressee_of(tx: Tx, public_id: str, *, named: int | None) -> Addressee | None:
    """Return the delivery ``named`` if it was this reader's, else the newest that left for them.

    ``None`` if nothing ever did, or the reader is erased.
    """
    theirs = select(SubscriberRow.id).where(SubscriberRow.public_id == public_id).scalar_subquery()
    if named is not None:
        addressee = _addressee(tx, DeliveryRow.id == named, DeliveryRow.subscriber_id == theirs)
        if addressee is not None:
            return addressee
    left = or_(DeliveryRow.state.in_(_LEFT_US), DeliveryRow.state == DeliveryState.FAILED)
    return _addressee(tx, DeliveryRow.subscriber_id == theirs, left)


def mark_delivery_failed(tx: Tx, delivery_id: int, *, detail: str) -> bool:
    """Let a delivery that had left have failed after all; False if it is open again or over."""
    came_back = (
        update(DELIVERY)
        .where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(_LEFT_US))
        .values(state=DeliveryState.FAILED, detail=detail)
    )
    return tx.execute(came_back).rowcount == 1


def soft_bounces(tx: Tx, of: Addressee, *, since: datetime, most: int) -> int:
    """Return how many mails in a row, up to this one, came back softly from its address.

    One that arrived, or that left before ``since``, ends the row: that is how bounces are forgiven.
    One that failed otherwise neither counts nor ends it. Emails that follow each other count as
    one: anybody may ask for some, and only the newsletter sets how fast an address is given up.
    Never more than ``most``; 0 if the reader is erased.
    """
    if of.subscriber is None:
        return 0
    left = (*_deliveries(tx, of, most=most), *_emails(tx, of))
    count, after_email = 0, False
    # Of two that left at once the delivery goes first, and they stay in their own order.
    for row in sorted(left, key=lambda row: row.at, reverse=True):
        if row.state is DeliveryState.SENT or row.at < since:
            break
        count += not (row.is_email and after_email)
        after_email = row.is_email
    return min(count, most)


def _deliveries(tx: Tx, of: Addressee, *, most: int) -> Sequence[Any]:
    """Return the newest ``most`` deliveries that arrived or came back softly, newest first."""
    upto = DeliveryRow.id <= of.delivery if of.delivery is not None else DeliveryRow.at <= of.at
    return tx.execute(
        select(DeliveryRow.state, DeliveryRow.at, literal(value=False).label("is_email"))
        .where(
            DeliveryRow.subscriber_id == of.subscriber,
            DeliveryRow.address_hash == of.address_hash,
            DeliveryRow.at.is_not(None),
            upto,
            _arrived_or_softly(DeliveryRow, BounceRow.delivery_id),
        )
        .order_by(DeliveryRow.id.desc())
        .limit(most)
    ).all()


def _emails(tx: Tx, of: Addressee) -> Sequence[Any]:
    """Return likewise the emails; a few a day for as long as they are kept."""
    upto = EmailRow.id <= of.email if of.email is not None else EmailRow.sent_at <= of.at
    return tx.execute(
        select(EmailRow.state, EmailRow.sent_at.label("at"), literal(value=True).label("is_email"))
        .where(
            EmailRow.address_hash == of.address_hash,
            EmailRow.sent_at.is_not(None),
            upto,
            _arrived_or_softly(EmailRow, BounceRow.letter_id),
        )
        .order_by(EmailRow.id.desc())
    ).all()


def _arrived_or_softly(row: Any, reported: Any) -> ColumnElement[bool]:
    came_back = exists().where(
        BounceRow.address_hash == row.address_hash, reported == row.id, BounceRow.kind == SOFT
    )
    return or_(row.state == DeliveryState.SENT, and_(row.state == DeliveryState.FAILED, came_back))


def set_soft_bounces(tx: Tx, of: Addressee, *, count: int, at: datetime) -> None:
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


def about(tx: Tx, address_hash: str) -> tuple[Report, ...]:
    """Return every report on mail to an address, oldest first, for whoever asks for it."""
    rows = tx.execute(
        select(BOUNCE).where(BounceRow.address_hash == address_hash).order_by(BounceRow.id)
    )
    return tuple(_report(row) for row in rows)


def newest(tx: Tx, *, limit: int = 100) -> tuple[Report, ...]:
    """Return what came back last, the newest first."""
    rows = tx.execute(select(BOUNCE).order_by(BounceRow.id.desc()).limit(limit))
    return tuple(_report(row) for row in rows)


def _addressee(tx: Tx, *which: Any) -> Addressee | None:
    row = tx.execute(
        select(DeliveryRow.id, DeliveryRow.address_hash, DeliveryRow.subscriber_id, DeliveryRow.at)
        .where(*which)
        .order_by(DeliveryRow.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Addressee(
        delivery=row.id,
        address_hash=row.address_hash,
        subscriber=row.subscriber_id,
        at=row.at,
    )


def _report(row: Any) -> Report:
    return Report(
        id=row.id,
        key=row.key,
        at=row.at,
        kind=row.kind,
        address_hash=row.address_hash,
        delivery=row.delivery_id,
        email=row.letter_id,
        status=row.status,
        detail=row.detail,
    )
