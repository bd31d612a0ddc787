"""Addresses never to be mailed, as keyed hashes. They outlive subscriber, emails and ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from syndicator.model import Consent, ConsentEvent, SuppressedBecause
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import SuppressionRow
from syndicator.store.db.upsert import insert_once
from syndicator.store.people import consents

SUPPRESSION = table_of(SuppressionRow)

_ONCE = insert_once(SUPPRESSION, unique=["address_hash"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """An address never to be mailed. ``detail`` is what a server answered, or an editor wrote.

    ``issue`` is the id of the issue whose failure it was, if it was one.
    """

    address_hash: str
    reason: SuppressedBecause
    at: datetime
    detail: str | None = None
    issue: int | None = None


def suppress(
    tx: Tx,
    address_hash: str,
    reason: SuppressedBecause,
    *,
    at: datetime,
    detail: str | None = None,
    issue: int | None = None,
) -> bool:
    """Never mail this address again; False, and the first reason stays, if it was so already.

    The subscriber's row stays as it is: nothing is sent to it, and lifting brings it back.
    """
    row = {
        "address_hash": address_hash,
        "reason": reason,
        "at": at,
        "detail": detail,
        "issue_id": issue,
    }
    once = _ONCE[tx.dialect].returning(SuppressionRow.address_hash)
    if tx.execute(once, row).scalar() is None:
        return False
    _note(tx, address_hash, ConsentEvent.SUPPRESSED, at=at, evidence=reason)
    return True


def lift(tx: Tx, address_hash: str, *, at: datetime) -> bool:
    """Let this address be mailed again if it asks or asked for it; False if it was not kept out."""
    gone = tx.execute(delete(SUPPRESSION).where(SuppressionRow.address_hash == address_hash))
    if not gone.rowcount:
        return False
    _note(tx, address_hash, ConsentEvent.LIFTED, at=at)
    return True


def holds(tx: Tx, address_hash: str) -> bool:
    """Return whether this address is never to be mailed."""
    query = select(SuppressionRow.reason).where(SuppressionRow.address_hash == address_hash)
    return tx.execute(query).scalar() is not None


def get(tx: Tx, address_hash: str) -> Suppression | None:
    """Return why an address is never to be mailed; ``None`` if it may be."""
    row = tx.execute(
        select(SUPPRESSION).where(SuppressionRow.address_hash == address_hash)
    ).one_or_none()
    return None if row is None else _suppression(row)


def list_all(tx: Tx) -> tuple[Suppression, ...]:
    """Return all of them, oldest first."""
    rows = tx.execute(select(SUPPRESSION).order_by(SuppressionRow.at, SuppressionRow.address_hash))
    return tuple(_suppression(row) for row in rows)


def of_issue(tx: Tx, issue_id: int, *, limit: int) -> tuple[str, ...]:
    """Return the hashes of up to ``limit`` addresses that failures of an issue suppressed."""
    query = select(SuppressionRow.address_hash).where(SuppressionRow.issue_id == issue_id)
    return tuple(tx.execute(query.order_by(SuppressionRow.address_hash).limit(limit)).scalars())


def _note(
    tx: Tx, address_hash: str, event: ConsentEvent, *, at: datetime, evidence: str | None = None
) -> None:
    line = Consent(address_hash=address_hash, event=event, at=at, evidence=evidence)
    consents.append(tx, line)


def _suppression(row: Any) -> Suppression:
    return Suppression(
        address_hash=row.address_hash,
        reason=row.reason,
        at=row.at,
        detail=row.detail,
        issue=row.issue_id,
    )
