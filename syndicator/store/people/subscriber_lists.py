"""All subscribers together: listed, counted, filled from a file, and tidied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from syndicator.model import Cadence, Subscriber, SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import (
    DeliveryRow,
    IssueRow,
    SelectionRow,
    SubscriberRow,
    SuppressionRow,
)
from syndicator.store.people.subscribers import (
    ADD_ONCE,
    SUBSCRIBER,
    WITH_SELECTION,
    forget_domains,
    new_row,
    subscriber,
)

MANY = 1000

FEW = 50
"""People forgotten in one transaction: each has as many deliveries as they got issues."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Newcomer:
    """Someone an import brings along: whom, and what they want, by the selection's id."""

    address: str
    address_hash: str
    selection: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueReceipt:
    """One issue that was, or was not, sent to somebody."""

    cadence: Cadence
    period: str
    state: str
    at: datetime | None


def next_page(
    tx: Tx, *, states: Collection[SubscriberState] = tuple(SubscriberState), after: int = 0
) -> tuple[Subscriber, ...]:
    """Return the next ``MANY`` subscribers whose id is above ``after``, by id."""
    # Not the bare state: SQLite would sort everybody in these states for each page anew.
    stands = func.coalesce(SubscriberRow.state, "").in_([state.value for state in states])
    rows = tx.execute(
        WITH_SELECTION.where(SubscriberRow.id > after, stands)
        .order_by(SubscriberRow.id)
        .limit(MANY)
    )
    return tuple(subscriber(row) for row in rows)


def pages(
    tx: Tx, *, states: Collection[SubscriberState] = tuple(SubscriberState)
) -> Iterator[tuple[Subscriber, ...]]:
    """Yield all subscribers by id, at most ``MANY`` at a time."""
    after = 0
    while page := next_page(tx, states=states, after=after):
        yield page
        after = page[-1].id


def count_by_selection(tx: Tx) -> Mapping[tuple[SubscriberState, Cadence, str], int]:
    """Return how many subscribers there are by state, cadence and language; none is 0."""
    # Counted by selection first, within an index; the rows themselves need not be read.
    counted = (
        select(SubscriberRow.selection_id, SubscriberRow.state, func.count().label("number"))
        .group_by(SubscriberRow.selection_id, SubscriberRow.state)
        .subquery()
    )
    groups = (counted.c.state, SelectionRow.cadence, SelectionRow.language)
    rows = tx.execute(
        select(*groups, func.sum(counted.c.number).label("number"))
        .join(table_of(SelectionRow), SelectionRow.id == counted.c.selection_id)
        .group_by(*groups)
    )
    return Counter({(row.state, row.cadence, row.language): int(row.number) for row in rows})


def existing(tx: Tx, address_hashes: Collection[str]) -> frozenset[str]:
    """Return which of these have a row, whatever its state."""
    query = select(SubscriberRow.address_hash).where(SubscriberRow.address_hash.in_(address_hashes))
    return frozenset(tx.execute(query).scalars())


def suppressed(tx: Tx, address_hashes: Collection[str]) -> frozenset[str]:
    """Return which of these are never to be mailed."""
    query = select(SuppressionRow.address_hash).where(
        SuppressionRow.address_hash.in_(address_hashes)
    )
    return frozenset(tx.execute(query).scalars())


def add_newcomers(tx: Tx, newcomers: Sequence[Newcomer]) -> frozenset[str]:
    """Add these as active subscribers; return the hashes of those that were not there already."""
    rows = [
        new_row(
            address=newcomer.address,
            address_hash=newcomer.address_hash,
            selection=newcomer.selection,
            state=SubscriberState.ACTIVE,
            now=newcomer.at,
        )
        for newcomer in newcomers
    ]
    if not rows:
        return frozenset()
    tx.execute(ADD_ONCE[tx.dialect], rows)
    # Who asked on a page meanwhile keeps that row: only those with our public id are ours.
    ours = select(SubscriberRow.address_hash).where(
        SubscriberRow.public_id.in_([row["public_id"] for row in rows])
    )
    return frozenset(tx.execute(ours).scalars())


def received(tx: Tx, address_hash: str) -> tuple[IssueReceipt, ...]:
    """Return what became of each issue for an address, oldest first."""
    rows = tx.execute(
        select(DeliveryRow.id, IssueRow.cadence, IssueRow.period, DeliveryRow.state, DeliveryRow.at)
        .join(table_of(IssueRow), IssueRow.id == DeliveryRow.issue_id)
        # An index knows an address within an issue only: all issues are asked for, and the order is
        # made here, or SQLite would read every delivery there ever was in the order of ids.
        .where(
            DeliveryRow.issue_id.in_(select(IssueRow.id)),
            DeliveryRow.address_hash == address_hash,
        )
    )
    return tuple(
        IssueReceipt(cadence=row.cadence, period=row.period, state=str(row.state), at=row.at)
        for row in sorted(rows, key=lambda row: row.id)
    )


def unconfirmed(tx: Tx, *, before: datetime, limit: int = FEW) -> tuple[int, ...]:
    """Return the ids of up to ``limit`` who asked last before then and never confirmed."""
    rows = tx.execute(
        select(SubscriberRow.id)
        .where(*_unconfirmed(before))
        .order_by(SubscriberRow.at)
        .limit(limit)
    )
    return tuple(rows.scalars())


def still_unconfirmed(tx: Tx, ids: Collection[int], *, before: datetime) -> tuple[Subscriber, ...]:
    """Return those of them who still did not confirm. The rows are ours until ``tx`` ends."""
    rows = tx.execute(
        WITH_SELECTION.where(SubscriberRow.id.in_(ids), *_unconfirmed(before))
        .order_by(SubscriberRow.id)
        .with_for_update(of=SUBSCRIBER, skip_locked=True)
    )
    return tuple(subscriber(row) for row in rows)


def _unconfirmed(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return SubscriberRow.state == SubscriberState.PENDING, SubscriberRow.at < before


def gone(tx: Tx, *, before: datetime, limit: int = FEW) -> tuple[int, ...]:
    """Return the ids of up to ``limit`` people who left, or were suppressed, before then."""
    rows = tx.execute(select(SubscriberRow.id).where(_gone(before)).limit(limit))
    return tuple(rows.scalars())


def purge(tx: Tx, ids: Collection[int], *, before: datetime) -> int:
    """Delete the rows of those who still are ``gone``; return how many."""
    these = and_(SubscriberRow.id.in_(ids), _gone(before))
    forget_domains(tx, these)
    return tx.execute(delete(SUBSCRIBER).where(these)).rowcount


def _gone(before: datetime) -> ColumnElement[bool]:
    kept_out = select(SuppressionRow.address_hash).where(SuppressionRow.at < before)
    left = and_(SubscriberRow.state == SubscriberState.LEFT, SubscriberRow.left_at < before)
    return or_(left, SubscriberRow.address_hash.in_(kept_out))


def unfinished_moves(tx: Tx, *, before: datetime, limit: int = MANY) -> tuple[int, ...]:
    """Return the ids of up to ``limit`` who named a new address before then, never confirmed."""
    rows = tx.execute(
        select(SubscriberRow.id).where(SubscriberRow.new_address_at < before).limit(limit)
    )
    return tuple(rows.scalars())


def forget_moves(tx: Tx, ids: Collection[int], *, before: datetime) -> int:
    """Forget the new addresses that these named before then; return how many."""
    forgotten = tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id.in_(ids), SubscriberRow.new_address_at < before)
        .values(new_address=None, new_address_at=None)
    )
    return forgotten.rowcount
