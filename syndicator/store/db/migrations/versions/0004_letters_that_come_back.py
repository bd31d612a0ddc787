"""Letters that come back: a report may be about a letter as well as about a delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the letter a report is about."""
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("bounce", sa.Column("letter_id", big_id, nullable=True))
