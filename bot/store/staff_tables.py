"""The console's tables: people, sessions, sign-in attempts, content changes, marks on questions."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.store.tables import RowId, metadata

staff = Table(
    "staff",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False, server_default=text("'main'")),
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # argon2id, with its parameters
    Column("role", Text, nullable=False),
    Column("sections", Text, nullable=False),  # JSON list of folders or files; [] is all
    Column("totp_secret", Text),  # base32; NULL until set up
    # The last time step whose code was used: no code works twice.
    Column("totp_step", BigInteger, nullable=False, server_default=text("0")),
    Column("disabled", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("account", "name"),
    sqlite_autoincrement=True,  # the audit log and old versions name people by name, never reused
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    Column("digest", Text, primary_key=True),  # of the cookie: who reads this cannot sign in
    Column("staff", RowId, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    Column("stage", Text, nullable=False),  # code | setup | full
    Column("setup_secret", Text),  # the second factor being set up
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),  # password given last
)
Index("ix_staff_sessions_staff", staff_sessions.c.staff)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("key", Text, primary_key=True),  # digest of name, address or both
    Column("failures", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
)

# What every content file holds as the console knows it: what a change is compared with.
# `account` is whose folder it is; accounts that share one have it under one id.
content_files = Table(
    "content_files",
    metadata,
    Column("account", Text, nullable=False, server_default=text("'main'")),
    Column("path", Text, nullable=False),
    Column("digest", Text, nullable=False),  # '' for a file that is gone
    Column("data", LargeBinary, nullable=False),  # zlib
    Column("changed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "path"),
)

content_changes = Table(
    "content_changes",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False, server_default=text("'main'")),
    Column("path", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("kind", Text, nullable=False),  # form | text | back | csv | import | outside
    Column("before_digest", Text, nullable=False),
    Column("after_digest", Text, nullable=False),
    Column("before", LargeBinary, nullable=False),
    Column("after", LargeBinary, nullable=False),
)
Index(
    "ix_content_changes_path",
    content_changes.c.account,
    content_changes.c.path,
    content_changes.c.id,
)

# What staff said about a wording; the wording itself goes with the retention.
question_marks = Table(
    "question_marks",
    metadata,
    Column("account", Text, nullable=False, server_default=text("'main'")),
    Column("digest", Text, nullable=False),
    Column("mark", Text, nullable=False),  # not_ours | done
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("account", "digest"),
)
