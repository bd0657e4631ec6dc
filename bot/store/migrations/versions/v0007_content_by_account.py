"""Content versions by the account whose folder they came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("content_versions") as table:
        table.add_column(
            sa.Column("account", sa.Text, nullable=False, server_default=sa.text("'main'"))
        )
        table.drop_constraint("uq_content_versions_hash", type_="unique")
        table.create_unique_constraint("uq_content_versions_account_hash", ["account", "hash"])


def downgrade() -> None:
    # The same content may be there once for each account; one of them is enough again.
    op.execute(
        "DELETE FROM content_versions WHERE id NOT IN "
        "(SELECT max(id) FROM content_versions GROUP BY hash)"
    )
    with op.batch_alter_table("content_versions") as table:
        table.drop_constraint("uq_content_versions_account_hash", type_="unique")
        table.create_unique_constraint("uq_content_versions_hash", ["hash"])
        table.drop_column("account")
