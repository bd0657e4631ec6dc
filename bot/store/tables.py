"""The tables. Instants are UTC milliseconds since 1970 in a BigInteger.

Not a DATETIME: SQLite has none, an integer means the same on both databases, and LINE's own
timestamps are milliseconds.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

MAIN_ACCOUNT = "main"
CONVERSATION_MS = 30 * 60 * 1000  # how long a conversation's state counts

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for a column that is exactly INTEGER PRIMARY KEY.
RowId = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),  # order of arrival
    Column("account", Text, nullable=False),
    Column("event_id", Text, nullable=False),  # webhookEventId: the same event only once
    Column("kind", Text, nullable=False),
    Column("conversation", Text),  # resident's, group's or room's id; NULL after erasure
    Column("resident", Text),  # who spoke; NULL if unknown or erased
    Column("message_id", Text),  # of an unsend: the message taken back
    Column("occurred_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),  # a redelivery renews it while open
    Column("reply_token", Text),
    Column("body", Text, nullable=False),  # the event, already masked, as ASCII JSON
    # waiting | leased | decided, then for good one of
    # replied | maybe_sent | unanswered | ignored | erased
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # claimable from here: lease end or next try
    Column("attempts", Integer, nullable=False, server_default=text("0")),  # times claimed
    Column("in_flight", Boolean, nullable=False, server_default=text("false")),
    Column("outcome_unknown", Boolean, nullable=False, server_default=text("false")),
    Column("forget", Boolean, nullable=False, server_default=text("false")),
    Column("messages", Text),  # the reply, frozen when decided, dropped when settled
    Column("outcome", Text),
    Column("question_id", Text),
    Column("settled_at", BigInteger),
    UniqueConstraint("account", "event_id"),
)

OPEN = inbox.c.settled_at.is_(None)
# By account: one city's flood is not searched through for the events of another.
Index(
    "ix_inbox_due",
    inbox.c.account,
    inbox.c.due_at,
    inbox.c.id,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index(
    "ix_inbox_order",
    inbox.c.account,
    inbox.c.conversation,
    inbox.c.occurred_at,
    inbox.c.id,
    sqlite_where=OPEN,
    postgresql_where=OPEN,
)
Index("ix_inbox_resident", inbox.c.account, inbox.c.resident)
Index("ix_inbox_message_id", inbox.c.account, inbox.c.message_id)

conversations = Table(
    "conversations",
    metadata,
    Column("account", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "key"),
)
Index("ix_conversations_updated_at", conversations.c.updated_at)

# For staff statistics. No resident here; only an inbox row knows which question was its own,
# so that taking back and erasing reach it.
questions = Table(
    "questions",
    metadata,
    Column("id", Text, primary_key=True),  # random: says nothing about when or who
    Column("account", Text, nullable=False),
    Column("day", Text, nullable=False),  # Japan's day, ISO
    Column("text", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("candidates", Text, nullable=False),  # JSON list of ids
)
Index("ix_questions_day", questions.c.day)

content_versions = Table(
    "content_versions",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False, server_default=text("'main'")),  # whose folder
    Column("hash", Text, nullable=False),
    Column("bundle", LargeBinary, nullable=False),  # zlib of the JSON of path -> text
    Column("created_at", BigInteger, nullable=False),
    Column("good", Boolean, nullable=False),
    UniqueConstraint("account", "hash"),
)

# One row that a readiness check writes: the only proof that the disk still takes writes.
pulse = Table(
    "pulse",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)

# Friends we know, with what they chose; '' and 0 where nothing was chosen. No name, picture or
# status. The sets are bits, so that counting a segment is one pass over one index.
residents = Table(
    "residents",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("topics", BigInteger, nullable=False, server_default=text("0")),
    Column("life_stages", BigInteger, nullable=False, server_default=text("0")),
    Column("district", Text, nullable=False, server_default=text("''")),
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("has_children", Boolean, nullable=False, server_default=text("false")),
    Column("quiet_start", Integer),  # minutes since midnight in Japan
    Column("quiet_end", Integer),
    Column("monthly_cap", Integer),
    # An erasure that arrives late spares what the resident did after it.
    Column("known_at", BigInteger, nullable=False),  # followed, imported, talked first
    Column("chosen_at", BigInteger, nullable=False, server_default=text("0")),
    UniqueConstraint("account", "user_id"),
    # Never an erased resident's number again: the ledger of announcements knows only numbers.
    sqlite_autoincrement=True,
)
Index(
    "ix_residents_segment",
    residents.c.account,
    residents.c.topics,
    residents.c.life_stages,
    residents.c.district,
    residents.c.language,
    residents.c.has_children,
)

resident_children = Table(
    "resident_children",
    metadata,
    Column("resident", RowId, ForeignKey("residents.id", ondelete="CASCADE"), nullable=False),
    Column("month", Integer, nullable=False),  # of birth, counted since year 0
    PrimaryKeyConstraint("resident", "month"),
)
Index("ix_resident_children_month", resident_children.c.month, resident_children.c.resident)

# Which bit of a set column stands for which choice. A bit is given on first use, for good.
choice_bits = Table(
    "choice_bits",
    metadata,
    Column("attribute", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("mask", BigInteger, nullable=False),
    PrimaryKeyConstraint("attribute", "value"),
    UniqueConstraint("attribute", "mask"),
)

# Who was erased, as a keyed hash: a restored backup is compared with it.
erasures = Table(
    "erasures",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
)

# This installation's own secrets, made by the migration, so that every backup has them.
installation_keys = Table(
    "installation_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# What opens a resident's settings page: a link used once, then a browser's session.
settings_keys = Table(
    "settings_keys",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # link | session
    Column("account", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
Index("ix_settings_keys_user_id", settings_keys.c.user_id)

# Scheduled work: whoever moves `due_at` on does it, so that it is done once by however many.
chores = Table(
    "chores",
    metadata,
    Column("name", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
)

# How many residents each saved segment gave on a day (Japan's, ISO), as staff may see it: the
# exact size is no more in here than on a screen, so `low` and `high` may differ.
segment_sizes = Table(
    "segment_sizes",
    metadata,
    Column("account", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("low", Integer, nullable=False),
    Column("high", Integer, nullable=False),
    PrimaryKeyConstraint("account", "day", "name"),
)
