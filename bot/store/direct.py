"""Statements whose text is made once and goes to the driver as it is.

From a statement to the driver SQLAlchemy tells listeners, puts values in order and makes a result:
for what an incoming event takes, three times the work of SQLite itself (docs/performance.md). What
every event costs goes this way, inside `Database.write` and `work`; all else goes SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.dialects import sqlite

# Values go by name, in whatever order; what a statement does not name is passed over.
_SQLITE = sqlite.dialect(paramstyle="named")

Values = Mapping[str, Any]


@cache
def text(
    statement: Any, dialect: Dialect, names: tuple[str, ...] = ()
) -> tuple[str, dict[str, Any]]:
    """A statement as `dialect` writes it, and the values that stand fast in it.

    `names`: those of the values that it will be given; an INSERT has these columns.
    """
    compiled = statement.compile(dialect=dialect, column_keys=names or None)
    fixed = {
        n: each.effective_value for each, n in compiled.bind_names.items() if not each.required
    }
    return str(compiled), fixed


def driver(connection: Connection) -> Any:
    """The driver's own connection. What it raises is made a StoreError where a write ends."""
    return connection.connection.driver_connection


def fetch(connection: Connection, statement: Executable, values: Values) -> list[tuple[Any, ...]]:
    """Run it; all rows as the driver gives them (on SQLite a boolean is 0 or 1)."""
    cursor = _run(connection, statement, values)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def change(connection: Connection, statement: Executable, values: Values) -> int:
    """Run it; returns how many rows of the table were changed."""
    count: int = _run(connection, statement, values).rowcount
    return count


def change_each(connection: Connection, statement: Executable, rows: Sequence[Values]) -> int:
    """On SQLite: run it with each of `rows`; returns how many rows of the table were changed."""
    written, fixed = text(statement, _SQLITE, tuple(rows[0]))
    if fixed:
        rows = [{**fixed, **row} for row in rows]
    count: int = driver(connection).executemany(written, rows).rowcount
    return count


def _run(connection: Connection, statement: Executable, values: Values) -> Any:
    dialect = connection.dialect
    written, fixed = text(statement, _SQLITE if dialect.name == "sqlite" else dialect)
    return driver(connection).execute(written, {**fixed, **values})
