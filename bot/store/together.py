"""Fewer ways to the server and back: several rows in one statement, statements sent together.

PostgreSQL takes rows as one JSON value. SQLite has no way to go, and makes a statement for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Executable,
    Text,
    Update,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.types import TypeEngine

from bot.store import direct

Value = Callable[[str], ColumnElement[Any]]
_PARAMETER = "rows"
_IDLE = 0  # psycopg.pq.TransactionStatus.IDLE


def source(columns: Mapping[str, TypeEngine[Any]]) -> Any:
    """For PostgreSQL: the parameter of `parameters(rows)` as a table with these columns.

    Their types can be text, numbers and booleans: what JSON can say.
    """
    given = cast(bindparam(_PARAMETER, type_=Text()), JSON)
    named = [column(name, kind) for name, kind in columns.items()]
    table = func.json_to_recordset(given).table_valued(*named, name="given")
    return table.render_derived(with_types=True)


def among(column: ColumnElement[int], table: Any, name: str) -> ColumnElement[bool]:
    """`column` is one of `table`'s values of `name`, found by the column's index for certain.

    An equation alone would let the server look at every row of a table that it believes small.
    """
    return column == any_(func.array(select(table.c[name]).scalar_subquery()))


def parameters(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What a statement that reads from `source` is run with."""
    return {_PARAMETER: json.dumps(rows)}


class Each:
    """One UPDATE that is made with each of several rows of values; no two may mean one row.

    `build(value)` makes the statement; in it `value(name)` is a row's value of that name. The first
    of `columns` is equal to `key`, a column with an index.
    """

    def __init__(
        self,
        build: Callable[[Value], Update],
        key: ColumnElement[int],
        **columns: TypeEngine[Any],
    ) -> None:
        self._one = build(lambda name: bindparam(name, type_=columns[name]))
        given = select(source(columns)).cte("given")
        self._together = build(given.c.__getitem__).where(among(key, given, next(iter(columns))))

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Returns how many rows of the table were changed."""
        if not rows:
            return 0
        if connection.dialect.name == "sqlite":
            return direct.change_each(connection, self._one, rows)
        return direct.change(connection, self._together, parameters(rows))

    def ahead(self, rows: Sequence[Mapping[str, Any]]) -> Ahead:
        """For PostgreSQL: the same, to be sent with another statement."""
        return Ahead(self._together, parameters(rows))


@dataclass
class Ahead:
    """For PostgreSQL: a statement that goes together with another, before it.

    `rows` is what it gave, once the last one is done.
    """

    statement: Executable
    values: Mapping[str, Any]
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def fetch_together(
    connection: Connection, last: Executable, values: Mapping[str, Any], ahead: Sequence[Ahead]
) -> list[tuple[Any, ...]]:
    """For PostgreSQL: run all of them and return the last one's rows.

    Each is done when its turn comes and sees what those before it did. Where no transaction is
    open they are one.
    """
    if not ahead:
        return direct.fetch(connection, last, values)
    every = [*ahead, Ahead(last, values)]
    driver = direct.driver(connection)
    with driver.pipeline():
        sent = []
        for each in every:
            written, fixed = direct.text(each.statement, connection.dialect)
            sent.append(driver.execute(written, {**fixed, **each.values}))
    for each, cursor in zip(every, sent, strict=True):
        each.rows = cursor.fetchall() if cursor.description else []
    return every[-1].rows


def begin(connection: Connection) -> None:
    """From here on one transaction, where none is open yet."""
    if connection.dialect.name != "postgresql":
        return
    if direct.driver(connection).info.transaction_status == _IDLE:
        connection.exec_driver_sql("BEGIN")
