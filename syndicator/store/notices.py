"""Notices: what people should hear, one row per kind and subject, with when it was last true."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, select, tuple_

from syndicator.model import Notice
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.lookup_keys import key_of
from syndicator.store.db.schema.outgoing import NoticeRow
from syndicator.store.db.upsert import upsert

_PUT = upsert(
    table_of(NoticeRow),
    unique=["kind", "subject_key"],
    changes=lambda new: {"at": new.at, "facts": new.facts},
)

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
    cleared = tx.execute(
        delete(NoticeRow).where(NoticeRow.kind == kind, NoticeRow.subject_key == key_of(subject))
    )
    return cleared.rowcount > 0


def clear_all(tx: Tx, over: Iterable[tuple[str, str]]) -> None:
    """Forget all that is no longer true, given as (kind, subject); most often there is none."""
    by_kind = {(kind, key_of(subject)) for kind, subject in over}
    if not by_kind:
        return
    tx.execute(_CLEAR, {"pairs": sorted(by_kind)})


def list_all(tx: Tx) -> tuple[Notice, ...]:
    """Return all notices, newest first."""
    rows = tx.execute(
        select(*table_of(NoticeRow).c).order_by(
            NoticeRow.at.desc(), NoticeRow.kind, NoticeRow.subject_key
        )
    )
    return tuple(
        Notice(kind=row.kind, subject=row.subject, at=row.at, facts=row.facts) for row in rows
    )
