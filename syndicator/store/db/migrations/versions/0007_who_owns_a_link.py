"""Entries say whether their link is of their source's own domain: that source leads the story.

Of what is stored it is not known yet. The next answer that holds an entry says it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "entry", sa.Column("owns_link", sa.Boolean(), nullable=False, server_default=sa.false())
    )
