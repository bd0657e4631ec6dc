"""The table of images that staff uploaded; instants as in `bot.store.tables`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from bot.store.tables import metadata

# In the database and not in a folder: every process and machine serves it, every backup has it.
images = Table(
    "images",
    metadata,
    Column("account", Text, nullable=False),
    Column("digest", Text, nullable=False),  # SHA-256 of `data`: the name in its public address
    Column("words", Text, nullable=False),  # for those who do not see it
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # bytes of `data`
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),  # a JPEG that we encoded
    PrimaryKeyConstraint("account", "digest"),
)
