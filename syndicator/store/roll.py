"""The roll of subscribers as a whole: listed, counted, filled from a file, and tidied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from syndicator.model import Cadence, Subscriber, SubscriberState
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.newsletter import (
    DeliveryRow,
    IssueRow,
    SelectionRow,
    SubscriberRow,
    SuppressionRow,
)
from syndicator.store.subscribers import FOUND, SUBSCRIBER, new_row, once, subscriber

MANY = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Newcomer:
    """Someone an import brings along: whom, and what they want, by the selection's id."""

    address: str
    address_hash: str
    selection: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One issue that was, or was not, sent to somebody."""

    cadence: Cadence
    period: str
    state: str
    at: datetime | None


def listing(
    tx: Tx, *, states: Collection[SubscriberState] = tuple(SubscriberState), after: int = 0
) -> tuple[Subscriber, ...]:
    """Return the next ``MANY`` subscribers whose id is above ``after``, by id."""
    rows = tx.execute(
        FOUND.where(SubscriberRow.id > after, SubscriberRow.state.in_(states))
        .order_by(SubscriberRow.id)
        .limit(MANY)
    )
    return tuple(subscriber(row) for row in rows)


def every(
    tx: Tx, *, states: Collection[SubscriberState] = tuple(SubscriberState)
) -> Iterator[Subscriber]:
    """Yield all subscribers by id, never more than ``MANY`` in memory."""
    after = 0
    while found := listing(tx, states=states, after=after):
        yield from found
        after = found[-1].id


def tally(tx: Tx) -> Mapping[tuple[SubscriberState, Cadence, str], int]:
    """Return how many subscribers there are by state, cadence and language; none is 0."""
    groups = (SubscriberRow.state, SelectionRow.cadence, SelectionRow.language)
    rows = tx.execute(
        select(*groups, func.count().label("number"))
        .select_from(SUBSCRIBER)
        .join(table_of(SelectionRow), SelectionRow.id == SubscriberRow.selection_id)
        .group_by(*groups)
    )
    return Counter({(row.state, row.cadence, row.language): row.number for row in rows})


def known(tx: Tx, address_hashes: Collection[str]) -> frozenset[str]:
    """Return which of these have a row, whatever its state."""
    query = select(SubscriberRow.address_hash).where(SubscriberRow.address_hash.in_(address_hashes))
    return frozenset(tx.execute(query).scalars())


def suppressed(tx: Tx, address_hashes: Collection[str]) -> frozenset[str]:
    """Return which of these are never to be mailed."""
    query = select(SuppressionRow.address_hash).where(
        SuppressionRow.address_hash.in_(address_hashes)
    )
    return frozenset(tx.execute(query).scalars())


def take(tx: Tx, newcomers: Sequence[Newcomer]) -> frozenset[str]:
    """Add these as active subscribers; return the hashes of those that were not there already."""
    rows = [
        new_row(
            address=one.address,
            address_hash=one.address_hash,
            selection=one.selection,
            state=SubscriberState.ACTIVE,
            now=one.at,
        )
        for one in newcomers
    ]
    if not rows:
        return frozenset()
    tx.execute(once(tx.dialect), rows)
    # Who asked on a page meanwhile keeps that row: only those with our public id are ours.
    ours = select(SubscriberRow.address_hash).where(
        SubscriberRow.public_id.in_([row["public_id"] for row in rows])
    )
    return frozenset(tx.execute(ours).scalars())


def received(tx: Tx, address_hash: str) -> tuple[Received, ...]:
    """Return what became of each issue for an address, oldest first."""
    rows = tx.execute(
        select(IssueRow.cadence, IssueRow.period, DeliveryRow.state, DeliveryRow.at)
        .join(table_of(IssueRow), IssueRow.id == DeliveryRow.issue_id)
        .where(DeliveryRow.address_hash == address_hash)
        .order_by(DeliveryRow.id)
    )
    return tuple(
        Received(cadence=row.cadence, period=row.period, state=str(row.state), at=row.at)
        for row in rows
    )


def unconfirmed(tx: Tx, *, before: datetime, limit: int = MANY) -> tuple[Subscriber, ...]:
    """Return up to ``limit`` who asked last before then and never confirmed. The rows are ours."""
    rows = tx.execute(
        FOUND.where(SubscriberRow.state == SubscriberState.PENDING, SubscriberRow.at < before)
        .order_by(SubscriberRow.id)
        .limit(limit)
        .with_for_update(of=SUBSCRIBER, skip_locked=True)
    )
    return tuple(subscriber(row) for row in rows)


def purge_left(tx: Tx, *, before: datetime, limit: int = MANY) -> int:
    """Delete up to ``limit`` rows of people who left, or were suppressed, before then."""
    kept_out = select(SuppressionRow.address_hash).where(SuppressionRow.at < before)
    gone = or_(
        (SubscriberRow.state == SubscriberState.LEFT) & (SubscriberRow.left_at < before),
        SubscriberRow.address_hash.in_(kept_out),
    )
    ids = select(SubscriberRow.id).where(gone).order_by(SubscriberRow.id).limit(limit)
    return tx.execute(delete(SUBSCRIBER).where(SubscriberRow.id.in_(ids))).rowcount


def forget_moves(tx: Tx, *, before: datetime) -> int:
    """Forget new addresses that were named before then and never confirmed."""
    forgotten = tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.new_address_at < before)
        .values(new_address=None, new_address_at=None)
    )
    return forgotten.rowcount
