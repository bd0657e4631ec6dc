"""Residents and what they chose; the list of erasures and its key."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ERASURE_KEY = "erasures"


def upgrade() -> None:
    op.create_table(
        "residents",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("topics", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("life_stages", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("district", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("language", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("has_children", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("quiet_start", sa.Integer),
        sa.Column("quiet_end", sa.Integer),
        sa.Column("monthly_cap", sa.Integer),
        sa.Column("known_at", sa.BigInteger, nullable=False),
        sa.Column("chosen_at", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_residents"),
        sa.UniqueConstraint("account", "user_id", name="uq_residents_account_user_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_residents_segment",
        "residents",
        ["account", "topics", "life_stages", "district", "language", "has_children"],
    )
    op.create_table(
        "resident_children",
        sa.Column(
            "resident", ROW_ID, sa.ForeignKey("residents.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("month", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("resident", "month", name="pk_resident_children"),
    )
    op.create_index("ix_resident_children_month", "resident_children", ["month", "resident"])
    op.create_table(
        "choice_bits",
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("mask", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("attribute", "value", name="pk_choice_bits"),
        sa.UniqueConstraint("attribute", "mask", name="uq_choice_bits_attribute_mask"),
    )
    op.create_table(
        "erasures",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("erased_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_erasures"),
    )
    keys = op.create_table(
        "installation_keys",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation_keys"),
    )
    op.bulk_insert(keys, [{"name": ERASURE_KEY, "value": secrets.token_bytes(32)}])


def downgrade() -> None:
    for table in (
        "installation_keys",
        "erasures",
        "choice_bits",
        "resident_children",
        "residents",
    ):
        op.drop_table(table)
