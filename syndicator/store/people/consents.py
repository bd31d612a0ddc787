"""The consent ledger: a chain of lines for each address, by its hash. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import aliased

from syndicator.model import Consent, ConsentEvent
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import ConsentRow, SubscriberRow

CONSENT = table_of(ConsentRow)


def append(tx: Tx, *lines: Consent) -> None:
    """Add lines to the ledger, in this order."""
    if lines:
        tx.execute(insert(CONSENT), [_row(line) for line in lines])


def chain(tx: Tx, address_hash: str) -> tuple[Consent, ...]:
    """Return everything that happened to the consent of an address, oldest first."""
    rows = tx.execute(
        select(CONSENT).where(ConsentRow.address_hash == address_hash).order_by(ConsentRow.id)
    )
    return tuple(_line(row) for row in rows)


def newest(
    tx: Tx, address_hashes: Collection[str], *, beside: Collection[ConsentEvent] = ()
) -> Mapping[str, ConsentEvent]:
    """Return the newest event of each chain that has one, lines ``beside`` not counted."""
    last = (
        select(func.max(ConsentRow.id))
        .where(
            ConsentRow.address_hash.in_(address_hashes),
            ConsentRow.event.not_in(list(beside)),
        )
        .group_by(ConsentRow.address_hash)
    )
    rows = tx.execute(
        select(ConsentRow.address_hash, ConsentRow.event).where(ConsentRow.id.in_(last))
    )
    return {row.address_hash: row.event for row in rows}


def newest_lines(
    tx: Tx, address_hashes: Collection[str], *, events: Collection[ConsentEvent]
) -> Mapping[str, Consent]:
    """Return the newest line of one of these events in each chain that has one."""
    last = (
        select(func.max(ConsentRow.id))
        .where(ConsentRow.address_hash.in_(address_hashes), ConsentRow.event.in_(list(events)))
        .group_by(ConsentRow.address_hash)
    )
    rows = tx.execute(select(CONSENT).where(ConsentRow.id.in_(last)))
    return {row.address_hash: _line(row) for row in rows}


def newest_of(tx: Tx, address_hash: str, event: ConsentEvent) -> Consent | None:
    """Return the newest line of this event in a chain."""
    row = tx.execute(
        select(CONSENT)
        .where(ConsentRow.address_hash == address_hash, ConsentRow.event == event)
        .order_by(ConsentRow.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _line(row)


def expired(tx: Tx, *, before: datetime, limit: int = 1000) -> tuple[str, ...]:
    """Return hashes whose chain nobody needs any more: all of it is older, nobody subscribes.

    Whoever subscribes keeps theirs, however old: it says why we may write to them.
    """
    rows = tx.execute(
        select(ConsentRow.address_hash)
        .where(ConsentRow.at < before, *_over(before))
        .distinct()
        .order_by(ConsentRow.address_hash)
        .limit(limit)
    )
    return tuple(rows.scalars())


def expire(tx: Tx, address_hashes: Collection[str], *, before: datetime) -> int:
    """Delete those chains that still are ``expired``, each as a whole; return how many lines."""
    gone = tx.execute(
        delete(CONSENT).where(
            ConsentRow.address_hash.in_(address_hashes), ConsentRow.at < before, *_over(before)
        )
    )
    return gone.rowcount


def drop(tx: Tx, address_hash: str) -> None:
    """Delete a chain that never came to a consent."""
    tx.execute(delete(CONSENT).where(ConsentRow.address_hash == address_hash))


def _over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    later = aliased(ConsentRow)
    return (
        ~exists().where(SubscriberRow.address_hash == ConsentRow.address_hash),
        ~exists().where(later.address_hash == ConsentRow.address_hash, later.at >= before),
    )


def _row(line: Consent) -> dict[str, Any]:
    return {
        "address_hash": line.address_hash,
        "event": line.event,
        "at": line.at,
        "language": line.language,
        "text_version": line.text_version,
        "page": line.page,
        "message_id": line.message_id,
        "evidence": line.evidence,
    }


def _line(row: Any) -> Consent:
    return Consent(
        address_hash=row.address_hash,
        event=row.event,
        at=row.at,
        language=row.language,
        text_version=row.text_version,
        page=row.page,
        message_id=row.message_id,
        evidence=row.evidence,
    )
