"""The inbox's indexes answer each of its questions whole, whatever a planner believes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("settled_at IS NULL")
# name -> columns before and after, whether of open events alone
INDEXES = {
    "ix_inbox_due": (["account", "due_at"], ["account", "due_at", "id"], True),
    "ix_inbox_order": (
        ["conversation", "occurred_at", "id"],
        ["account", "conversation", "occurred_at", "id"],
        True,
    ),
    "ix_inbox_resident": (["resident"], ["account", "resident"], False),
    "ix_inbox_message_id": (["message_id"], ["account", "message_id"], False),
}


def upgrade() -> None:
    for name, (_, after, partial) in INDEXES.items():
        _replace(name, after, partial)
    if op.get_bind().dialect.name == "postgresql":
        # Every row is changed a few times within a second: old versions must not pile up.
        op.execute(
            "ALTER TABLE inbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, "
            "autovacuum_analyze_scale_factor = 0.02)"
        )


def _replace(name: str, columns: list[str], partial: bool) -> None:
    where = OPEN if partial else None
    op.drop_index(name, "inbox")
    op.create_index(name, "inbox", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE inbox RESET (fillfactor, autovacuum_vacuum_scale_factor, "
            "autovacuum_analyze_scale_factor)"
        )
    for name, (before, _, partial) in INDEXES.items():
        _replace(name, before, partial)
