"""The tables of what comes in: sources, stories, entries, and where each is published.

``migrations/`` makes the same ones; a test compares the two. Hot paths use the tables under the
models with Core statements. Heavy columns stand last, because SQLite reads a row from its start.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.model import EntryState, HeldBecause, IdMode, Kind, Licence, Reason, SourceState
from syndicator.store.db.base import Base, BigId, Json
from syndicator.store.db.columns import Word


class SourceRow(Base):
    """One feed of a city: what was declared, what the last pulls told, and who holds it now.

    ``claims`` counts claims; its value is the token that a claim is recorded with.
    ``server_wait_until`` is the server's own word, ``next_fetch_at`` our pace (never earlier).
    ``feed_title`` is what the feed calls itself, ``title`` what the configuration calls it.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    city: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    licence: Mapped[Licence] = mapped_column(Word(Licence))
    state: Mapped[SourceState] = mapped_column(Word(SourceState))
    declared: Mapped[bool]
    claims: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    next_fetch_at: Mapped[datetime | None]
    server_wait_until: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None] = mapped_column(index=True)
    last_answered: Mapped[bool | None]
    last_success_at: Mapped[datetime | None]
    last_change_at: Mapped[datetime | None]
    first_seen: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    reason: Mapped[Reason | None] = mapped_column(Word(Reason))
    held_because: Mapped[HeldBecause | None] = mapped_column(Word(HeldBecause))
    id_mode: Mapped[IdMode] = mapped_column(Word(IdMode))
    moves: Mapped[int] = mapped_column(default=0)
    body_bytes: Mapped[int | None]
    body_hash: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None]
    declared_url: Mapped[str]
    url: Mapped[str]
    moved_to: Mapped[str | None]
    title: Mapped[str | None]
    feed_title: Mapped[str | None]
    feed_language: Mapped[str | None]
    feed_host: Mapped[str | None]
    home: Mapped[str | None]
    feed_id: Mapped[str | None]
    contact: Mapped[str | None]
    detail: Mapped[str | None]
    categories: Mapped[list[str]]
    path_prefixes: Mapped[list[str]]
    hints: Mapped[Json]

    __table_args__ = (Index("ix_source_due", "next_fetch_at", "id"),)


class UrlState(Base):
    """Validators, byte for byte. They belong to one URL; two sources may share one and differ in
    their filters, so each keeps its own."""

    __tablename__ = "url_state"

    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id", ondelete="CASCADE"), primary_key=True
    )
    url_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime]
    url: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]


class StoryRow(Base):
    """A post, whoever tells it. ``public_id`` is for ever; ``merged_into`` is where a doubled
    story went. ``lead_id`` is ``None`` while none of its entries is shown.

    ``updated`` is the last real edit, ``changed_at`` the last moment its published form changed.
    """

    __tablename__ = "story"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    lead_id: Mapped[int | None] = mapped_column(BigInteger)
    merged_into: Mapped[int | None] = mapped_column(BigInteger)
    recency: Mapped[datetime]
    updated: Mapped[datetime]
    changed_at: Mapped[datetime]
    eligible_at: Mapped[datetime | None]
    published_once: Mapped[bool]

    __table_args__ = (Index("ix_story_eligible", "eligible_at", "id"),)


class EntryRow(Base):
    """One post as one source tells it, in its present form. ``details`` holds authors,
    categories, translations, image and rights. ``owns_link``: the link is of the source's domain;
    it came later than the table, so it stands last."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    state: Mapped[EntryState] = mapped_column(Word(EntryState))
    held: Mapped[HeldBecause | None] = mapped_column(Word(HeldBecause))
    in_last_answer: Mapped[bool]
    missing: Mapped[int]
    recency: Mapped[datetime]
    eligible_at: Mapped[datetime | None]
    published: Mapped[datetime | None]
    first_seen: Mapped[datetime]
    updated: Mapped[datetime]
    changed_at: Mapped[datetime]
    link_key: Mapped[int | None] = mapped_column(BigInteger, index=True)
    title_key: Mapped[int] = mapped_column(BigInteger, index=True)
    language: Mapped[str | None]
    content_hash: Mapped[str]
    link: Mapped[str | None]
    url: Mapped[str | None]
    title: Mapped[str]
    details: Mapped[Json]
    excerpt: Mapped[str]
    content_html: Mapped[str]
    text: Mapped[str]
    owns_link: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        Index("ix_entry_source_recency", "source_id", "recency", "id"),
        Index("ix_entry_source_published", "source_id", "published", "id"),
        Index("ix_entry_recency", "recency", "id"),
        # Nearly every entry is shown: an index that led there by state would only mislead.
        Index(
            "ix_entry_not_shown",
            "state",
            "recency",
            "id",
            sqlite_where=sql("state != 'shown'"),
            postgresql_where=sql("state != 'shown'"),
        ),
        Index(
            "ix_entry_in_last_answer",
            "source_id",
            sqlite_where=sql("in_last_answer = 1"),
            postgresql_where=sql("in_last_answer"),
        ),
        Index(
            "ix_entry_missing",
            "source_id",
            sqlite_where=sql("missing > 0"),
            postgresql_where=sql("missing > 0"),
        ),
    )


class EntryAlias(Base):
    """A raw id of a source, and the entry it points to. Identity is (source, id), kept here.

    ``base_key`` is of what stands before a newline: the raw id that several entries share.
    """

    __tablename__ = "entry_alias"

    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    raw_key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    base_key: Mapped[int] = mapped_column(BigInteger)
    raw_id: Mapped[str]

    __table_args__ = (Index("ix_entry_alias_base", "source_id", "base_key"),)


class EntryTopic(Base):
    """A topic an entry belongs to."""

    __tablename__ = "entry_topic"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True
    )
    topic: Mapped[str] = mapped_column(String(100), primary_key=True)


class Revision(Base):
    """What an entry said before an edit. ``at`` is when it was replaced."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    content_hash: Mapped[str]
    title: Mapped[str]
    excerpt: Mapped[str]
    content_html: Mapped[str]


class Placement(Base):
    """A story's place in a channel: a row while it is published there, none otherwise.

    ``channel`` is the channel's prefix. The index is the order of every feed and page, so that the
    newest of any channel and kind are one walk along one index, whatever the size of the table.
    """

    __tablename__ = "placement"

    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind))
    recency: Mapped[datetime]
    public_id: Mapped[str] = mapped_column(String(36))


Index(
    "ix_placement_newest",
    Placement.channel,
    Placement.kind,
    Placement.recency.desc(),
    Placement.public_id,
    Placement.story_id,
)


class ArchiveMonth(Base):
    """How many posts of one kind a channel has in a calendar month; no row for none."""

    __tablename__ = "archive_month"

    channel: Mapped[str] = mapped_column(String(120), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    kind: Mapped[Kind] = mapped_column(Word(Kind), primary_key=True)
    posts: Mapped[int]


class TombstoneRow(Base):
    """A story that was published in a channel and is gone from everywhere (RFC 6721)."""

    __tablename__ = "tombstone"

    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime]
    recency: Mapped[datetime]
    public_id: Mapped[str] = mapped_column(String(36))

    __table_args__ = (Index("ix_tombstone_channel_recency", "channel", "recency"),)


Index("ix_tombstone_newest", TombstoneRow.channel, TombstoneRow.at.desc(), TombstoneRow.public_id)


class Takedown(Base):
    """A key that may not come back: of an alias, a link or a text (see ``lookup_keys``)."""

    __tablename__ = "takedown"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime]
