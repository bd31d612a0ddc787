"""A feed asks to be gathered, and an editor says yes or no. Each act is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicator.errors import SourceKnown
from syndicator.fetch import pace
from syndicator.model import Source, SourceState
from syndicator.register.claim import Claim, Kept
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import registrations, sources
from syndicator.store.feeds.registrations import Registration


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """What became of a registration that was to be let in.

    ``source`` is what it became; ``None`` if it was not waiting, or ``duplicate`` says which
    source has its feed already.
    """

    registration: int
    source: Source | None = None
    duplicate: SourceKnown | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListImport:
    """What a list of feeds brought: registrations by their ids, in the order of the list, and
    what became of them where they were let in at once. ``duplicates`` are sources already."""

    registered: tuple[tuple[int, Registration], ...]
    duplicates: int
    approvals: tuple[Approval, ...] = ()


def register(database: Database, claim: Claim, *, now: datetime) -> Kept:
    """Keep what a city claims, pending and unpolled, or find that the feed is known."""
    registration = Registration(
        city=claim.city or None,
        city_name=claim.city_name,
        url=claim.url,
        contact=claim.contact,
        licence=claim.licence,
        language=claim.language,
        title=claim.title or None,
    )
    with database.write(urgent=True, durable=True) as tx:
        if registrations.existing(tx, claim.url) is not None:
            return Kept.KNOWN
        registrations.register(tx, registration, now=now)
    return Kept.PENDING


def approve(database: Database, ids: Sequence[int], *, now: datetime) -> tuple[Approval, ...]:
    """Let registrations in: they become sources, due at once."""
    with database.write(durable=True) as tx:
        return tuple(_approved(tx, id_, first_fetch=now) for id_ in ids)


def _approved(tx: Tx, id_: int, *, first_fetch: datetime) -> Approval:
    try:
        source = registrations.approve(tx, id_, next_fetch_at=first_fetch)
    except SourceKnown as error:
        return Approval(registration=id_, duplicate=error)
    return Approval(registration=id_, source=source)


def refuse(database: Database, id_: int) -> bool:
    """Refuse a registration: it is never pulled. False if it is not waiting."""
    with database.write(durable=True) as tx:
        return registrations.refuse(tx, id_)


def trust(database: Database, key: str) -> bool:
    """Trust a held source again; False if there is none of that key, or it is not held."""
    with database.write(durable=True) as tx:
        source = sources.by_key(tx, key)
        if source is None or source.state is not SourceState.HELD:
            return False
        sources.unhold(tx, source.id)
        return True


def import_list(
    database: Database, listed: Sequence[Registration], *, approved: bool, now: datetime
) -> ListImport:
    """Take a list of feeds as registrations, but those that are known; let them in if ``approved``.

    First pulls of many are spread, as at a first start.
    """
    first = {registration.url: registration for registration in reversed(listed)}
    with database.write(durable=True) as tx:
        fresh = [
            registration
            for url, registration in reversed(first.items())
            if registrations.existing(tx, url) is None
        ]
        ids = [registrations.register(tx, registration, now=now) for registration in fresh]
        approvals = [
            _approved(tx, id_, first_fetch=pace.first_fetch(number, now=now))
            for number, id_ in enumerate(ids if approved else ())
        ]
    return ListImport(
        registered=tuple(zip(ids, fresh, strict=True)),
        duplicates=len(listed) - len(fresh),
        approvals=tuple(approvals),
    )
