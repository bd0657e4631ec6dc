"""Announcements as the console lists them. Every function reads inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, func, or_, select

from bot.core.announcements import State
from bot.store.announcement_tables import announcements
from bot.store.tables import MAIN_ACCOUNT

PAGE = 50
_COLUMNS = (
    "id state kind title author approved_by due_at started_at finished_at created_at corrects draft"
).split()


@dataclass(frozen=True)
class Row:
    """One line of a list; instants are UTC milliseconds."""

    id: int
    state: State
    kind: str
    title: str
    author: str
    approved_by: str
    due_at: int | None
    started_at: int | None
    finished_at: int | None
    created_at: int
    corrects: int | None
    draft: str


def page(
    connection: Connection,
    states: Collection[State] = (),
    words: str = "",
    before: int | None = None,
    account: str = MAIN_ACCOUNT,
) -> Sequence[Row]:
    """Up to 51 of those states (all where none is named), newest first; the 51st says "more".

    `words` stand in the title, the text or the author's name; `before` is the id the page starts
    below.
    """
    table = announcements.c
    query = _selected().where(table.account == account)
    if states:
        query = query.where(table.state.in_([str(state) for state in states]))
    if words:
        columns = (table.title, table.source, table.author)
        query = query.where(or_(*(each.contains(words, autoescape=True) for each in columns)))
    if before is not None:
        query = query.where(table.id < before)
    return _rows(connection, query.order_by(table.id.desc()).limit(PAGE + 1))


def by_state(connection: Connection, account: str = MAIN_ACCOUNT) -> dict[State, int]:
    """How many stand where."""
    table = announcements.c
    query = select(table.state, func.count()).where(table.account == account).group_by(table.state)
    return {State(state): number for state, number in connection.execute(query)}


def between(
    connection: Connection, first: int, end: int, account: str = MAIN_ACCOUNT
) -> Sequence[Row]:
    """Those that start, or are to start, from `first` until before `end`, in that order."""
    table = announcements.c
    begins = func.coalesce(table.started_at, table.due_at)
    query = _selected().where(table.account == account, and_(begins >= first, begins < end))
    query = query.where(or_(table.started_at.is_not(None), table.state != str(State.CANCELLED)))
    return _rows(connection, query.order_by(begins, table.id))


def _selected() -> Select[tuple[object, ...]]:
    return select(*(announcements.c[name] for name in _COLUMNS))


def _rows(connection: Connection, query: Select[tuple[object, ...]]) -> list[Row]:
    found = (dict(row._mapping) for row in connection.execute(query))
    return [Row(**{**values, "state": State(values["state"])}) for values in found]
