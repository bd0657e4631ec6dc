"""Scheduled work that any process may do and only one does. Instants are UTC milliseconds."""

from __future__ import annotations

from sqlalchemy import Connection, or_, update

from bot.store.tables import chores
from bot.store.upsert import Upsert

_UPSERT = Upsert(chores)


def take(connection: Connection, name: str, now: int, lease_ms: int, longest_ms: int) -> bool:
    """Whether the chore is due and now the caller's for `lease_ms`; then do it and `plan` anew.

    Who dies over it leaves it to the next one. A time further ahead than `longest_ms` was
    written by a clock that has been set back since.
    """
    if _UPSERT.insert_or_ignore(connection, [{"name": name, "due_at": now + lease_ms}]):
        return True
    due = or_(chores.c.due_at <= now, chores.c.due_at > now + longest_ms)
    taken = update(chores).where(chores.c.name == name, due).values(due_at=now + lease_ms)
    return connection.execute(taken).rowcount == 1


def plan(connection: Connection, name: str, due_at: int) -> None:
    """The chore is done until `due_at`."""
    connection.execute(update(chores).where(chores.c.name == name).values(due_at=due_at))
