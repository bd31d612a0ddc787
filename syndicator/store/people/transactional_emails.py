"""Emails to one person: a small outbox of its own, emptied before newsletters.

pending -> claimed -> sent | failed; deferred is tried again. skipped: nothing is to be sent, and
nothing was. A claim that ran out is open again: an email that was in flight at a kill may come
twice, under the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, text, union_all, update

from syndicator.model import DeliveryState, EmailKind, TransactionalEmail
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import key_of
from syndicator.store.db.schema.newsletter import EmailRow, SuppressionRow

EMAIL = table_of(EmailRow)

TO_SUBSCRIBERS = (
    EmailKind.CONFIRM,
    EmailKind.LINK,
    EmailKind.NEW_ADDRESS,
    EmailKind.LEFT,
    EmailKind.MOVED,
)
"""To whoever subscribes, or may: never to an address that is suppressed. All but the last are asked
for on a form, by whoever typed the address, and are throttled."""

TO_STRANGERS = (EmailKind.CONFIRM, EmailKind.NEW_ADDRESS)
"""To an address of which nobody has shown that it is theirs."""

_LEFT_OR_LEAVING = tuple(state for state in DeliveryState if state is not DeliveryState.SKIPPED)


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuedEmail:
    """An email that was put, whatever became of it. ``subscriber`` as in ``put``."""

    kind: EmailKind
    at: datetime
    subscriber: str | None


_OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED)


def lock_address(tx: Tx, address_hash: str) -> None:
    """Let everyone else who writes to this address, or mailbox, wait until ``tx`` ends.

    Two requests at the same moment would else both find that no email was sent. On SQLite there
    is one writer at a time anyway.
    """
    if tx.dialect == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        tx.execute(lock, {"key": key_of(f"letter {address_hash}")})


def put(
    tx: Tx,
    kind: EmailKind,
    *,
    address: str,
    address_hash: str,
    language: str,
    now: datetime,
    subscriber: str | None = None,
    mailbox_hash: str | None = None,
    facts: Mapping[str, Any] | None = None,
    withheld: bool = False,
) -> int:
    """Return the id of an email that now waits to be sent.

    Args:
        mailbox_hash: what it counts under, if it is throttled.
        subscriber: public id of whom it is about.
        facts: what its template needs; never a token.
        withheld: nothing is to be sent. The row is written all the same, without the address, so
            that a form takes equally long for known and unknown addresses.
    """
    row = {
        "kind": kind,
        "state": DeliveryState.SKIPPED if withheld else DeliveryState.PENDING,
        "language": language,
        "subscriber": subscriber,
        "attempts": 0,
        "at": now,
        "address": None if withheld else address,
        "address_hash": address_hash,
        "mailbox_hash": mailbox_hash,
        "facts": dict(facts or {}),
    }
    return int(tx.execute(insert(EMAIL).returning(EmailRow.id), row).scalar_one())


def recent(
    tx: Tx, mailbox_hash: str, kinds: Collection[EmailKind] = TO_SUBSCRIBERS, *, since: datetime
) -> tuple[datetime, ...]:
    """Return when emails of these kinds to this mailbox were put after ``since``, oldest first."""
    rows = tx.execute(
        select(EmailRow.at)
        .where(
            EmailRow.mailbox_hash == mailbox_hash,
            EmailRow.at > since,
            EmailRow.kind.in_(kinds),
            EmailRow.state != DeliveryState.SKIPPED,
        )
        .order_by(EmailRow.at)
    )
    return tuple(rows.scalars())


def count_to_strangers(tx: Tx, *, since: datetime, most: int) -> int:
    """Return how many emails to strangers were put after ``since``, ``most`` if it is more.

    The newest of each state are looked at by its index: those withheld, of which somebody may
    have caused thousands, cost nothing.
    """
    newest = (
        select(EmailRow.at)
        .where(EmailRow.state == state, EmailRow.kind.in_(TO_STRANGERS))
        .order_by(EmailRow.id.desc())
        .limit(most)
        .subquery()
        for state in _LEFT_OR_LEAVING
    )
    ats = union_all(*(select(emails.c.at) for emails in newest)).subquery()
    query = select(func.count()).select_from(ats).where(ats.c.at > since)
    return min(int(tx.execute(query).scalar_one()), most)


def claim(
    tx: Tx, *, now: datetime, lease: timedelta, limit: int = 20
) -> tuple[TransactionalEmail, ...]:
    """Return up to ``limit`` open emails, ours until ``now + lease``, oldest first.

    What was asked for on a form by or for an address that is suppressed by now is skipped.
    Commit durably before sending.
    """
    _skip_suppressed(tx)
    ripe = or_(EmailRow.not_before.is_(None), EmailRow.not_before <= now)
    lost = (EmailRow.state == DeliveryState.CLAIMED) & (EmailRow.lease_until <= now)
    ids = (
        select(EmailRow.id)
        .where(or_(EmailRow.state.in_(_OPEN) & ripe, lost))
        .order_by(EmailRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = list(tx.execute(ids).scalars())
    tx.execute(
        update(EMAIL)
        .where(EmailRow.id.in_(taken))
        .values(
            state=DeliveryState.CLAIMED,
            lease_until=now + lease,
            attempts=EmailRow.attempts + 1,
        )
    )
    rows = tx.execute(select(EMAIL).where(EmailRow.id.in_(taken)).order_by(EmailRow.id))
    return tuple(_email(row) for row in rows)


def recover(tx: Tx) -> int:
    """Open again every claimed email, those who claimed them being dead; return how many.

    One that had left may come twice: better than that nobody waits for it at a page.
    """
    claimed = update(EMAIL).where(EmailRow.state == DeliveryState.CLAIMED)
    opened = claimed.values(state=DeliveryState.PENDING, lease_until=None)
    return tx.execute(opened).rowcount


def mark_sent(tx: Tx, email_id: int, *, now: datetime) -> None:
    """Note that an email was taken by the relay, and forget where it went."""
    _settle(tx, email_id, state=DeliveryState.SENT, sent_at=now, address=None)


def put_off(tx: Tx, email_id: int, *, not_before: datetime, detail: str) -> None:
    """Offer a claimed email again at ``not_before``."""
    _settle(tx, email_id, state=DeliveryState.DEFERRED, not_before=not_before, detail=detail)


def mark_failed(tx: Tx, email_id: int, *, detail: str) -> None:
    """Give a claimed email up, and forget where it was to go."""
    _settle(tx, email_id, state=DeliveryState.FAILED, detail=detail, address=None)


def mark_bounced(tx: Tx, email_id: int, *, detail: str) -> QueuedEmail:
    """Let an email that had left have failed after all; return which one it was.

    Raises:
        sqlalchemy.exc.NoResultFound: there is none of this id.
    """
    tx.execute(
        update(EMAIL)
        .where(EmailRow.id == email_id, EmailRow.state == DeliveryState.SENT)
        .values(state=DeliveryState.FAILED, detail=detail)
    )
    row = tx.execute(
        select(EmailRow.kind, EmailRow.at, EmailRow.subscriber).where(EmailRow.id == email_id)
    ).one()
    return QueuedEmail(kind=row.kind, at=row.at, subscriber=row.subscriber)


def waiting(tx: Tx, *, now: datetime) -> int:
    """Return how many emails could be claimed now."""
    ripe = or_(EmailRow.not_before.is_(None), EmailRow.not_before <= now)
    lost = (EmailRow.state == DeliveryState.CLAIMED) & (EmailRow.lease_until <= now)
    query = select(func.count()).where(or_(EmailRow.state.in_(_OPEN) & ripe, lost))
    return int(tx.execute(query).scalar_one())


def to_address(tx: Tx, address_hash: str) -> tuple[Mapping[str, Any], ...]:
    """Return what we hold of the emails to an address, oldest first, for whoever asks for it."""
    rows = tx.execute(
        select(EmailRow.kind, EmailRow.state, EmailRow.at, EmailRow.sent_at)
        .where(EmailRow.address_hash == address_hash, EmailRow.state != DeliveryState.SKIPPED)
        .order_by(EmailRow.id)
    )
    return tuple(
        {"kind": row.kind, "state": row.state, "at": row.at, "sent_at": row.sent_at} for row in rows
    )


def erase(tx: Tx, address_hash: str) -> None:
    """Delete every email to an address, sent or not."""
    tx.execute(delete(EMAIL).where(EmailRow.address_hash == address_hash))


def purge(tx: Tx, *, before: datetime, limit: int = 1000) -> int:
    """Delete up to ``limit`` emails put before then; return how many.

    Also those that wait: without a relay they would wait for ever, with the address on them.
    """
    old = select(EmailRow.id).where(EmailRow.at < before).order_by(EmailRow.id).limit(limit)
    return tx.execute(delete(EMAIL).where(EmailRow.id.in_(old))).rowcount


def _skip_suppressed(tx: Tx) -> None:
    kept_out = select(SuppressionRow.address_hash)
    tx.execute(
        update(EMAIL)
        .where(
            EmailRow.state.in_(_OPEN),
            EmailRow.kind.in_(TO_SUBSCRIBERS),
            EmailRow.address_hash.in_(kept_out),
        )
        .values(state=DeliveryState.SKIPPED, address=None)
    )


def _settle(tx: Tx, email_id: int, **values: Any) -> None:
    tx.execute(
        update(EMAIL)
        .where(EmailRow.id == email_id, EmailRow.state == DeliveryState.CLAIMED)
        .values(lease_until=None, **values)
    )


def _email(row: Any) -> TransactionalEmail:
    return TransactionalEmail(
        id=row.id,
        kind=row.kind,
        address=row.address,
        address_hash=row.address_hash,
        language=row.language,
        at=row.at,
        subscriber=row.subscriber,
        facts=row.facts,
    )
