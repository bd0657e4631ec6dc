"""What is learned in use: how residents took answers, and which links lead nowhere."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from bot.store.tables import metadata

# No resident and no words: the day and the ids of content alone. Nothing leads back to anybody,
# so erasing a resident has nothing to find here; the retention ends it.
reactions = Table(
    "reactions",
    metadata,
    Column("id", Text, primary_key=True),  # random
    Column("account", Text, nullable=False),
    Column("day", Text, nullable=False),  # Japan's day, ISO
    Column("kind", Text, nullable=False),  # solved | unsolved | chosen
    Column("item", Text, nullable=False),  # what it is about; '' is none of those shown
    Column("shown", Text, nullable=False),  # of chosen: JSON list of the ids on offer
)
Index("ix_reactions_day", reactions.c.day)

# What came of asking each link of the content; all of an account are replaced together.
link_checks = Table(
    "link_checks",
    metadata,
    Column("account", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # good | moved | unsure | broken
    Column("status", Integer),  # HTTP's; NULL where no answer came
    Column("text", Text, nullable=False),  # what staff read about it
    Column("used_by", Text, nullable=False),  # JSON list of places in the content
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "url"),
)
