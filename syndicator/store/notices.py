"""Notices: what people should hear, one row per kind and subject, with when it was last true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Insert, bindparam, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from syndicator.model import Notice
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import key_of
from syndicator.store.db.schema.outgoing import NoticeRow


def _upsert(make: Any) -> Insert:
    statement: Any = make(table_of(NoticeRow))
    upsert: Insert = statement.on_conflict_do_update(
        index_elements=["kind", "subject_key"],
        set_={"at": statement.excluded.at, "facts": statement.excluded.facts},
    )
    return upsert


_PUT: Mapping[str, Insert] = {
    "sqlite": _upsert(sqlite.insert),
    "postgresql": _upsert(postgresql.insert),
}

_CLEAR = delete(NoticeRow).where(
    tuple_(NoticeRow.kind, NoticeRow.subject_key).in_(bindparam("pairs", expanding=True))
)


def put(tx: Tx, notice: Notice) -> None:
    """Remember a notice; one of the same kind and subject is replaced."""
    row = {
        "kind": notice.kind,
        "subject_key": key_of(notice.subject),
        "subject": notice.subject,
        "at": notice.at,
        "facts": dict(notice.facts),
    }
    tx.execute(_PUT[tx.dialect], row)


def clear(tx: Tx, kind: str, subject: str) -> bool:
    """Forget a notice that is no longer true; False if there was none."""
    found = tx.execute(
        delete(NoticeRow).where(NoticeRow.kind == kind, NoticeRow.subject_key == key_of(subject))
    )
    return found.rowcount > 0


def clear_all(tx: Tx, over: Iterable[tuple[str, str]]) -> None:
    """Forget all that is no longer true, given as (kind, subject); most often there is none."""
    by_kind = {(kind, key_of(subject)) for kind, subject in over}
    if not by_kind:
        return
    tx.execute(_CLEAR, {"pairs": sorted(by_kind)})


def every(tx: Tx) -> tuple[Notice, ...]:
    """Return all notices, newest first."""
    rows = tx.execute(
        select(*table_of(NoticeRow).c).order_by(
            NoticeRow.at.desc(), NoticeRow.kind, NoticeRow.subject_key
        )
    )
    return tuple(
        Notice(kind=row.kind, subject=row.subject, at=row.at, facts=row.facts) for row in rows
    )
