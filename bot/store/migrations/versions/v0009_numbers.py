"""Segment sizes by day, and what LINE told about announcements: for the charts of staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "segment_sizes",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("low", sa.Integer, nullable=False),
        sa.Column("high", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account", "day", "name", name="pk_segment_sizes"),
    )
    op.create_table(
        "announcement_results",
        sa.Column("announcement", sa.BigInteger().with_variant(sa.Integer, "sqlite")),
        sa.Column("opened", sa.Integer),
        sa.Column("clicked", sa.Integer),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["announcement"], ["announcements.id"]),
        sa.PrimaryKeyConstraint("announcement", name="pk_announcement_results"),
    )


def downgrade() -> None:
    op.drop_table("announcement_results")
    op.drop_table("segment_sizes")
