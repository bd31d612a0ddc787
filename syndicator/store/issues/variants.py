"""Which selections there are, and which variant of an issue each of them gives."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import ColumnElement, exists, insert, select

from syndicator.model import Cadence, Selection, SubscriberState, Variant
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import (
    SelectionRow,
    SubscriberRow,
    VariantRow,
    VariantSelection,
)


def selections(tx: Tx, cadence: Cadence) -> Mapping[int, Selection]:
    """Return every selection of the cadence by its id, wanted by somebody or not any more."""
    return _selections(tx, SelectionRow.cadence == cadence)


def in_use(tx: Tx, cadence: Cadence) -> Mapping[int, Selection]:
    """Return the selections of the cadence that some active subscriber has, by id."""
    wanted = exists().where(
        SubscriberRow.selection_id == SelectionRow.id,
        SubscriberRow.state == SubscriberState.ACTIVE,
    )
    return _selections(tx, SelectionRow.cadence == cadence, wanted)


def _selections(tx: Tx, *which: ColumnElement[bool]) -> Mapping[int, Selection]:
    rows = tx.execute(select(table_of(SelectionRow)).where(*which).order_by(SelectionRow.id))
    return {
        row.id: Selection(
            language=row.language,
            cadence=row.cadence,
            cities=frozenset(row.cities),
            topics=frozenset(row.topics),
        )
        for row in rows
    }


def assign(tx: Tx, issue_id: int, given: Mapping[int, Variant | None]) -> None:
    """Store what each selection (by id) gives; ``None`` where the issue has nothing for it.

    A selection that was assigned before keeps what it had: an issue is frozen.
    """
    had = select(VariantSelection.selection_id).where(VariantSelection.issue_id == issue_id)
    assigned = set(tx.execute(had).scalars())
    fresh = {id_: variant for id_, variant in given.items() if id_ not in assigned}
    ids = _ids(tx, issue_id, {variant for variant in fresh.values() if variant is not None})
    rows = [
        {
            "issue_id": issue_id,
            "selection_id": selection,
            "variant_id": None if variant is None else ids[_key(variant)],
        }
        for selection, variant in fresh.items()
    ]
    if rows:
        tx.execute(insert(table_of(VariantSelection)), rows)


def get(tx: Tx, variant_id: int) -> Variant:
    """Return one variant of an issue; it is there as long as its issue."""
    row = tx.execute(select(table_of(VariantRow)).where(VariantRow.id == variant_id)).one()
    return Variant(language=row.language, posts=tuple(row.posts))


def _ids(tx: Tx, issue_id: int, wanted: set[Variant]) -> Mapping[str, int]:
    """Return the id of each variant by its key, those stored that were not there."""
    query = select(VariantRow.key, VariantRow.id).where(VariantRow.issue_id == issue_id)
    stored = {row.key: row.id for row in tx.execute(query)}
    rows = [
        {
            "issue_id": issue_id,
            "key": _key(variant),
            "language": variant.language,
            "posts": list(variant.posts),
        }
        for variant in sorted(wanted, key=_key)
        if _key(variant) not in stored
    ]
    if rows:
        tx.execute(insert(table_of(VariantRow)), rows)
    return {row.key: row.id for row in tx.execute(query)}


def _key(variant: Variant) -> str:
    return sha256("\n".join((variant.language, *variant.posts)).encode()).hexdigest()
