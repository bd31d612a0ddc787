"""What comes in: sources, stories, entries, and where each is published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syndicator.store.db.columns import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, those that others refer to first."""
    _archive_month()
    _source()
    _source_indexes()
    _story()
    _takedown()
    _entry()
    _entry_indexes()
    _placement()
    _tombstone()
    _url_state()
    _entry_alias()
    _entry_topic()
    _revision()


def _archive_month() -> None:
    op.create_table(
        "archive_month",
        sa.Column("channel", sa.String(120), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "month", "kind", name="pk_archive_month"),
    )


def _source() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("city", sa.String(100)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("licence", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("next_fetch_at", UtcDateTime()),
        sa.Column("server_wait_until", UtcDateTime()),
        sa.Column("last_attempt_at", UtcDateTime()),
        sa.Column("last_answered", sa.Boolean()),
        sa.Column("last_success_at", UtcDateTime()),
        sa.Column("last_change_at", UtcDateTime()),
        sa.Column("first_seen", UtcDateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("reason", sa.String(32)),
        sa.Column("held_because", sa.String(32)),
        sa.Column("id_mode", sa.String(32), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("body_bytes", sa.Integer()),
        sa.Column("body_hash", sa.String(64)),
        sa.Column("language", sa.Text()),
        sa.Column("declared_url", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text()),
        sa.Column("title", sa.Text()),
        sa.Column("feed_title", sa.Text()),
        sa.Column("feed_language", sa.Text()),
        sa.Column("feed_host", sa.Text()),
        sa.Column("home", sa.Text()),
        sa.Column("feed_id", sa.Text()),
        sa.Column("contact", sa.Text()),
        sa.Column("detail", sa.Text()),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("path_prefixes", sa.JSON(), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("key", name="uq_source_key"),
    )


def _source_indexes() -> None:
    op.create_index("ix_source_due", "source", ["next_fetch_at", "id"])
    op.create_index("ix_source_last_attempt_at", "source", ["last_attempt_at"])


def _story() -> None:
    op.create_table(
        "story",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("lead_id", sa.BigInteger()),
        sa.Column("merged_into", sa.BigInteger()),
        sa.Column("recency", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("eligible_at", UtcDateTime()),
        sa.Column("published_once", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_story"),
        sa.UniqueConstraint("public_id", name="uq_story_public_id"),
    )
    op.create_index("ix_story_eligible", "story", ["eligible_at", "id"])


def _takedown() -> None:
    op.create_table(
        "takedown",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_takedown"),
    )
    op.create_index("ix_takedown_entry_id", "takedown", ["entry_id"])


def _entry() -> None:
    op.create_table(
        "entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("held", sa.String(32)),
        sa.Column("in_last_answer", sa.Boolean(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("recency", UtcDateTime(), nullable=False),
        sa.Column("eligible_at", UtcDateTime()),
        sa.Column("published", UtcDateTime()),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("updated", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("link_key", sa.BigInteger()),
        sa.Column("title_key", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_entry_source_id"),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_entry_story_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
    )


def _entry_indexes() -> None:
    op.create_index(
        "ix_entry_in_last_answer",
        "entry",
        ["source_id"],
        sqlite_where=sa.text("in_last_answer = 1"),
        postgresql_where=sa.text("in_last_answer"),
    )
    op.create_index("ix_entry_link_key", "entry", ["link_key"])
    op.create_index(
        "ix_entry_missing",
        "entry",
        ["source_id"],
        sqlite_where=sa.text("missing > 0"),
        postgresql_where=sa.text("missing > 0"),
    )
    op.create_index(
        "ix_entry_not_shown",
        "entry",
        ["state", "recency", "id"],
        sqlite_where=sa.text("state != 'shown'"),
        postgresql_where=sa.text("state != 'shown'"),
    )
    op.create_index("ix_entry_recency", "entry", ["recency", "id"])
    op.create_index("ix_entry_source_published", "entry", ["source_id", "published", "id"])
    op.create_index("ix_entry_source_recency", "entry", ["source_id", "recency", "id"])
    op.create_index("ix_entry_story_id", "entry", ["story_id"])
    op.create_index("ix_entry_title_key", "entry", ["title_key"])


def _placement() -> None:
    op.create_table(
        "placement",
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("recency", UtcDateTime(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_placement_story_id"),
        sa.PrimaryKeyConstraint("story_id", "channel", name="pk_placement"),
    )
    op.create_index(
        "ix_placement_newest",
        "placement",
        ["channel", "kind", sa.literal_column("recency DESC"), "public_id", "story_id"],
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("story_id", BIG_ID, nullable=False),
        sa.Column("channel", sa.String(120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recency", UtcDateTime(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name="fk_tombstone_story_id"),
        sa.PrimaryKeyConstraint("story_id", "channel", name="pk_tombstone"),
    )
    op.create_index("ix_tombstone_channel_recency", "tombstone", ["channel", "recency"])
    op.create_index(
        "ix_tombstone_newest", "tombstone", ["channel", sa.literal_column("at DESC"), "public_id"]
    )


def _url_state() -> None:
    op.create_table(
        "url_state",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("url_key", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name="fk_url_state_source_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "url_key", name="pk_url_state"),
    )


def _entry_alias() -> None:
    op.create_table(
        "entry_alias",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("raw_key", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", BIG_ID, nullable=False),
        sa.Column("base_key", sa.BigInteger(), nullable=False),
        sa.Column("raw_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name="fk_entry_alias_entry_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_entry_alias_source_id"),
        sa.PrimaryKeyConstraint("source_id", "raw_key", name="pk_entry_alias"),
    )
    op.create_index("ix_entry_alias_base", "entry_alias", ["source_id", "base_key"])
    op.create_index("ix_entry_alias_entry_id", "entry_alias", ["entry_id"])


def _entry_topic() -> None:
    op.create_table(
        "entry_topic",
        sa.Column("entry_id", BIG_ID, nullable=False),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name="fk_entry_topic_entry_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entry_id", "topic", name="pk_entry_topic"),
    )


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("entry_id", BIG_ID, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name="fk_revision_entry_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
    )
    op.create_index("ix_revision_entry_id", "revision", ["entry_id"])
