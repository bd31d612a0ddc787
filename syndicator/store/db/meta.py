"""Words remembered beside the tables, by name: ``schema.outgoing.Meta``."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta
from syndicator.store.db.upsert import insert_once, upsert

_PUT = upsert(table_of(Meta), unique=["name"], changes=lambda new: {"value": new.value})
_PUT_ONCE = insert_once(table_of(Meta), unique=["name"])


def get(tx: Tx, name: str) -> str | None:
    """Return the word of this name, ``None`` if there is none."""
    return tx.execute(select(Meta.value).where(Meta.name == name)).scalar()


def put(tx: Tx, name: str, word: str) -> None:
    """Remember a word, whatever stood there before."""
    tx.execute(_PUT[tx.dialect], {"name": name, "value": word})


def put_once(tx: Tx, name: str, word: str) -> bool:
    """Remember a word; False, and the first stays, if there is one already."""
    once = _PUT_ONCE[tx.dialect].returning(Meta.name)
    return tx.execute(once, {"name": name, "value": word}).scalar() is not None


def replace(tx: Tx, name: str, word: str, *, before: str | None) -> bool:
    """Remember another word; False, and nothing changes, if it is not ``before`` any more."""
    if before is None:
        return put_once(tx, name, word)
    same = update(Meta).where(Meta.name == name, Meta.value == before)
    return tx.execute(same.values(value=word)).rowcount == 1


def forget(tx: Tx, name: str) -> bool:
    """Forget a word; False if there was none."""
    return tx.execute(delete(Meta).where(Meta.name == name)).rowcount == 1
