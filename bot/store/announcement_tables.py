"""The tables of announcements, their ledger and the audit log; instants as in `bot.store.tables`.

The ledger knows residents by their number alone. When a resident is erased the number means
nobody any more, so that ledger and lists lose the person at that moment, whatever else fails.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.store.tables import RowId, metadata

announcements = Table(
    "announcements",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("source", Text, nullable=False),  # the file as staff wrote it
    Column("draft", Text, nullable=False),  # the same as data
    Column("frozen", Text),  # from approval on: LINE messages by language, rule, unit
    Column("corrects", RowId, ForeignKey("announcements.id")),
    Column("series", RowId, ForeignKey("announcements.id")),  # the first of those that repeat
    Column("two_people", Boolean, nullable=False),
    Column("approved_by", Text, nullable=False, server_default=text("''")),
    Column("approved_at", BigInteger),
    Column("due_at", BigInteger),  # when to start; set by the order to send
    Column("expires_at", BigInteger),
    Column("expanding_until", BigInteger, nullable=False, server_default=text("0")),  # a lease
    Column("ready", Boolean, nullable=False, server_default=text("false")),  # ledger complete
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("series", "due_at"),  # an occurrence is planned once
)
Index("ix_announcements_state", announcements.c.account, announcements.c.state)

batches = Table(
    "batches",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("announcement", RowId, ForeignKey("announcements.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("channel", Text, nullable=False),  # multicast | broadcast | none (never sent)
    Column("variant", Text, nullable=False),  # language of its messages
    Column("quiet_start", Integer),  # its residents' quiet hours, minutes of the day in Japan
    Column("quiet_end", Integer),
    # waiting, then for good one of accepted | refused | cancelled | needs_person | split |
    # left | expired | over_cap
    Column("state", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("retry_key", Text),
    Column("recipients", Text),  # ids of the request, frozen before the first one, until settled
    Column("due_at", BigInteger, nullable=False),  # claimable from here: lease end or next try
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("first_at", BigInteger),
    Column("in_flight", Boolean, nullable=False, server_default=text("false")),
    Column("outcome_unknown", Boolean, nullable=False, server_default=text("false")),
    Column("settled_at", BigInteger),
    Column("request_id", Text),  # LINE's, of the accepted request
    Column("error", Text),
    UniqueConstraint("announcement", "number"),
)
OPEN_BATCH = batches.c.settled_at.is_(None)
Index("ix_batches_due", batches.c.due_at, sqlite_where=OPEN_BATCH, postgresql_where=OPEN_BATCH)

# Half a million rows an announcement: as narrow as can be, on SQLite without a second key.
recipients = Table(
    "recipients",
    metadata,
    Column("batch", RowId, ForeignKey("batches.id"), nullable=False),
    Column("resident", RowId, nullable=False),  # a number of `residents`, which may be gone
    PrimaryKeyConstraint("batch", "resident"),
    sqlite_with_rowid=False,
)

# What LINE told last about who opened it; NULL: fewer than 20 people, LINE gives no number.
announcement_results = Table(
    "announcement_results",
    metadata,
    Column("announcement", RowId, ForeignKey("announcements.id"), primary_key=True),
    Column("opened", Integer),
    Column("clicked", Integer),
    Column("asked_at", BigInteger, nullable=False),
)

# When the next request may leave, for all workers together.
pace = Table(
    "pace",
    metadata,
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),  # requests | people
    Column("next_us", BigInteger, nullable=False),  # microseconds since 1970
    PrimaryKeyConstraint("account", "name"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),  # staff; 'system' for the worker. Never a resident
    Column("what", Text, nullable=False),
    Column("object", Text, nullable=False),  # announcement | template | tester ...
    Column("object_id", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=text("''")),
)
Index("ix_audit_object", audit.c.object, audit.c.object_id)

# Staff who receive test sends: residents like others, so that erasing reaches them too.
testers = Table(
    "testers",
    metadata,
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("resident", RowId, nullable=False),
    PrimaryKeyConstraint("account", "name"),
)

templates = Table(
    "templates",
    metadata,
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("approved_by", Text, nullable=False, server_default=text("''")),
    Column("approved_at", BigInteger),
    PrimaryKeyConstraint("account", "name"),
)

# What of the city's news feed has become a draft already.
feed_items = Table(
    "feed_items",
    metadata,
    Column("account", Text, nullable=False),
    Column("item", Text, nullable=False),  # hash of the feed's address and the item's id
    Column("announcement", RowId, ForeignKey("announcements.id"), nullable=False),
    PrimaryKeyConstraint("account", "item"),
)
