"""What goes out: published bytes, notices, registrations, issues, deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syndicator.store.db.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, those that others refer to first."""
    _artefact()
    _counter()
    _dirty()
    _issue()
    _meta()
    _notice()
    _subscriber()
    _delivery()
    _issue_item()
    _registration()


def _artefact() -> None:
    op.create_table(
        "artefact",
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("owner", sa.String(130), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("modified", UtcDateTime(), nullable=False),
        sa.Column("etag", sa.String(100), nullable=False),
        sa.Column("content_type", sa.String(100), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("gz", sa.LargeBinary()),
        sa.Column("br", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("path", name="pk_artefact"),
    )
    op.create_index("ix_artefact_generation", "artefact", ["generation"])
    op.create_index("ix_artefact_owner", "artefact", ["owner"])


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )


def _dirty() -> None:
    op.create_table(
        "dirty",
        sa.Column("scope", sa.String(20), nullable=False),
        sa.Column("value", sa.String(100), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "value", "month", name="pk_dirty"),
    )


def _issue() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.String(32), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("opens", UtcDateTime(), nullable=False),
        sa.Column("closes", UtcDateTime(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
        sa.UniqueConstraint("cadence", "period", name="uq_issue_cadence_period"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("subject_key", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_key", name="pk_notice"),
    )


def _subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("cadence", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriber"),
        sa.UniqueConstraint("address", name="uq_subscriber_address"),
        sa.UniqueConstraint("public_id", name="uq_subscriber_public_id"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("not_before", UtcDateTime()),
        sa.Column("detail", sa.Text()),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_delivery_issue_id"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_delivery_subscriber_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("issue_id", "subscriber_id", name="uq_delivery_issue_id_subscriber_id"),
    )
    op.create_index("ix_delivery_open", "delivery", ["issue_id", "state", "id"])


def _issue_item() -> None:
    op.create_table(
        "issue_item",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("post", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_item_issue_id"),
        sa.PrimaryKeyConstraint("issue_id", "position", name="pk_issue_item"),
    )
    op.create_index("ix_issue_item_public_id", "issue_item", ["public_id"])


def _registration() -> None:
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("city", sa.String(100)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("licence", sa.String(32), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("city_name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Integer()),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_registration_source_id"),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
    )
    op.create_index("ix_registration_state_at", "registration", ["state", "at"])
