"""INSERT that meets an existing row: each database has its own SQLAlchemy construct for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.store import direct
from bot.store.together import parameters, source

_Insert = sqlite.Insert | postgresql.Insert
# Without it SQLAlchemy lets go of an INSERT's row count on PostgreSQL, and -1 comes back.
_COUNTED = {"preserve_rowcount": True}


class Upsert:
    """The statements for one table, built once: building costs more than running them.

    `together`: straight to the driver, on PostgreSQL all rows in one statement; each must give
    every column, or all of `columns`, and none can be bytes.
    """

    def __init__(
        self, table: Table, *, together: bool = False, columns: Collection[str] = ()
    ) -> None:
        lite, server = sqlite.insert(table), postgresql.insert(table)
        self._together = together
        if together:
            named = [column for column in table.columns if not columns or column.name in columns]
            given = source({column.name: column.type for column in named})
            names = [column.name for column in named]
            server = server.from_select(names, select(given), include_defaults=False)
        self._ignore: dict[str, _Insert] = {
            "sqlite": lite.on_conflict_do_nothing(),
            "postgresql": server.on_conflict_do_nothing(),
        }
        keys = [column.name for column in table.primary_key]
        rest = [column.name for column in table.columns if column.name not in keys]
        self._update: dict[str, _Insert] = {
            "sqlite": lite.on_conflict_do_update(
                index_elements=keys, set_={name: lite.excluded[name] for name in rest}
            ),
            "postgresql": server.on_conflict_do_update(
                index_elements=keys, set_={name: server.excluded[name] for name in rest}
            ),
        }

    def insert_or_ignore(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert `rows`, leaving out those that are already there; returns how many are new."""
        statement = self._ignore[connection.dialect.name]
        if self._together:
            return _change(connection, statement, rows)
        return connection.execute(statement, rows, execution_options=_COUNTED).rowcount

    def insert_or_update(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert whole `rows`; one whose primary key is already there gets the new values."""
        statement = self._update[connection.dialect.name]
        if self._together:
            _change(connection, statement, rows)
        else:
            connection.execute(statement, rows)


def _change(connection: Connection, statement: _Insert, rows: Sequence[Mapping[str, Any]]) -> int:
    if connection.dialect.name == "sqlite":
        return direct.change_each(connection, statement, rows)
    return direct.change(connection, statement, parameters(rows))
