"""Letters are counted by mailbox: addresses that differ by capitals, dots or a plus are one.

What was put before counts no more: at worst one letter more within a day of the upgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the index it is looked up by."""
    op.add_column("letter", sa.Column("mailbox_hash", sa.String(64)))
    op.create_index("ix_letter_mailbox_hash_at", "letter", ["mailbox_hash", "at"])
