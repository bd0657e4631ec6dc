"""Signs of life: the database takes writes, somebody works on the replies, a backup was made."""

from __future__ import annotations

from sqlalchemy import Connection, select

from bot.store.tables import pulse
from bot.store.upsert import Upsert

_UPSERT = Upsert(pulse)
READINESS, WORKER, BACKUP = 1, 2, 3


def beat(connection: Connection, now: int, who: int = READINESS) -> None:
    """Write one small row; inside `Database.write` it is on disk when that returns."""
    _UPSERT.insert_or_update(connection, [{"id": who, "at": now}])


def last(connection: Connection, who: int) -> int | None:
    """When `who` has beaten last (UTC milliseconds)."""
    return connection.execute(select(pulse.c.at).where(pulse.c.id == who)).scalar()
