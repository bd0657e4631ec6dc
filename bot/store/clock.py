"""The database's clock: the one time that all workers share, however wrong their own is."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, text

# SQLite's time is that of the one machine the file lives on. 'subsec' would need SQLite 3.42.
_SQLITE = text("SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)")
_SERVER = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)")


def now_ms(connection: Connection) -> int:
    """UTC milliseconds since 1970, by the database."""
    statement = _SQLITE if connection.dialect.name == "sqlite" else _SERVER
    return int(connection.execute(statement).scalar_one())


def moment(milliseconds: int) -> datetime:
    """Milliseconds as an aware UTC instant."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def milliseconds(instant: datetime | None) -> int | None:
    """The inverse of `moment`; None stays None."""
    return None if instant is None else round(instant.timestamp() * 1000)
