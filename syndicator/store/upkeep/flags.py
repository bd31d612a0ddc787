"""Words remembered beside the tables: since when we run, whether mail may leave, what alarmed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta
from syndicator.store.db.upsert import insert_once

_FIRST_START = "first_start"
_SENDING = "sending"
_ALARMS = "alarms"


_ONCE = insert_once(table_of(Meta), unique=["name"])


def first_started(tx: Tx) -> datetime | None:
    """Return when this installation first ran; ``None`` if it never did."""
    word = tx.execute(select(Meta.value).where(Meta.name == _FIRST_START)).scalar()
    return None if word is None else datetime.fromisoformat(word)


def first_start(tx: Tx, *, now: datetime) -> datetime:
    """Return when this installation first ran; ``now`` if it never did, remembered for ever."""
    tx.execute(_ONCE[tx.dialect], {"name": _FIRST_START, "value": now.isoformat()})
    started = first_started(tx)
    assert started is not None, "it was just put there"
    return started


def withheld(tx: Tx) -> str | None:
    """Return why no mail may leave (``restored``, or an editor's words); ``None`` if it may."""
    return tx.execute(select(Meta.value).where(Meta.name == _SENDING)).scalar()


def withhold(tx: Tx, why: str) -> None:
    """Let no mail leave until ``let_go``; the first reason stays."""
    tx.execute(_ONCE[tx.dialect], {"name": _SENDING, "value": why})


def let_go(tx: Tx) -> bool:
    """Let mail leave again; False if nothing held it."""
    return tx.execute(delete(Meta).where(Meta.name == _SENDING)).rowcount == 1


def mailed_alarms(tx: Tx) -> str | None:
    """Return the alarms that the operator was mailed, as they were put here; ``None`` if none."""
    return tx.execute(select(Meta.value).where(Meta.name == _ALARMS)).scalar()


def replace_mailed_alarms(tx: Tx, alarms: str, *, before: str | None) -> bool:
    """Remember other alarms; False, and nothing changes, if they are not ``before`` any more."""
    if before is None:
        row = {"name": _ALARMS, "value": alarms}
        return tx.execute(_ONCE[tx.dialect].returning(Meta.name), row).scalar() is not None
    same = update(Meta).where(Meta.name == _ALARMS, Meta.value == before)
    return tx.execute(same.values(value=alarms)).rowcount == 1
