"""The tables of a new SQLite file at once, as the migrations one after the other would make them.

Alembic and its steps are 0.2 s of a first start and 11 MiB that stay. What they make is kept in
fresh.sql, written by `python -m tests.store.fresh_tables`; a test compares the two.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import Connection

_FILE = Path(__file__).with_name("fresh.sql")
_BETWEEN = ";\n\n"  # no statement has an empty line
_ERASURES = "INSERT INTO installation_keys (name, value) VALUES ('erasures', ?)"
_REVISION = "INSERT INTO alembic_version (version_num) VALUES (?)"


def is_empty(connection: Connection) -> bool:
    """Whether it is a SQLite file without a single table."""
    return connection.dialect.name == "sqlite" and not statements(connection)


def make(connection: Connection, revision: str) -> None:
    """Make an empty SQLite file one of `revision`, the newest."""
    for statement in _FILE.read_text("utf-8").rstrip().split(_BETWEEN):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_ERASURES, (secrets.token_bytes(32),))
    connection.exec_driver_sql(_REVISION, (revision,))


def statements(connection: Connection) -> str:
    """What makes the tables, indexes and triggers of a SQLite file, as in fresh.sql."""
    rows = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%'"
        " ESCAPE '\\' ORDER BY rowid"
    )
    return _BETWEEN.join(row[0] for row in rows)
