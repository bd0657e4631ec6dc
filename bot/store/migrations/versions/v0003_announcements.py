"""Announcements, their ledger, the pace of sending, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    _announcements()
    _ledger()
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_object", "audit", ["object", "object_id"])
    _lists()


def _announcements() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("frozen", sa.Text),
        sa.Column("corrects", ROW_ID, sa.ForeignKey("announcements.id")),
        sa.Column("series", ROW_ID, sa.ForeignKey("announcements.id")),
        sa.Column("two_people", sa.Boolean, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("expanding_until", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("ready", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("reason", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
        sa.UniqueConstraint("series", "due_at", name="uq_announcements_series_due_at"),
    )
    op.create_index("ix_announcements_state", "announcements", ["account", "state"])


def _ledger() -> None:
    op.create_table(
        "batches",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("announcement", ROW_ID, sa.ForeignKey("announcements.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("quiet_start", sa.Integer),
        sa.Column("quiet_end", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("retry_key", sa.Text),
        sa.Column("recipients", sa.Text),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("in_flight", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("outcome_unknown", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("request_id", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("announcement", "number", name="uq_batches_announcement_number"),
    )
    op.create_index(
        "ix_batches_due", "batches", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "recipients",
        sa.Column("batch", ROW_ID, sa.ForeignKey("batches.id"), nullable=False),
        sa.Column("resident", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("batch", "resident", name="pk_recipients"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pace",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("next_us", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_pace"),
    )


def _lists() -> None:
    op.create_table(
        "testers",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("resident", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_testers"),
    )
    op.create_table(
        "templates",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("approved_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("account", "name", name="pk_templates"),
    )
    op.create_table(
        "feed_items",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("announcement", ROW_ID, sa.ForeignKey("announcements.id"), nullable=False),
        sa.PrimaryKeyConstraint("account", "item", name="pk_feed_items"),
    )


def downgrade() -> None:
    for table in (
        "feed_items",
        "templates",
        "testers",
        "audit",
        "pace",
        "recipients",
        "batches",
        "announcements",
    ):
        op.drop_table(table)
