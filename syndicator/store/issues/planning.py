"""Who gets an issue: a delivery for everybody who may have it, a reason for everybody else."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal, select
from sqlalchemy import update as update_

from syndicator.model import DeliveryState, SkippedBecause, SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import (
    DeliveryRow,
    IssueRow,
    SelectionRow,
    SubscriberRow,
    SuppressionRow,
    VariantSelection,
)
from syndicator.store.db.upsert import insert_once

PACE = timedelta(milliseconds=15)
"""How long a transaction should take: on SQLite every other writer waits meanwhile, and a page that
a person waits for with it."""

CHUNK = 200
"""Subscribers the first transaction looks at; the next ones as many as ``paced`` says."""

FEWEST, MOST = 50, 5_000

_PLAN = insert_once(table_of(DeliveryRow), unique=["issue_id", "address_hash"])
_COLUMNS = (
    "issue_id",
    "subscriber_id",
    "variant_id",
    "address_hash",
    "domain",
    "attempts",
    "state",
    "detail",
)


def plan(tx: Tx, issue_id: int, *, limit: int = CHUNK) -> int | None:
    """Plan the next ``limit`` subscribers; return how many deliveries are new, ``None`` at the end.

    Call until it returns ``None``, each time in a transaction of its own: the issue remembers how
    far it came, so a kill in between loses and repeats nothing. Everybody who confirmed before the
    issue's time gets a row: pending, or skipped with the reason why.
    """
    issue = tx.execute(
        select(IssueRow.planned_to, IssueRow.send_at, IssueRow.cadence).where(
            IssueRow.id == issue_id
        )
    ).one()
    after = issue.planned_to or 0
    ids = (
        select(SubscriberRow.id)
        .where(SubscriberRow.id > after)
        .order_by(SubscriberRow.id)
        .limit(limit)
        .subquery()
    )
    last = tx.execute(select(func.max(ids.c.id))).scalar()
    if last is None:
        return None
    # Of two workers at the same chunk one moves the mark, and plans.
    stands = and_(IssueRow.id == issue_id, func.coalesce(IssueRow.planned_to, 0) == after)
    moved = tx.execute(update_(table_of(IssueRow)).where(stands).values(planned_to=last))
    if moved.rowcount != 1:
        return 0
    rows = _rows(tx, issue_id, issue.send_at).where(
        SelectionRow.cadence == issue.cadence,
        SubscriberRow.id > after,
        SubscriberRow.id <= last,
    )
    once = _PLAN[tx.dialect].from_select(list(_COLUMNS), rows)
    # Or the count of rows of an INSERT is not told on PostgreSQL.
    return tx.execute(once.execution_options(preserve_rowcount=True)).rowcount


def paced(limit: int, *, took: timedelta) -> int:
    """Return how many subscribers the next transaction may look at, so that it takes about PACE.

    Args:
        limit: how many the last one looked at, and ``took`` how long that was.

    Returns:
        At most twice and at least half as many, from FEWEST to MOST: one slow moment of the disk
        says little.
    """
    fitting = limit * 2 if took <= timedelta(0) else int(limit * (PACE / took))
    return max(FEWEST, min(MOST, limit * 2, max(limit // 2, fitting)))


def planned(tx: Tx, issue_id: int) -> bool:
    """Return whether ``plan`` has looked at everybody there is."""
    far = select(func.coalesce(IssueRow.planned_to, 0)).where(IssueRow.id == issue_id)
    left = select(SubscriberRow.id).where(SubscriberRow.id > far.scalar_subquery()).limit(1)
    return tx.execute(left).first() is None


def _rows(tx: Tx, issue_id: int, send_at: Any) -> Select[Any]:
    """Select a row of ``_COLUMNS`` for each active subscriber who confirmed in time."""
    suppressed = SuppressionRow.address_hash.is_not(None)
    paused = and_(SubscriberRow.paused_until.is_not(None), SubscriberRow.paused_until > send_at)
    nothing = and_(VariantSelection.issue_id.is_not(None), VariantSelection.variant_id.is_(None))
    # A selection made while the issue was on its way; whoever assigns variants comes before us.
    unassigned = VariantSelection.issue_id.is_(None)
    why = case(
        (suppressed, _word(SkippedBecause.SUPPRESSED)),
        (paused, _word(SkippedBecause.PAUSED)),
        (nothing, _word(SkippedBecause.NOTHING)),
        (unassigned, _word(SkippedBecause.UNASSIGNED)),
    )
    state = case((why.is_(None), _word(DeliveryState.PENDING)), else_=_word(DeliveryState.SKIPPED))
    assigned = and_(
        VariantSelection.selection_id == SubscriberRow.selection_id,
        VariantSelection.issue_id == issue_id,
    )
    return (
        select(
            literal(issue_id),
            SubscriberRow.id,
            VariantSelection.variant_id,
            SubscriberRow.address_hash,
            domain_of(tx),
            literal(0),
            state.label("state"),
            why.label("detail"),
        )
        .join(SelectionRow, SelectionRow.id == SubscriberRow.selection_id)
        .join(VariantSelection, assigned, isouter=True)
        .join(
            SuppressionRow,
            SuppressionRow.address_hash == SubscriberRow.address_hash,
            isouter=True,
        )
        .where(
            # Not the bare column: SQLite would go through every active subscriber by the index of
            # states, for each thousand ids anew.
            func.coalesce(SubscriberRow.state, "") == _word(SubscriberState.ACTIVE),
            SubscriberRow.confirmed_at <= send_at,
        )
    )


def domain_of(tx: Tx) -> ColumnElement[str]:
    """The domain of a subscriber's address, as each database says it."""
    if tx.dialect == "sqlite":
        at = func.instr(SubscriberRow.address, "@")
        return func.substr(SubscriberRow.address, at + 1)
    return func.split_part(SubscriberRow.address, "@", 2)


def _word(word: StrEnum) -> ColumnElement[str]:
    return literal(word.value, String())
