"""Staff, marks on questions and changes of content, each of one account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEYED = {"content_files": "path", "question_marks": "digest"}
_MAIN = "'main'"


def _account() -> sa.Column[str]:
    return sa.Column("account", sa.Text, nullable=False, server_default=sa.text(_MAIN))


def upgrade() -> None:
    with op.batch_alter_table("staff", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(_account())
        table.drop_constraint("uq_staff_name", type_="unique")
        table.create_unique_constraint("uq_staff_account_name", ["account", "name"])
    for name, key in _KEYED.items():
        with op.batch_alter_table(name) as table:
            table.add_column(_account())
            table.drop_constraint(f"pk_{name}", type_="primary")
            table.create_primary_key(f"pk_{name}", ["account", key])
    op.drop_index("ix_content_changes_path", "content_changes")
    with op.batch_alter_table("content_changes") as table:
        table.add_column(_account())
    op.create_index("ix_content_changes_path", "content_changes", ["account", "path", "id"])


def downgrade() -> None:
    # The version before knows one account only, and cannot tell people of the same name apart.
    for name in ("staff", "content_changes", *_KEYED):
        op.execute(f"DELETE FROM {name} WHERE account <> {_MAIN}")
    op.drop_index("ix_content_changes_path", "content_changes")
    with op.batch_alter_table("content_changes") as table:
        table.drop_column("account")
    op.create_index("ix_content_changes_path", "content_changes", ["path", "id"])
    for name, key in _KEYED.items():
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"pk_{name}", type_="primary")
            table.drop_column("account")
            table.create_primary_key(f"pk_{name}", [key])
    with op.batch_alter_table("staff", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint("uq_staff_account_name", type_="unique")
        table.drop_column("account")
        table.create_unique_constraint("uq_staff_name", ["name"])
