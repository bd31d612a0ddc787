"""Words remembered beside the tables: since when we run, whether mail may leave, what alarmed."""

from __future__ import annotations

from datetime import datetime

from syndicator.store.db import meta
from syndicator.store.db.database import Tx

_FIRST_START = "first_start"
_SENDING = "sending"
_ALARMS = "alarms"


def first_started(tx: Tx) -> datetime | None:
    """Return when this installation first ran; ``None`` if it never did."""
    word = meta.get(tx, _FIRST_START)
    return None if word is None else datetime.fromisoformat(word)


def first_start(tx: Tx, *, now: datetime) -> datetime:
    """Return when this installation first ran; ``now`` if it never did, remembered for ever."""
    meta.put_once(tx, _FIRST_START, now.isoformat())
    started = first_started(tx)
    assert started is not None, "it was just put there"
    return started


def withheld(tx: Tx) -> str | None:
    """Return why no mail may leave (``restored``, or an editor's words); ``None`` if it may."""
    return meta.get(tx, _SENDING)


def withhold(tx: Tx, why: str) -> None:
    """Let no mail leave until ``let_go``; the first reason stays."""
    meta.put_once(tx, _SENDING, why)


def let_go(tx: Tx) -> bool:
    """Let mail leave again; False if nothing held it."""
    return meta.forget(tx, _SENDING)


def mailed_alarms(tx: Tx) -> str | None:
    """Return the alarms that the operator was mailed, as they were put here; ``None`` if none."""
    return meta.get(tx, _ALARMS)


def replace_mailed_alarms(tx: Tx, alarms: str, *, before: str | None) -> bool:
    """Remember other alarms; False, and nothing changes, if they are not ``before`` any more."""
    return meta.replace(tx, _ALARMS, alarms, before=before)
