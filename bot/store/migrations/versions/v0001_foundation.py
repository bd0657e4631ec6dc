"""The inbox, conversations, questions and content versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("conversation", sa.Text),
        sa.Column("resident", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("occurred_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("reply_token", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("in_flight", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("outcome_unknown", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("forget", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("messages", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("question_id", sa.Text),
        sa.Column("settled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("account", "event_id", name="uq_inbox_account_event_id"),
    )
    for name, columns in (
        ("ix_inbox_due", ["due_at"]),
        ("ix_inbox_order", ["conversation", "occurred_at", "id"]),
    ):
        op.create_index(name, "inbox", columns, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_inbox_resident", "inbox", ["resident"])
    op.create_index("ix_inbox_message_id", "inbox", ["message_id"])
    op.create_table(
        "conversations",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "key", name="pk_conversations"),
    )
    op.create_index("ix_conversations_updated_at", "conversations", ["updated_at"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("candidates", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
    )
    op.create_index("ix_questions_day", "questions", ["day"])
    op.create_table(
        "content_versions",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("good", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_content_versions"),
        sa.UniqueConstraint("hash", name="uq_content_versions_hash"),
    )
    op.create_table(
        "pulse",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pulse"),
    )


def downgrade() -> None:
    for table in ("pulse", "content_versions", "questions", "conversations", "inbox"):
        op.drop_table(table)
