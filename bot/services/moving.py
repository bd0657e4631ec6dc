"""A living town moves from one database to another: everything or nothing, compared on both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Table, func, select

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.migrate import migrate, require_current
from bot.store.portable import (
    CHUNK,
    OnConnection,
    Row,
    fill,
    number_on,
    numbers_of,
    others_connected,
    patient,
    rows_of,
    steady,
    tables_of,
)

# What a migration or a start puts into a database that is empty otherwise.
_MADE_BY_ITSELF = {"installation_keys", "chores", "pulse", "content_versions", "content_files"}

Progress = Callable[[str, int], None]


def move(source: Database, target: Database, progress: Progress) -> dict[str, int]:
    """Copy every table into an empty target; returns the number of rows of each.

    The source is only read. The target gets its tables, rows and numbers in one transaction: a
    move broken off leaves nothing, and can be started again. `progress` is told of each table.
    Raises StoreError or StoreVersion with the reason.
    """
    require_current(source)
    with source.read() as old:
        steady(old)
        if old.dialect.name == "postgresql" and (others := others_connected(old)):
            raise StoreError(
                f"元のデータベースを、ほかに{others}つのプログラムが使っています。"
                "まどぐちを全部止めてから、もう一度始めてください。"
            )
        return target.write(lambda new: _copy(old, new, progress))


def _copy(old: Connection, new: Connection, progress: Progress) -> dict[str, int]:
    patient(new)
    _refuse_full(new)
    inside: Database = OnConnection(new)
    migrate(inside)
    tables = tables_of(old)
    found = {table.name: table for table in tables_of(new)}
    if set(found) != {table.name for table in tables}:
        raise StoreError("2つのデータベースの表がそろっていません。同じ版で作り直してください。")
    for table in reversed(tables):
        new.execute(found[table.name].delete())
    counts = {}
    for table in tables:
        counts[table.name] = _copy_table(old, new, table, found[table.name])
        progress(table.name, counts[table.name])
    number_on(new, found.values(), numbers_of(old, tables))
    return counts


def _refuse_full(new: Connection) -> None:
    tables = tables_of(new)
    full = [
        table.name
        for table in tables
        if table.name not in _MADE_BY_ITSELF
        and new.execute(select(func.count()).select_from(table)).scalar_one()
    ]
    if full:
        raise StoreError(
            f"移し先のデータベースは空ではありません（{'・'.join(sorted(full))}）。"
            "空のデータベースを用意してください。何も変えていません。"
        )


def _copy_table(old: Connection, new: Connection, source: Table, target: Table) -> int:
    columns = [column.name for column in source.columns]
    before, after = _Sum(), _Sum()
    chunk: list[Row] = []
    for row in rows_of(old, source):
        before.add(row)
        chunk.append(row)
        if len(chunk) == CHUNK:
            fill(new, target, columns, chunk)
            chunk = []
    fill(new, target, columns, chunk)
    order = [list(target.columns.keys()).index(name) for name in columns]
    for row in rows_of(new, target):
        after.add([row[place] for place in order])
    if before != after:
        raise StoreError(
            f"表「{source.name}」が同じになりませんでした（元{before.count}件、"
            f"移し先{after.count}件）。移し先は空のままにしました。"
        )
    return before.count


class _Sum:
    """How many rows, and what they hold, whatever their order: two databases sort differently."""

    def __init__(self) -> None:
        self.count = self.total = 0

    def add(self, row: Sequence[object]) -> None:
        """One row more."""
        text = json.dumps(row, ensure_ascii=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode("ascii")).digest()
        self.count += 1
        self.total = (self.total + int.from_bytes(digest[:16])) % 2**128

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sum) and (self.count, self.total) == (other.count, other.total)

    __hash__ = None  # type: ignore[assignment]  # it grows
