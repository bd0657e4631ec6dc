"""Proof that the database takes writes."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.store.tables import pulse
from bot.store.upsert import Upsert

_UPSERT = Upsert(pulse)


def beat(connection: Connection, now: int) -> None:
    """Write one small row; inside `Database.write` it is on disk when that returns."""
    _UPSERT.insert_or_update(connection, [{"id": 1, "at": now}])
