"""The tables of what goes out on the web: published bytes, notices, registrations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.model import Kind, Licence, SourceState
from syndicator.store.db.base import Base, Json
from syndicator.store.db.columns import Word


class ArtefactRow(Base):
    """Published bytes by path. ``owner`` is the channel that makes and unmakes it."""

    __tablename__ = "artefact"

    path: Mapped[str] = mapped_column(String(300), primary_key=True)
    owner: Mapped[str] = mapped_column(String(130), index=True)
    generation: Mapped[int] = mapped_column(BigInteger, index=True)
    modified: Mapped[datetime]
    etag: Mapped[str] = mapped_column(String(100))
    content_type: Mapped[str] = mapped_column(String(100))
    language: Mapped[str | None]
    body: Mapped[bytes]
    gz: Mapped[bytes | None]
    br: Mapped[bytes | None]


class DirtyRow(Base):
    """A channel whose documents are older than its entries. ``mark`` grows with every change, so
    that what changes while it is being made stays dirty."""

    __tablename__ = "dirty"

    scope: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(100), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    mark: Mapped[int] = mapped_column(BigInteger)


class Counter(Base):
    """A number that only grows, by name: ``generation`` of the artefacts."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Meta(Base):
    """A remembered word, by name, such as the ``fingerprint`` that the artefacts were made with, or
    the ``keyring`` that the database belongs to. Read and written by ``store.db.meta``."""

    __tablename__ = "meta"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class NoticeRow(Base):
    """What people should hear: one row per kind and subject."""

    __tablename__ = "notice"

    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    subject_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    subject: Mapped[str]
    at: Mapped[datetime]
    facts: Mapped[Json]


class RegistrationRow(Base):
    """A city asking us to gather a feed; it becomes a source when an editor approves it."""

    __tablename__ = "registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[SourceState] = mapped_column(Word(SourceState))
    at: Mapped[datetime]
    city: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    licence: Mapped[Licence] = mapped_column(Word(Licence))
    language: Mapped[str | None]
    city_name: Mapped[str]
    url: Mapped[str]
    title: Mapped[str | None]
    contact: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"))

    __table_args__ = (Index("ix_registration_state_at", "state", "at"),)
