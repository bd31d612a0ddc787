"""Subscribers: who asked for the digest, and what they want of it.

pending -> active -> left; whoever left may ask again. A row is one address for as long as it has
one; what was agreed to stands in the ledger (``consents``), which outlives it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, insert, select, update

from syndicator.model import Selection, Subscriber, SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import DeliveryRow, SelectionRow, SubscriberRow
from syndicator.store.db.upsert import insert_once

SUBSCRIBER = table_of(SubscriberRow)
SELECTION = table_of(SelectionRow)

ADD_ONCE = insert_once(SUBSCRIBER)
"""Adds a row unless its address is there, by dialect. Address and hash name the same subscriber:
either of them may be found taken first."""

_SELECTION_ONCE = insert_once(SELECTION, unique=["key"])

WITH_SELECTION = select(
    SUBSCRIBER,
    SelectionRow.language,
    SelectionRow.cadence,
    SelectionRow.cities,
    SelectionRow.topics,
).join(SELECTION, SelectionRow.id == SubscriberRow.selection_id)


def add(tx: Tx, *, address: str, address_hash: str, selection: Selection, now: datetime) -> int:
    """Return the id of the subscriber with this (normalised) address, added as active if new."""
    query = select(SubscriberRow.id).where(SubscriberRow.address == address)
    held = tx.execute(query).scalar()
    if held is not None:
        return int(held)
    row = new_row(
        address=address,
        address_hash=address_hash,
        selection=selection_id(tx, selection),
        state=SubscriberState.ACTIVE,
        now=now,
    )
    statement = insert(SUBSCRIBER).returning(SubscriberRow.id)
    return int(tx.execute(statement, row).scalar_one())


def ask(
    tx: Tx, *, address: str, address_hash: str, selection: Selection, now: datetime
) -> Subscriber:
    """Return the subscriber with this address, pending with this selection unless active already.

    An active one stays as it is, whoever typed the address. The row is ours until ``tx`` ends. The
    same statements run for every address.
    """
    wanted = selection_id(tx, selection)
    row = new_row(
        address=address,
        address_hash=address_hash,
        selection=wanted,
        state=SubscriberState.PENDING,
        now=now,
    )
    tx.execute(ADD_ONCE[tx.dialect], row)
    # Ours before we look: else they could leave between what we see and what we write.
    kept = by_hash(tx, address_hash, ours=True)
    assert kept is not None
    tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id == kept.id, SubscriberRow.state != SubscriberState.ACTIVE)
        .values(state=SubscriberState.PENDING, selection_id=wanted, at=now)
    )
    if kept.state is SubscriberState.ACTIVE:
        return kept
    return replace(kept, state=SubscriberState.PENDING, selection=selection, at=now)


def confirm(tx: Tx, subscriber_id: int, *, now: datetime) -> bool:
    """Let a pending subscriber be an active one; False, and nothing changed, if it is not pending.

    Of two confirmations at the same moment one is told True.
    """
    updated = tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id == subscriber_id, SubscriberRow.state == SubscriberState.PENDING)
        .values(
            state=SubscriberState.ACTIVE,
            confirmed_at=now,
            left_at=None,
            paused_until=None,
            soft_bounces=0,
            soft_bounced_at=None,
        )
    )
    return updated.rowcount == 1


def by_public_id(tx: Tx, public_id: str, *, ours: bool = False) -> Subscriber | None:
    """Return the subscriber a link names, ``None`` if there is none.

    Args:
        ours: nobody else changes it until ``tx`` ends.
    """
    return _get(tx, SubscriberRow.public_id == public_id, ours=ours)


def by_hash(tx: Tx, address_hash: str, *, ours: bool = False) -> Subscriber | None:
    """Return the subscriber whose address has this hash; ``ours`` as for ``by_public_id``."""
    return _get(tx, SubscriberRow.address_hash == address_hash, ours=ours)


def change(tx: Tx, subscriber_id: int, selection: Selection) -> bool:
    """Let an active subscriber want something else; False if it is not active."""
    return _set(tx, subscriber_id, selection_id=selection_id(tx, selection))


def pause(tx: Tx, subscriber_id: int, *, until: datetime | None) -> bool:
    """Mail an active subscriber nothing before ``until``; ``None`` goes on. False if not active."""
    return _set(tx, subscriber_id, paused_until=until)


def leave(tx: Tx, subscriber_id: int, *, now: datetime) -> bool:
    """Let a subscriber have left; False, and nothing changed, if it had before."""
    updated = tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id == subscriber_id, SubscriberRow.state != SubscriberState.LEFT)
        .values(state=SubscriberState.LEFT, left_at=now, new_address=None, new_address_at=None)
    )
    return updated.rowcount == 1


def request_move(tx: Tx, subscriber_id: int, *, address: str, now: datetime) -> bool:
    """Remember the address an active subscriber would move to; it is not used before confirmed."""
    return _set(tx, subscriber_id, new_address=address, new_address_at=now)


def forget_move(tx: Tx, public_id: str, *, asked_at: datetime) -> None:
    """Forget the new address that a subscriber named at that moment and did not confirm."""
    tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.public_id == public_id, SubscriberRow.new_address_at == asked_at)
        .values(new_address=None, new_address_at=None)
    )


def move(tx: Tx, subscriber_id: int, *, address: str, address_hash: str) -> bool:
    """Let an active subscriber have this address and no other; the old one is forgotten.

    Nobody else may have the address: see ``erase``.
    """
    return _set(
        tx,
        subscriber_id,
        address=address,
        address_hash=address_hash,
        new_address=None,
        new_address_at=None,
        soft_bounces=0,
        soft_bounced_at=None,
    )


def erase(tx: Tx, subscriber_id: int) -> None:
    """Delete a subscriber's row; deliveries keep the hash of the address and nothing else."""
    gone = SubscriberRow.id == subscriber_id
    forget_domains(tx, gone)
    tx.execute(delete(SUBSCRIBER).where(gone))


