"""The whole database as plain rows that either database can take in. Tables are found by looking.

Looking, not `bot.store.tables`: a backup made by an older version has the tables of its time.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.migrate import HEAD, REVISIONS, downgrade, migrate

_VERSION_TABLE = "alembic_version"
CHUNK = 500  # rows in memory at a time
_BYTES = "b64"

Row = list[Any]  # JSON values, in the order of the table's columns


class OnConnection:
    """A `Database` inside one open transaction, for what is to happen together or not at all."""

    exclusive = False
    commits_together = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(self, function: Any) -> Any:
        """Run `function` in the transaction that is open."""
        return function(self._connection)

    def work(self, function: Any, *, single: bool = False) -> Any:
        """As `write`."""
        return function(self._connection)

    def read(self) -> AbstractContextManager[Connection]:
        """The same connection."""
        return nullcontext(self._connection)

    def close(self) -> None:
        """Whoever opened the connection closes it."""


def tables_of(connection: Connection) -> list[Table]:
    """Every table but Alembic's own; one that refers to another comes after it."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _VERSION_TABLE]


def steady(connection: Connection) -> None:
    """Call first: from now on this connection sees one moment, whatever others write."""
    if connection.dialect.name == "postgresql":
        connection.rollback()  # whatever woke it up; how it sees can be said at a beginning only
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        patient(connection)


def patient(connection: Connection) -> None:
    """Let this transaction rest for as long as its caller is busy elsewhere: with a slow disk, or
    with the other database. Our connections are ended otherwise, lest a dead machine holds locks."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def rows_of(connection: Connection, table: Table) -> Iterator[Row]:
    """Every row, by primary key; only a few at a time are in memory."""
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options={"yield_per": CHUNK}):
        yield [_json_value(value) for value in row]


def numbers_of(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """Table -> the last number it gave out, where the database will never give it again."""
    if connection.dialect.name == "sqlite":
        if not inspect(connection).has_table("sqlite_sequence"):
            return {}
        found = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
        return {str(row[0]): int(row[1]) for row in found}
    numbers = {}
    for table in tables:
        if (sequence := _sequence(connection, table)) is not None:
            last, used = connection.execute(
                text(f"SELECT last_value, is_called FROM {sequence}")
            ).one()
            numbers[table.name] = last if used else 0
    return numbers


def empty_at(connection: Connection, revision: str) -> None:
    """Throw everything away and make the empty tables of `revision`, in this transaction.

    Raises StoreVersion where a newer version made what is there.
    """
    inside: Database = OnConnection(connection)
    migrate(inside)
    # By the migrations' own way back: they also know triggers and functions.
    downgrade(inside)
    migrate(inside)
    if revision != HEAD:
        downgrade(inside, revision)
    for table in reversed(tables_of(connection)):  # a migration may have put rows in
        connection.execute(table.delete())


def fill(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows. Raises StoreError where they do not fit the table."""
    if set(columns) - set(table.columns.keys()):
        raise StoreError(f"バックアップの表「{table.name}」の形が、この版と合いません。")
    values = [dict(zip(columns, map(_value, row), strict=True)) for row in rows]
    if values:
        connection.execute(insert(table), values)


def number_on(connection: Connection, tables: Iterable[Table], last: Mapping[str, int]) -> None:
    """New rows get numbers above `last` and above every row that is there."""
    for table in tables:
        if connection.dialect.name == "sqlite":
            _number_on_sqlite(connection, table.name, last.get(table.name, 0))
        elif (sequence := _sequence(connection, table)) is not None:
            column = next(iter(table.primary_key.columns))
            highest = connection.execute(select(func.max(column))).scalar() or 0
            if (number := max(highest, last.get(table.name, 0))) > 0:
                connection.execute(
                    text("SELECT setval(CAST(:sequence AS regclass), :number)"),
                    {"sequence": sequence, "number": number},
                )


def others_connected(connection: Connection) -> int:
    """How many other programs use this PostgreSQL database now."""
    found: int = connection.execute(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    ).scalar_one()
    return found


def connections(connection: Connection) -> tuple[int, int]:
    """How many connections this PostgreSQL server takes from everybody, and how many there are."""
    most = connection.execute(
        text(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
        )
    ).scalar_one()
    used = connection.execute(
        text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    ).scalar_one()
    return most, used


def known(revision: str) -> bool:
    """Whether this version can take in a backup of that revision."""
    return revision in REVISIONS


def _number_on_sqlite(connection: Connection, name: str, number: int) -> None:
    made = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    sql = connection.execute(made, {"name": name}).scalar() or ""
    if "AUTOINCREMENT" not in sql.upper() or number <= 0:
        return
    values = {"name": name, "number": number}
    update = text("UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :name")
    if connection.execute(update, values).rowcount == 0:
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :number)"), values)


def _sequence(connection: Connection, table: Table) -> str | None:
    """PostgreSQL's sequence behind a table's number, None where it has none."""
    columns = list(table.primary_key.columns)
    if len(columns) != 1:
        return None
    find = text("SELECT pg_get_serial_sequence(:table, :column)")
    values = {"table": table.name, "column": columns[0].name}
    found: str | None = connection.execute(find, values).scalar()
    return found


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise StoreError(f"この型の値はバックアップできません（{type(value).__name__}）。")


def _value(value: Any) -> Any:
    return base64.b64decode(value[_BYTES]) if isinstance(value, dict) else value
