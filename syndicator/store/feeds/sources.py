"""Sources: declared, read, held, retired. Who may pull one say ``claims``, how it is ``health``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Row

from syndicator.model import (
    PULLED,
    Declaration,
    HeldBecause,
    IdMode,
    Source,
    SourceState,
)
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow, UrlState
from syndicator.store.feeds import declared, dirty_channels, stories
from syndicator.store.feeds.source_row import to_source

SOURCE = table_of(SourceRow)
OUTAGE_ATTEMPTS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One finished pull: when, and whether any server answered, whatever it said."""

    at: datetime
    ok: bool


_BY_ID = select(SOURCE).where(SourceRow.id == bindparam("wanted"))
_BY_KEY = select(SOURCE).where(SourceRow.key == bindparam("wanted"))
_ATTEMPTS = (
    select(SourceRow.last_attempt_at, SourceRow.last_answered)
    .where(SourceRow.last_attempt_at > bindparam("since"))
    .order_by(SourceRow.last_attempt_at.desc())
    .limit(OUTAGE_ATTEMPTS)
)


# --- declared -------------------------------------------------------------------------------------


def declare(
    tx: Tx,
    declarations: Sequence[Declaration],
    *,
    now: datetime,
    first_fetch: Callable[[int], datetime],
) -> None:
    """Make the stored sources agree with the configuration.

    A new one begins ACTIVE; one that left the file is RETIRED and keeps its entries; one that
    came back is ACTIVE again. What an editor held stays held. The stored address follows the file
    only when the file's changes: a permanent redirect learnt meanwhile is not undone. Where the
    city, kind, licence or name changed, what is published of the source is marked to be made anew.

    Args:
        first_fetch: the first fetch of the n-th source that begins (or begins again).
    """
    declared.remember(tx, now=now)
    stored = {row.key: row for row in tx.execute(select(SOURCE).order_by(SourceRow.id))}
    begun, visible = 0, False
    renamed: list[int] = []
    for declaration in declarations:
        row = stored.get(declaration.key)
        values = _declared(declaration)
        if row is None or _begins_again(row, declaration):
            values |= _beginning(declaration, next_fetch_at=first_fetch(begun))
            begun += 1
        if row is None:
            tx.execute(insert(SOURCE), {**_NEW, "key": declaration.key, **values})
        elif any(getattr(row, name) != value for name, value in values.items()):
            # Whoever is pulling the old address right now must not record it under the new one.
            values |= {"claims": row.claims + 1, "lease_until": None}
            tx.execute(update(SOURCE).where(SourceRow.id == row.id), values)
            if any(getattr(row, name) != values[name] for name in _SEEN):
                renamed.append(row.id)
            if declaration.url != row.declared_url:
                forget(tx, row.id)
        else:
            continue
        visible = True
    gone = sorted(stored.keys() - {declaration.key for declaration in declarations})
    if _retire(tx, [stored[key] for key in gone]) or visible:
        dirty_channels.mark_whole(tx)
    if renamed:
        stories.retell(tx, renamed, now=now)


def _retire(tx: Tx, rows: Sequence[Any]) -> bool:
    """Retire the declared ones of these sources; True if any was not retired before."""
    leaving = [row.id for row in rows if row.declared and row.state != SourceState.RETIRED]
    for source_id in leaving:
        stop(tx, source_id, state=SourceState.RETIRED)
    return bool(leaving)


_SEEN = ("city", "kind", "licence", "title")
_NEW: Mapping[str, Any] = {"claims": 0, "id_mode": IdMode.OWN, "hints": {}}


def _declared(declaration: Declaration) -> dict[str, Any]:
    return {
        "declared": True,
        "declared_url": declaration.url,
        "city": declaration.city,
        "kind": declaration.kind,
        "licence": declaration.licence,
        "language": declaration.language,
        "title": declaration.title,
        "categories": list(declaration.categories),
        "path_prefixes": list(declaration.path_prefixes),
    }


