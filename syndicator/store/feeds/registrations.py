"""Registrations: cities asking us to gather a feed, unpolled until an editor says yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from syndicator.errors import SourceKnown
from syndicator.model import IdMode, Kind, Licence, Source, SourceState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.outgoing import RegistrationRow
from syndicator.store.feeds import dirty_channels, sources

REGISTRATION = table_of(RegistrationRow)


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """What a city asked for. ``city`` is the slug of a member, ``None`` if it is not one yet.

    ``state`` is PENDING, ACTIVE (approved: ``source_id`` is its source) or REFUSED.
    """

    city_name: str
    url: str
    contact: str
    licence: Licence
    city: str | None = None
    kind: Kind = Kind.BLOG
    language: str | None = None
    title: str | None = None
    at: datetime | None = None
    state: SourceState = SourceState.PENDING
    id: int | None = None
    source_id: int | None = None


def register(tx: Tx, registration: Registration, *, now: datetime) -> int:
    """Keep a request as pending and return its id; the same pending request again is the same."""
    same = tx.execute(
        select(RegistrationRow.id).where(
            RegistrationRow.state == SourceState.PENDING,
            RegistrationRow.url == registration.url,
            RegistrationRow.contact == registration.contact,
        )
    ).scalar()
    if same is not None:
        return int(same)
    row = {
        "state": SourceState.PENDING,
        "at": now,
        "city": registration.city,
        "kind": registration.kind,
        "licence": registration.licence,
        "language": registration.language,
        "city_name": registration.city_name,
        "url": registration.url,
        "title": registration.title,
        "contact": registration.contact,
    }
    statement = insert(REGISTRATION).returning(RegistrationRow.id)
    return int(tx.execute(statement, row).scalar_one())


def existing(tx: Tx, url: str) -> Source | None:
    """Return the source that pulls this feed already, in whatever state, or ``None``.

    http and https, a leading ``www.`` and a slash at the end make no difference; nor does it
    matter whether the source was declared or has moved to this address.
    """
    wanted = _place(url)
    rows = tx.execute(select(SourceRow.id, SourceRow.url, SourceRow.declared_url)).all()
    same = [row.id for row in rows if wanted in (_place(row.url), _place(row.declared_url))]
    return sources.get(tx, min(same)) if same else None


def _place(url: str) -> str:
    scheme, _, rest = url.strip().partition("://")
    host, slash, path = rest.partition("/")
    # Anything but the web (a file, an unknown scheme) keeps its scheme: it is another place.
    web = "" if scheme.casefold() in ("http", "https") else scheme
    return f"{web}//{host.casefold().removeprefix('www.')}{slash}{path}".rstrip("/")


def approve(tx: Tx, registration_id: int, *, next_fetch_at: datetime) -> Source | None:
    """Return the source that a pending registration became; ``None`` if it was not pending.

    Raises:
        SourceKnown: the feed is a source already, perhaps because another contact asked first.
            Nothing was written; the registration still waits, to be refused.
    """
    # Two editors may approve two registrations of one feed at the same moment: the second waits
    # here for the first, and only then looks.
    dirty_channels.lock_entries(tx)
    asked = get(tx, registration_id)
    if asked is None or asked.state is not SourceState.PENDING:
        return None
    there = existing(tx, asked.url)
    if there is not None:
        raise SourceKnown(asked.url, key=there.key)
    row = _settle(tx, registration_id, state=SourceState.ACTIVE)
    if row is None:
        return None
    values = {
        "key": _free_key(tx, row),
        "declared": False,
        "city": row.city,
        "kind": row.kind,
        "licence": row.licence,
        "state": SourceState.ACTIVE,
        "claims": 0,
        "failures": 0,
        "moves": 0,
        "id_mode": IdMode.OWN,
        "language": row.language,
        "title": row.title,
        "declared_url": row.url,
        "url": row.url,
        "contact": row.contact,
        "categories": [],
        "path_prefixes": [],
        "hints": {},
        "next_fetch_at": next_fetch_at,
    }
    statement = insert(table_of(SourceRow)).returning(SourceRow.id)
    source_id = int(tx.execute(statement, values).scalar_one())
    tx.execute(
        update(REGISTRATION)
        .where(RegistrationRow.id == registration_id)
        # Whom to write to stands with the source now, and goes with it.
        .values(source_id=source_id, contact="")
    )
    dirty_channels.mark_whole(tx)
    return sources.get(tx, source_id)


def refuse(tx: Tx, registration_id: int) -> bool:
    """Refuse a pending registration and forget whose it was; False if it was not pending."""
    return _settle(tx, registration_id, state=SourceState.REFUSED, contact="") is not None


def list_all(tx: Tx, *, state: SourceState | None = None) -> tuple[Registration, ...]:
    """Return registrations (in ``state``), oldest first."""
    query = select(REGISTRATION).order_by(RegistrationRow.at, RegistrationRow.id)
    if state is not None:
        query = query.where(RegistrationRow.state == state)
    return tuple(_registration(row) for row in tx.execute(query))


def get(tx: Tx, registration_id: int) -> Registration | None:
    """Return the registration with this id, or ``None``."""
    query = select(REGISTRATION).where(RegistrationRow.id == registration_id)
    row = tx.execute(query).one_or_none()
    return None if row is None else _registration(row)


def _settle(tx: Tx, registration_id: int, **values: Any) -> Any:
    return tx.execute(
        update(REGISTRATION)
        .where(RegistrationRow.id == registration_id, RegistrationRow.state == SourceState.PENDING)
        .values(**values)
        .returning(*REGISTRATION.c)
    ).one_or_none()


def _free_key(tx: Tx, row: Any) -> str:
    key = stem = f"{row.city or 'registered'}-{row.kind}"
    number = 1
    while sources.by_key(tx, key) is not None:
        number += 1
        key = f"{stem}-{number}"
    return key


def _registration(row: Any) -> Registration:
    return Registration(
        id=row.id,
        state=row.state,
        at=row.at,
        city=row.city,
        kind=row.kind,
        licence=row.licence,
        language=row.language,
        city_name=row.city_name,
        url=row.url,
        title=row.title,
        contact=row.contact,
        source_id=row.source_id,
    )
