"""Words remembered beside the tables: since when we run, whether mail may leave, what was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta

_FIRST_START = "first_start"
_SENDING = "sending"
_TOLD = "alarms"


def _once(make: Any) -> Insert:
    statement: Insert = make(table_of(Meta)).on_conflict_do_nothing(index_elements=["name"])
    return statement


_ONCE = {"sqlite": _once(sqlite.insert), "postgresql": _once(postgresql.insert)}


def first_started(tx: Tx) -> datetime | None:
    """Return when this installation first ran; ``None`` if it never did."""
    found = tx.execute(select(Meta.value).where(Meta.name == _FIRST_START)).scalar()
    return None if found is None else datetime.fromisoformat(found)


def first_start(tx: Tx, *, now: datetime) -> datetime:
    """Return when this installation first ran; ``now`` if it never did, remembered for ever."""
    tx.execute(_ONCE[tx.dialect], {"name": _FIRST_START, "value": now.isoformat()})
    found = first_started(tx)
    assert found is not None, "it was just put there"
    return found


def withheld(tx: Tx) -> str | None:
    """Return why no mail may leave (``restored``, or an editor's words); ``None`` if it may."""
    return tx.execute(select(Meta.value).where(Meta.name == _SENDING)).scalar()


def withhold(tx: Tx, why: str) -> None:
    """Let no mail leave until ``let_go``; the first reason stays."""
    tx.execute(_ONCE[tx.dialect], {"name": _SENDING, "value": why})


def let_go(tx: Tx) -> bool:
    """Let mail leave again; False if nothing held it."""
    return tx.execute(delete(Meta).where(Meta.name == _SENDING)).rowcount == 1


def told(tx: Tx) -> str | None:
    """Return the word under which what the operator was told of is remembered, if any."""
    return tx.execute(select(Meta.value).where(Meta.name == _TOLD)).scalar()


def tell(tx: Tx, word: str, *, before: str | None) -> bool:
    """Remember another word; False, and nothing changes, if it is not ``before`` any more."""
    if before is None:
        row = {"name": _TOLD, "value": word}
        return tx.execute(_ONCE[tx.dialect].returning(Meta.name), row).scalar() is not None
    changed = update(Meta).where(Meta.name == _TOLD, Meta.value == before).values(value=word)
    return tx.execute(changed).rowcount == 1
