"""The tables of the newsletter: who asked for it, what was frozen, who got which issue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from syndicator.model import (
    Cadence,
    ConsentEvent,
    DeliveryState,
    EmailKind,
    IssueState,
    SubscriberState,
    SuppressedBecause,
    UnknownBy,
)
from syndicator.store.db.base import Base, BigId, Json
from syndicator.store.db.columns import Word


class SelectionRow(Base):
    """What subscribers want, once for all who want the same. ``key`` is a hash of its words."""

    __tablename__ = "selection"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(10))
    cadence: Mapped[Cadence] = mapped_column(Word(Cadence))
    cities: Mapped[list[str]]
    topics: Mapped[list[str]]


class SubscriberRow(Base):
    """Someone who asked for the digest. ``new_address`` waits to be confirmed at that address."""

    __tablename__ = "subscriber"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    address: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    selection_id: Mapped[int] = mapped_column(ForeignKey("selection.id"))
    state: Mapped[SubscriberState] = mapped_column(Word(SubscriberState))
    at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    soft_bounces: Mapped[int] = mapped_column(default=0)
    soft_bounced_at: Mapped[datetime | None]
    new_address: Mapped[str | None] = mapped_column(String(320))
    new_address_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_subscriber_selection", "selection_id", "state", "id"),
        Index("ix_subscriber_state_at", "state", "at"),
    )


class ConsentRow(Base):
    """The consent ledger, append-only. Chains are kept or deleted whole."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]
    event: Mapped[ConsentEvent] = mapped_column(Word(ConsentEvent))
    language: Mapped[str | None] = mapped_column(String(10))
    text_version: Mapped[str | None] = mapped_column(String(40))
    page: Mapped[str | None] = mapped_column(String(300))
    message_id: Mapped[str | None] = mapped_column(String(300))
    evidence: Mapped[str | None]


class SuppressionRow(Base):
    """An address never to be mailed, as a keyed hash: it survives erasure.

    ``issue_id`` is the issue whose failure it was, if it was one.
    """

    __tablename__ = "suppression"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[SuppressedBecause] = mapped_column(Word(SuppressedBecause))
    at: Mapped[datetime]
    detail: Mapped[str | None]
    issue_id: Mapped[int | None] = mapped_column(index=True)


class IssueRow(Base):
    """One digest of one cadence and period, frozen. ``resumes`` is the state a paused one had.

    ``failures_reviewed`` is how many of its messages had failed when a person last let it go on or
    said that they are real; ``doubted_at`` since when so many failed that a person must say so.
    """

    __tablename__ = "issue"

    id: Mapped[int] = mapped_column(primary_key=True)
    cadence: Mapped[Cadence] = mapped_column(Word(Cadence))
    period: Mapped[str] = mapped_column(String(10))
    state: Mapped[IssueState] = mapped_column(Word(IssueState))
    resumes: Mapped[IssueState | None] = mapped_column(Word(IssueState))
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=0)
    opens: Mapped[datetime]
    closes: Mapped[datetime]
    send_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    planned_to: Mapped[int | None]
    content_hash: Mapped[str]
    detail: Mapped[str | None]
    greetings: Mapped[Json]
    failures_reviewed: Mapped[int | None]
    doubted_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("cadence", "period"),
        Index("ix_issue_state_send_at", "state", "send_at"),
    )


class IssueItem(Base):
    """A story as it stood when its issue was frozen: ``post`` is all of it."""

    __tablename__ = "issue_item"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), index=True)
    left_out: Mapped[bool] = mapped_column(default=False)
    redacted_at: Mapped[datetime | None]
    post: Mapped[Json]


class IssueEvent(Base):
    """Who did what to an issue and when, append-only. ``by`` is an editor or a command."""

    __tablename__ = "issue_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    by: Mapped[str | None]
    detail: Mapped[str | None]


class RenderingRow(Base):
    """An issue in one language as it was rendered: its frame and one block for each post."""

    __tablename__ = "rendering"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Json]


class VariantRow(Base):
    """An issue for one language and one list of posts. ``key`` is a hash of both."""

    __tablename__ = "variant"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    key: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10))
    posts: Mapped[list[str]]

    __table_args__ = (UniqueConstraint("issue_id", "key"),)


class VariantSelection(Base):
    """Which variant of an issue a selection gives; ``None`` if the issue has nothing for it."""

    __tablename__ = "variant_selection"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    selection_id: Mapped[int] = mapped_column(ForeignKey("selection.id"), primary_key=True)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))


class DeliveryRow(Base):
    """One issue for one address: once, whoever plans it again, even if they left and came back.

    ``holder`` names the connection that claimed it; ``revision`` what the message carried.
    ``unknown_by`` says that its address does not exist, as long as nothing followed from that.
    """

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    subscriber_id: Mapped[int | None] = mapped_column(
        ForeignKey("subscriber.id", ondelete="SET NULL"), index=True
    )
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    attempts: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int | None]
    code: Mapped[int | None]
    at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    address_hash: Mapped[str] = mapped_column(String(64))
    domain: Mapped[str] = mapped_column(String(255))
    holder: Mapped[str | None] = mapped_column(String(60))
    detail: Mapped[str | None]
    unknown_by: Mapped[UnknownBy | None] = mapped_column(Word(UnknownBy))

    __table_args__ = (
        UniqueConstraint("issue_id", "address_hash"),
        # By variant: a sender makes one variant's template at a time.
        Index("ix_delivery_open", "issue_id", "state", "variant_id", "id"),
        Index(
            "ix_delivery_unknown",
            "issue_id",
            "id",
            sqlite_where=sql("unknown_by IS NOT NULL"),
            postgresql_where=sql("unknown_by IS NOT NULL"),
        ),
    )


class BounceRow(Base):
    """A report that came back, stored before it leaves the mailbox. ``key`` hashes its bytes."""

    __tablename__ = "bounce"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    address_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    delivery_id: Mapped[int | None] = mapped_column(BigId)
    letter_id: Mapped[int | None] = mapped_column(BigId)
    status: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None]


class EmailRow(Base):
    """An email to one person. ``address`` is forgotten once nobody needs it to send again.

    ``mailbox_hash`` is what addresses share that most likely are one person's: emails are counted
    by it.
    """

    # The older word for them: a table's name costs a migration of every row that points to it.
    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[EmailKind] = mapped_column(Word(EmailKind))
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    language: Mapped[str] = mapped_column(String(10))
    subscriber: Mapped[str | None] = mapped_column(String(36))
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(320))
    address_hash: Mapped[str] = mapped_column(String(64))
    mailbox_hash: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[Json]
    detail: Mapped[str | None]

    __table_args__ = (
        Index("ix_letter_state", "state", "id"),
        Index("ix_letter_mailbox_hash_at", "mailbox_hash", "at"),
        Index("ix_letter_address_hash_at", "address_hash", "at"),
    )