def forget_domains(tx: Tx, gone: ColumnElement[bool]) -> None:
    """Forget where mail went to those subscribers: a domain may be one person's."""
    theirs = select(SubscriberRow.id).where(gone)
    tx.execute(
        update(table_of(DeliveryRow))
        .where(DeliveryRow.subscriber_id.in_(theirs))
        .values(domain="", holder=None)
    )


def selection_id(tx: Tx, selection: Selection) -> int:
    """Return the id of a selection, stored if nobody wanted it before."""
    key = sha256(selection.words.encode()).hexdigest()
    row = {
        "key": key,
        "language": selection.language,
        "cadence": selection.cadence,
        "cities": sorted(selection.cities),
        "topics": sorted(selection.topics),
    }
    tx.execute(_SELECTION_ONCE[tx.dialect], row)
    return int(tx.execute(select(SelectionRow.id).where(SelectionRow.key == key)).scalar_one())


def new_row(
    *, address: str, address_hash: str, selection: int, state: SubscriberState, now: datetime
) -> dict[str, Any]:
    """Return the row of a new subscriber, with a public id of its own."""
    return {
        "public_id": str(uuid4()),
        "address": address,
        "address_hash": address_hash,
        "selection_id": selection,
        "state": state,
        "soft_bounces": 0,
        "at": now,
        "confirmed_at": now if state is SubscriberState.ACTIVE else None,
    }


def subscriber(row: Any) -> Subscriber:
    """Return the subscriber in a row of ``WITH_SELECTION``."""
    return Subscriber(
        id=row.id,
        public_id=row.public_id,
        address=row.address,
        address_hash=row.address_hash,
        selection=Selection(
            language=row.language,
            cadence=row.cadence,
            cities=frozenset(row.cities),
            topics=frozenset(row.topics),
        ),
        state=row.state,
        at=row.at,
        confirmed_at=row.confirmed_at,
        paused_until=row.paused_until,
        left_at=row.left_at,
    )


def waiting_address(tx: Tx, subscriber_id: int) -> str | None:
    """Return the address a subscriber asked to move to and did not confirm yet."""
    query = select(SubscriberRow.new_address).where(SubscriberRow.id == subscriber_id)
    return tx.execute(query).scalar()


def _get(tx: Tx, which: ColumnElement[bool], *, ours: bool) -> Subscriber | None:
    query = WITH_SELECTION.where(which)
    if ours:
        query = query.with_for_update(of=SUBSCRIBER)
    row = tx.execute(query).one_or_none()
    return None if row is None else subscriber(row)


def _set(tx: Tx, subscriber_id: int, **values: Any) -> bool:
    done = tx.execute(
        update(SUBSCRIBER)
        .where(SubscriberRow.id == subscriber_id, SubscriberRow.state == SubscriberState.ACTIVE)
        .values(**values)
    )
    return done.rowcount == 1
