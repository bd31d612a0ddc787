"""Subscribers: who asked for the digest."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Insert, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from syndicator.model import Selection, SubscriberState
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.newsletter import SelectionRow, SubscriberRow

SUBSCRIBER = table_of(SubscriberRow)
SELECTION = table_of(SelectionRow)


def add(tx: Tx, *, address: str, address_hash: str, selection: Selection, now: datetime) -> int:
    """Return the id of the subscriber with this (normalised) address, added as active if new."""
    query = select(SubscriberRow.id).where(SubscriberRow.address == address)
    held = tx.execute(query).scalar()
    if held is not None:
        return int(held)
    row = {
        "public_id": str(uuid4()),
        "address": address,
        "address_hash": address_hash,
        "selection_id": selection_id(tx, selection),
        "state": SubscriberState.ACTIVE,
        "soft_bounces": 0,
        "at": now,
        "confirmed_at": now,
    }
    made = tx.execute(insert(SUBSCRIBER).returning(SubscriberRow.id), row)
    return int(made.scalar_one())


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
    tx.execute(_ONCE[tx.dialect], row)
    return int(tx.execute(select(SelectionRow.id).where(SelectionRow.key == key)).scalar_one())


def _once(make: Any) -> Insert:
    statement: Insert = make(SELECTION).on_conflict_do_nothing(index_elements=["key"])
    return statement


_ONCE = {"sqlite": _once(sqlite.insert), "postgresql": _once(postgresql.insert)}
