"""Scheduled work by any number of processes; the queue by account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    _index_due(["account", "due_at"])
    op.create_table(
        "chores",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
    )


def _index_due(columns: list[str]) -> None:
    op.drop_index("ix_inbox_due", "inbox")
    op.create_index("ix_inbox_due", "inbox", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_table("chores")
    _index_due(["due_at"])
