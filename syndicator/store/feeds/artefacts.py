"""Artefacts: the only home of published bytes, and the number that says whether they changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.engine import Row

from syndicator.model import Artefact, Channel, month_and_part
from syndicator.store.db import meta
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import ArtefactRow, Counter
from syndicator.store.feeds import dirty_channels, months

ARTEFACT = table_of(ArtefactRow)
_FINGERPRINT = "fingerprint"
_GENERATION = "generation"
_ARCHIVE = re.compile(r"\d{4}-\d{2}(-\d+)?")
_KEPT = select(ArtefactRow.path, ArtefactRow.etag, ArtefactRow.content_type, ArtefactRow.language)
Reading = tuple[str, str, str | None]
"""A document's ETag, type and language."""

_LOAD = select(ARTEFACT).where(ArtefactRow.path == bindparam("wanted"))


def dirty(tx: Tx) -> Mapping[Channel, int]:
    """Return the channels whose documents are older than their entries, each with its mark.

    Current documents come first. Read the mark in the same transaction as the edition, or before
    it, and give it back to ``save``: what changes meanwhile stays dirty.
    """
    return dirty_channels.marked(tx)


def mark(tx: Tx, channels: Iterable[Channel]) -> None:
    """Mark channels to be made again."""
    dirty_channels.mark(tx, channels)


def save(
    tx: Tx, channel: Channel, artefacts: Sequence[Artefact], *, mark: int | None
) -> tuple[str, ...]:
    """Keep the documents of a channel; return the paths that read differently now, sorted.

    Documents of the channel that are not among ``artefacts`` are removed (and returned). If all
    are the same bytes, nothing is written and the generation stays.

    Args:
        mark: the channel's mark as ``dirty`` gave it; ``None`` if it was made without one.
    """
    dirty_channels.lock_entries(tx)
    owner, held = _owner(channel), kept(tx, channel)
    changed = [artefact for artefact in artefacts if held.get(artefact.path) != reading(artefact)]
    gone = held.keys() - {artefact.path for artefact in artefacts}
    if changed or gone:
        generation = dirty_channels.next_number(tx, _GENERATION)
        paths = sorted(gone | {artefact.path for artefact in changed})
        tx.execute(delete(ArtefactRow).where(ArtefactRow.path.in_(paths)))
        if changed:
            rows = [_row(artefact, owner=owner, generation=generation) for artefact in changed]
            tx.execute(insert(ARTEFACT), rows)
    if mark is not None:
        dirty_channels.unmark(tx, channel, mark=mark)
    return tuple(sorted(gone | {artefact.path for artefact in changed}))


def kept(tx: Tx, channel: Channel) -> dict[str, Reading]:
    """Return how the documents kept for a channel read, by path."""
    rows = tx.execute(_KEPT.where(ArtefactRow.owner == _owner(channel)))
    return {row.path: (row.etag, row.content_type, row.language) for row in rows}


def reading(artefact: Artefact) -> Reading:
    """Return what tells documents apart: those that agree in it are the same to every reader."""
    return artefact.etag, artefact.content_type, artefact.language


def end_month(tx: Tx, channel: Channel) -> tuple[str, ...]:
    """Remove the documents of later parts of the channel's month; return their paths, sorted."""
    parts = f"{channel.prefix}{channel.month}-"
    owners = select(ArtefactRow.owner).distinct().where(ArtefactRow.owner.startswith(parts))
    channels = map(_channel, tx.execute(owners).scalars())
    later = [month for month in channels if month.part > channel.part]
    return tuple(sorted(path for month in later for path in save(tx, month, (), mark=None)))


def _owner(channel: Channel) -> str:
    return f"{channel.prefix}{channel.archive or ''}"


def _row(artefact: Artefact, *, owner: str, generation: int) -> dict[str, Any]:
    return {
        "path": artefact.path,
        "owner": owner,
        "generation": generation,
        "modified": artefact.modified,
        "etag": artefact.etag,
        "content_type": artefact.content_type,
        "language": artefact.language,
        "body": artefact.body,
        "gz": artefact.gz,
        "br": artefact.br,
    }


def load(tx: Tx, path: str) -> Artefact | None:
    """Return the published bytes at ``path`` (no leading slash), or ``None``."""
    row = tx.execute(_LOAD, {"wanted": path}).one_or_none()
    return None if row is None else _artefact(row)


def iter_all(tx: Tx) -> Iterable[Artefact]:
    """Yield all published artefacts by path, one at a time."""
    for row in tx.execute(select(ARTEFACT).order_by(ArtefactRow.path)):
        yield _artefact(row)


def _artefact(row: Row[Any]) -> Artefact:
    return Artefact(
        path=row.path,
        content_type=row.content_type,
        body=row.body,
        etag=row.etag,
        modified=row.modified,
        gz=row.gz,
        br=row.br,
        language=row.language,
    )


def paths(tx: Tx) -> tuple[str, ...]:
    """Return the paths of everything published, sorted."""
    return tuple(tx.execute(select(ArtefactRow.path).order_by(ArtefactRow.path)).scalars())


def generation(tx: Tx) -> int:
    """Return a number that grows whenever any published byte changes; 0 before the first."""
    number = tx.execute(select(Counter.value).where(Counter.name == _GENERATION)).scalar()
    return 0 if number is None else int(number)


def published(tx: Tx) -> tuple[Channel, ...]:
    """Return every channel that has a document, archives included, in the order of their paths."""
    owners = tx.execute(select(ArtefactRow.owner).distinct().order_by(ArtefactRow.owner))
    return tuple(_channel(owner) for owner in owners.scalars())


def _channel(owner: str) -> Channel:
    """Undo ``_owner``: a prefix ends in a slash or is empty, so a month cannot be part of it."""
    folder, slash, name = owner.rpartition("/")
    if not _ARCHIVE.fullmatch(name):
        return months.channel_of(owner)
    month, part = month_and_part(name)
    return replace(months.channel_of(folder + slash), month=month, part=part)


def remake_all(tx: Tx) -> None:
    """Let everything be made again by the next process that starts, as if nothing were published.

    Archives of months are marked here, because nothing else says that they once were published.
    """
    meta.forget(tx, _FINGERPRINT)
    mark(tx, months.archives(tx))


def is_made_with(tx: Tx, fingerprint: str) -> bool:
    """Return True if everything published was made, or marked, with this ``fingerprint``."""
    return meta.get(tx, _FINGERPRINT) == fingerprint


def remake_all_if(tx: Tx, fingerprint: str, channels: Iterable[Channel]) -> bool:
    """Mark ``channels`` unless the artefacts were made with this ``fingerprint`` already.

    Returns:
        True if it differed, and everything is to be made again.
    """
    if is_made_with(tx, fingerprint):
        return False
    dirty_channels.lock_entries(tx)
    meta.put(tx, _FINGERPRINT, fingerprint)
    dirty_channels.mark(tx, channels)
    return True
