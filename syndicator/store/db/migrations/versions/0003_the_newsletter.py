"""The newsletter: consent, frozen issues, who got which, letters, reports that came back.

Replaces the first, thin tables of issues, subscribers and deliveries: nothing but the
demonstration, which empties its folder at each start, could ever fill them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syndicator.store.db.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Drop the thin tables and create the newsletter's, those that others refer to first."""
    for thin in ("delivery", "issue_item", "subscriber", "issue"):
        op.drop_table(thin)
    _selection()
    _subscriber()
    _consent()
    _suppression()
    _issue()
    _issue_item()
    _issue_event()
    _rendering()
    _variant()
    _variant_selection()
    _delivery()
    _bounce()
    _letter()


def _selection() -> None:
    op.create_table(
        "selection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("cadence", sa.String(32), nullable=False),
        sa.Column("cities", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_selection"),
        sa.UniqueConstraint("key", name="uq_selection_key"),
    )


def _subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("selection_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime()),
        sa.Column("paused_until", UtcDateTime()),
        sa.Column("left_at", UtcDateTime()),
        sa.Column("soft_bounces", sa.Integer(), nullable=False),
        sa.Column("soft_bounced_at", UtcDateTime()),
        sa.Column("new_address", sa.String(320)),
        sa.Column("new_address_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.id"], name="fk_subscriber_selection_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscriber"),
        sa.UniqueConstraint("address", name="uq_subscriber_address"),
        sa.UniqueConstraint("address_hash", name="uq_subscriber_address_hash"),
        sa.UniqueConstraint("public_id", name="uq_subscriber_public_id"),
    )
    op.create_index("ix_subscriber_selection", "subscriber", ["selection_id", "state", "id"])
    op.create_index("ix_subscriber_state_at", "subscriber", ["state", "at"])


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("language", sa.String(10)),
        sa.Column("text_version", sa.String(40)),
        sa.Column("page", sa.String(300)),
        sa.Column("message_id", sa.String(300)),
        sa.Column("evidence", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_address_hash", "consent", ["address_hash"])


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("address_hash", name="pk_suppression"),
    )


def _issue() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.String(32), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("resumes", sa.String(32)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opens", UtcDateTime(), nullable=False),
        sa.Column("closes", UtcDateTime(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("planned_to", sa.Integer()),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("greetings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
        sa.UniqueConstraint("cadence", "period", name="uq_issue_cadence_period"),
    )
    op.create_index("ix_issue_state_send_at", "issue", ["state", "send_at"])


def _issue_item() -> None:
    op.create_table(
        "issue_item",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("left_out", sa.Boolean(), nullable=False),
        sa.Column("redacted_at", UtcDateTime()),
        sa.Column("post", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_item_issue_id"),
        sa.PrimaryKeyConstraint("issue_id", "position", name="pk_issue_item"),
    )
    op.create_index("ix_issue_item_public_id", "issue_item", ["public_id"])


def _issue_event() -> None:
    op.create_table(
        "issue_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_event_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_issue_event"),
    )
    op.create_index("ix_issue_event_issue_id", "issue_event", ["issue_id"])


def _rendering() -> None:
    op.create_table(
        "rendering",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_rendering_issue_id"),
        sa.PrimaryKeyConstraint("issue_id", "language", "version", "revision", name="pk_rendering"),
    )


def _variant() -> None:
    op.create_table(
        "variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_variant_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_variant"),
        sa.UniqueConstraint("issue_id", "key", name="uq_variant_issue_id_key"),
    )


def _variant_selection() -> None:
    op.create_table(
        "variant_selection",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("selection_id", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer()),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_variant_selection_issue_id"),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.id"], name="fk_variant_selection_selection_id"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name="fk_variant_selection_variant_id"
        ),
        sa.PrimaryKeyConstraint("issue_id", "selection_id", name="pk_variant_selection"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", BIG_ID),
        sa.Column("variant_id", sa.Integer()),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer()),
        sa.Column("code", sa.Integer()),
        sa.Column("at", UtcDateTime()),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("not_before", UtcDateTime()),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("holder", sa.String(60)),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_delivery_issue_id"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_delivery_subscriber_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name="fk_delivery_variant_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("issue_id", "address_hash", name="uq_delivery_issue_id_address_hash"),
    )
    op.create_index("ix_delivery_open", "delivery", ["issue_id", "state", "variant_id", "id"])
    op.create_index("ix_delivery_subscriber_id", "delivery", ["subscriber_id"])


def _bounce() -> None:
    op.create_table(
        "bounce",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("address_hash", sa.String(64)),
        sa.Column("delivery_id", BIG_ID),
        sa.Column("status", sa.String(20)),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_bounce"),
        sa.UniqueConstraint("key", name="uq_bounce_key"),
    )
    op.create_index("ix_bounce_address_hash", "bounce", ["address_hash"])


def _letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("subscriber", sa.String(36)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("not_before", UtcDateTime()),
        sa.Column("address", sa.String(320)),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
    )
    op.create_index("ix_letter_address_hash_at", "letter", ["address_hash", "at"])
    op.create_index("ix_letter_state", "letter", ["state", "id"])
