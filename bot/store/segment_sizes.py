"""How many residents each saved segment gave on each day, as staff may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from bot.store.tables import MAIN_ACCOUNT, segment_sizes
from bot.store.upsert import Upsert

_UPSERT = Upsert(segment_sizes)


@dataclass(frozen=True)
class DaySize:
    """One segment on one day (Japan's, ISO): from `low` to `high` residents."""

    day: str
    name: str
    low: int
    high: int


def keep(
    connection: Connection,
    day: str,
    sizes: Mapping[str, tuple[int, int]],
    account: str = MAIN_ACCOUNT,
) -> None:
    """The sizes (low, high) of a day by name; what is kept for that day already stays."""
    rows = [
        {"account": account, "day": day, "name": name, "low": low, "high": high}
        for name, (low, high) in sizes.items()
    ]
    if rows:
        _UPSERT.insert_or_ignore(connection, rows)


def since(connection: Connection, day: str, account: str = MAIN_ACCOUNT) -> list[DaySize]:
    """Everything kept for `day` and later, oldest first."""
    table = segment_sizes.c
    query = select(table.day, table.name, table.low, table.high)
    query = query.where(table.account == account, table.day >= day)
    return [DaySize(*row) for row in connection.execute(query.order_by(table.day, table.name))]


def rename(connection: Connection, old: str, new: str, accounts: Collection[str]) -> None:
    """A segment of these accounts goes on under another name; what once had it is forgotten."""
    mine, name = segment_sizes.c.account.in_(accounts), segment_sizes.c.name
    connection.execute(delete(segment_sizes).where(mine, name == new))
    connection.execute(update(segment_sizes).where(mine, name == old).values(name=new))


def purge(connection: Connection, before: str) -> int:
    """Delete what is older than the day `before`; returns how many rows."""
    return connection.execute(delete(segment_sizes).where(segment_sizes.c.day < before)).rowcount
