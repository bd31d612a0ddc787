"""What failed of an issue: how much of it, and whose addresses do not exist, as somebody says.

An address is suppressed for that only once it is sure that the failures are the readers' own and
no fault of the relay or of ours; until then it stands with the delivery.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from syndicator.model import DeliveryState, IssueState, UnknownBy
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import DeliveryRow, IssueRow, SubscriberRow
from syndicator.store.issues.issues import ISSUE

DELIVERY = table_of(DeliveryRow)

_NEVER_SENT = (DeliveryState.SKIPPED, DeliveryState.CANCELLED)
_ANSWERED = (DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.FAILED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """How many messages of an issue failed, of how many that were to be sent.

    ``reviewed`` is how many of them a person has seen; ``doubted`` is True while a person is to say
    whether they are real.
    """

    failed: int
    of: int
    reviewed: int
    doubted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """An address that does not exist, as the answer to a delivery or a report on it says.

    ``reader`` is the public id of whom it is, ``None`` if they were erased or have another by now.
    """

    delivery: int
    address_hash: str
    reader: str | None
    by: UnknownBy
    detail: str


def count(tx: Tx, issue_id: int, *, least: int = 0) -> Failures:
    """Return what failed of an issue. ``of`` is 0 where fewer than ``least`` failed: counting all
    of a million costs, and nobody asks."""
    of_issue = DeliveryRow.issue_id == issue_id
    number = select(func.count(DeliveryRow.id))
    failed = tx.execute(
        number.where(of_issue, DeliveryRow.state == DeliveryState.FAILED)
    ).scalar_one()
    of = 0
    if failed >= least:
        meant = [state for state in DeliveryState if state not in _NEVER_SENT]
        of = tx.execute(number.where(of_issue, DeliveryRow.state.in_(meant))).scalar_one()
    row = tx.execute(
        select(IssueRow.failures_reviewed, IssueRow.doubted_at).where(IssueRow.id == issue_id)
    ).one()
    return Failures(
        failed=int(failed),
        of=int(of),
        reviewed=row.failures_reviewed or 0,
        doubted=row.doubted_at is not None,
    )


def doubt(tx: Tx, issue_id: int, *, now: datetime) -> bool:
    """Let a person say whether the failures of an issue are real; False if one is to already."""
    doubted = update(ISSUE).where(IssueRow.id == issue_id, IssueRow.doubted_at.is_(None))
    return tx.execute(doubted.values(doubted_at=now)).rowcount == 1


def decide(tx: Tx, issue_id: int, *, reviewed: int) -> None:
    """Let nothing more be doubted of the ``reviewed`` failures of an issue."""
    decided = update(ISSUE).where(IssueRow.id == issue_id)
    tx.execute(decided.values(doubted_at=None, failures_reviewed=reviewed))


def standing_still(tx: Tx) -> frozenset[str]:
    """Return the names of the issues that wait, or ended, with failures that are doubted."""
    rows = tx.execute(
        select(IssueRow.cadence, IssueRow.period).where(
            IssueRow.doubted_at.is_not(None), IssueRow.state != IssueState.SENDING
        )
    )
    return frozenset(f"{row.cadence}/{row.period}" for row in rows)


def watched(tx: Tx, *, since: datetime) -> tuple[int, ...]:
    """Return the issues whose failures are to be looked at: of which something may still fail or
    come back (those being sent, and those that ended after ``since``), and those with an address
    that nothing followed for."""
    unknown = (
        select(DeliveryRow.id)
        .where(DeliveryRow.issue_id == IssueRow.id, DeliveryRow.unknown_by.is_not(None))
        .exists()
    )
    late = IssueRow.ended_at > since
    rows = tx.execute(
        select(IssueRow.id)
        .where(
            IssueRow.doubted_at.is_(None),
            (IssueRow.state == IssueState.SENDING)
            | (IssueRow.started_at.is_not(None) & late)
            | unknown,
        )
        .order_by(IssueRow.id)
    )
    return tuple(rows.scalars())


def issue_of(tx: Tx, delivery_id: int) -> int:
    """Return the id of the issue of a delivery."""
    query = select(DeliveryRow.issue_id).where(DeliveryRow.id == delivery_id)
    return int(tx.execute(query).scalar_one())


def call_unknown(tx: Tx, delivery_id: int, *, by: UnknownBy) -> None:
    """Note that the address of a delivery does not exist. Nothing follows for one that is open
    again, or never left: its own turn will tell."""
    this = update(DELIVERY).where(DeliveryRow.id == delivery_id, DeliveryRow.state.in_(_ANSWERED))
    tx.execute(this.values(unknown_by=by))


def unknown(tx: Tx, issue_id: int, *, limit: int) -> tuple[Unknown, ...]:
    """Return up to ``limit`` addresses of an issue's failures for which nothing followed yet."""
    rows = tx.execute(
        select(
            DeliveryRow.id,
            DeliveryRow.address_hash,
            DeliveryRow.unknown_by,
            DeliveryRow.code,
            DeliveryRow.detail,
            SubscriberRow.public_id,
        )
        .join(
            table_of(SubscriberRow),
            (SubscriberRow.id == DeliveryRow.subscriber_id)
            & (SubscriberRow.address_hash == DeliveryRow.address_hash),
            isouter=True,
        )
        .where(
            DeliveryRow.issue_id == issue_id,
            DeliveryRow.unknown_by.is_not(None),
            DeliveryRow.state == DeliveryState.FAILED,
        )
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    return tuple(
        Unknown(
            delivery=row.id,
            address_hash=row.address_hash,
            reader=row.public_id,
            by=row.unknown_by,
            detail=_refusal(row.code, row.detail),
        )
        for row in rows
    )


def _refusal(code: int | None, detail: str | None) -> str:
    """Beside a report stands the relay's yes, and it tells by itself what was answered later."""
    refused = code is not None and code >= 500
    return f"{code} {detail or ''}".strip() if refused else detail or ""


def settle(tx: Tx, deliveries: Collection[int]) -> None:
    """Note that everything followed from these failures that is to follow."""
    these = update(DELIVERY).where(DeliveryRow.id.in_(deliveries))
    tx.execute(these.values(unknown_by=None))