def _begins_again(row: Row[Any], declaration: Declaration) -> bool:
    moved = declaration.url != row.declared_url
    return moved or row.state not in (*PULLED, SourceState.GONE)


def _beginning(declaration: Declaration, *, next_fetch_at: datetime) -> dict[str, Any]:
    return {
        "url": declaration.url,
        "state": SourceState.ACTIVE,
        "held_because": None,
        "next_fetch_at": next_fetch_at,
        "server_wait_until": None,
        "moved_to": None,
        "moves": 0,
        "feed_title": None,
        "feed_language": None,
        "feed_host": None,
        "home": None,
        "failures": 0,
        "failing_since": None,
        "reason": None,
        "detail": None,
    }


def stop(tx: Tx, source_id: int, *, state: SourceState) -> None:
    """Stop pulling a source; what a pull under way brings is refused."""
    tx.execute(
        update(SOURCE)
        .where(SourceRow.id == source_id)
        .values(state=state, next_fetch_at=None, lease_until=None, claims=SourceRow.claims + 1)
    )


# --- pulled ---------------------------------------------------------------------------------------


def forget(tx: Tx, source_id: int) -> None:
    """Make the next answer of the source be read anew, whatever it holds.

    A pull that is under way records nothing: its answer was decided about under what held before.
    """
    tx.execute(delete(UrlState).where(UrlState.source_id == source_id))
    tx.execute(
        update(SOURCE)
        .where(SourceRow.id == source_id)
        .values(body_hash=None, claims=SourceRow.claims + 1, lease_until=None)
    )


def recent_attempts(tx: Tx, *, since: datetime) -> Sequence[Attempt]:
    """Return the last finished attempts since then, newest first, one a source."""
    rows = tx.execute(_ATTEMPTS, {"since": since})
    return tuple(Attempt(at=row.last_attempt_at, ok=bool(row.last_answered)) for row in rows)


# --- asked for ------------------------------------------------------------------------------------


def get(tx: Tx, source_id: int) -> Source | None:
    """Return the source with this id, or ``None``."""
    return _source(tx.execute(_BY_ID, {"wanted": source_id}).one_or_none())


def by_key(tx: Tx, key: str) -> Source | None:
    """Return the source with this key, or ``None``."""
    return _source(tx.execute(_BY_KEY, {"wanted": key}).one_or_none())


def list_all(tx: Tx, *, states: Iterable[SourceState] | None = None) -> tuple[Source, ...]:
    """Return all sources (or those in ``states``) by id."""
    query = select(SOURCE).order_by(SourceRow.id)
    if states is not None:
        query = query.where(SourceRow.state.in_(tuple(states)))
    return tuple(to_source(row) for row in tx.execute(query))


def hold(tx: Tx, source_id: int) -> None:
    """Keep back what the source brings from now on; it is still pulled."""
    values = {"state": SourceState.HELD, "held_because": HeldBecause.BY_EDITOR}
    _set_state(tx, source_id, was=SourceState.ACTIVE, values=values)


def unhold(tx: Tx, source_id: int) -> None:
    """Trust a held source again. What was held meanwhile waits for its own release.

    Its next answer is read anew, since the edits that waited are in bytes we have seen already.
    """
    values = {"state": SourceState.ACTIVE, "held_because": None}
    _set_state(tx, source_id, was=SourceState.HELD, values=values)
    forget(tx, source_id)


def retire(tx: Tx, source_id: int) -> None:
    """Stop pulling the source for good; its entries stay."""
    stop(tx, source_id, state=SourceState.RETIRED)
    dirty_channels.mark_whole(tx)


def _set_state(tx: Tx, source_id: int, *, was: SourceState, values: dict[str, Any]) -> None:
    tx.execute(
        update(SOURCE).where(SourceRow.id == source_id, SourceRow.state == was).values(values)
    )


def _source(row: Row[Any] | None) -> Source | None:
    return None if row is None else to_source(row)
