"""Which channels are older than their entries. Marked in the transaction that changed the entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, delete, select, text

from syndicator.model import Channel, Scope
from syndicator.store.db import bulk
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Counter, DirtyRow
from syndicator.store.db.upsert import upsert

_ENTRY_LOCK = text("SELECT pg_advisory_xact_lock(7305002)")


_MARK = upsert(
    table_of(DirtyRow),
    unique=["scope", "value", "month"],
    changes=lambda new: {"mark": new.mark},
)
_COUNT = {
    dialect: statement.values(name=bindparam("counter"), value=1).returning(Counter.value)
    for dialect, statement in upsert(
        table_of(Counter), unique=["name"], changes=lambda _: {"value": Counter.value + 1}
    ).items()
}


def lock_entries(tx: Tx) -> None:
    """Wait until no other transaction is changing entries, stories or marks.

    Two sources may tell the same story and mark the same channels in different orders; on
    PostgreSQL they would wait for each other. SQLite has one writer anyway.
    """
    if tx.dialect == "postgresql":
        tx.execute(_ENTRY_LOCK)


def next_number(tx: Tx, counter: str) -> int:
    """Return the next value of a counter: 1, 2, 3 ..."""
    return int(tx.execute(_COUNT[tx.dialect], {"counter": counter}).scalar_one())


def mark(tx: Tx, channels: Iterable[Channel]) -> None:
    """Mark channels as older than their entries; no channels is nothing done."""
    wanted = sorted({(c.scope, c.value, c.month or "") for c in channels})
    if not wanted:
        return
    lock_entries(tx)
    number = next_number(tx, "mark")
    rows = [{"scope": s, "value": v, "month": m, "mark": number} for s, v, m in wanted]
    bulk.run(tx, _MARK[tx.dialect], rows)


def mark_whole(tx: Tx) -> None:
    """Mark the current document of the whole: what is made with it lists the sources."""
    mark(tx, (Channel(),))


def marked(tx: Tx) -> Mapping[Channel, int]:
    """Return every marked channel with its mark; current documents first, then archives."""
    rows = tx.execute(
        select(*table_of(DirtyRow).c).order_by(
            DirtyRow.month, DirtyRow.scope.desc(), DirtyRow.value
        )
    )
    return {
        Channel(scope=Scope(row.scope), value=row.value, month=row.month or None): row.mark
        for row in rows
    }


def unmark(tx: Tx, channel: Channel, *, mark: int) -> None:
    """Take the mark away unless the channel was marked again after ``mark`` was read."""
    tx.execute(
        delete(DirtyRow).where(
            DirtyRow.scope == channel.scope.value,
            DirtyRow.value == channel.value,
            DirtyRow.month == (channel.month or ""),
            DirtyRow.mark <= mark,
        )
    )
