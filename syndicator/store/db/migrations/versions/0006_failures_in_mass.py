"""Failures of an issue wait for its check before an address bears them, and can be taken back.

Suppressions of before name no issue, and no failure of before waits for a check.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from syndicator.store.db.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and the indexes they are looked up by."""
    op.add_column("issue", sa.Column("failures_reviewed", sa.Integer()))
    op.add_column("issue", sa.Column("doubted_at", UtcDateTime()))
    op.add_column("delivery", sa.Column("unknown_by", sa.String(32)))
    op.create_index(
        "ix_delivery_unknown",
        "delivery",
        ["issue_id", "id"],
        sqlite_where=sa.text("unknown_by IS NOT NULL"),
        postgresql_where=sa.text("unknown_by IS NOT NULL"),
    )
    op.add_column("suppression", sa.Column("issue_id", sa.Integer()))
    op.create_index("ix_suppression_issue_id", "suppression", ["issue_id"])
