"""When what is not to be kept was last forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta

_RETAINED = "retained_at"


def last(tx: Tx) -> datetime | None:
    """Return when it was last done to the end; ``None`` if never."""
    word = tx.execute(select(Meta.value).where(Meta.name == _RETAINED)).scalar()
    return None if word is None else datetime.fromisoformat(word)


def note(tx: Tx, at: datetime) -> None:
    """Remember that it was done to the end."""
    done = tx.execute(update(Meta).where(Meta.name == _RETAINED).values(value=at.isoformat()))
    if not done.rowcount:
        tx.execute(insert(table_of(Meta)), {"name": _RETAINED, "value": at.isoformat()})
