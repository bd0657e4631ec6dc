"""Sign-ins that are open now, and attempts that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bot.store.staff_tables import sign_in_attempts, staff_sessions
from bot.store.upsert import Upsert

_ATTEMPTS = Upsert(sign_in_attempts)
_FORGET_MS = 24 * 60 * 60 * 1000  # failures older than this are forgotten

# What is still missing: the second factor's code, its set-up, nothing.
CODE, SETUP, FULL = "code", "setup", "full"


@dataclass(frozen=True)
class Session:
    """One sign-in. Instants in UTC milliseconds."""

    digest: str
    staff: int
    stage: str
    setup_secret: str | None
    created_at: int
    seen_at: int
    confirmed_at: int


def open_session(connection: Connection, session: Session) -> None:
    """Keep a new sign-in."""
    connection.execute(insert(staff_sessions), [session.__dict__])


def find(connection: Connection, digest: str) -> Session | None:
    """The sign-in with that digest, however old."""
    row = connection.execute(
        select(staff_sessions).where(staff_sessions.c.digest == digest)
    ).first()
    return Session(**row._mapping) if row else None


def change(connection: Connection, digest: str, **values: Any) -> None:
    """Set columns of one sign-in."""
    connection.execute(
        update(staff_sessions).where(staff_sessions.c.digest == digest).values(**values)
    )


def end(connection: Connection, digest: str) -> None:
    """Sign out here."""
    connection.execute(delete(staff_sessions).where(staff_sessions.c.digest == digest))


def end_all(connection: Connection, staff_id: int, but: str = "") -> int:
    """Sign a person out everywhere (`but` there); returns how many sign-ins ended."""
    mine = (staff_sessions.c.staff == staff_id) & (staff_sessions.c.digest != but)
    return connection.execute(delete(staff_sessions).where(mine)).rowcount


def count(connection: Connection, staff_id: int) -> int:
    """How many sign-ins a person has, expired ones that nobody has purged included."""
    found = select(staff_sessions.c.digest).where(staff_sessions.c.staff == staff_id)
    return len(connection.execute(found).all())


def purge(connection: Connection, seen_before: int, created_before: int) -> None:
    """Delete what has expired."""
    old = (staff_sessions.c.seen_at < seen_before) | (staff_sessions.c.created_at < created_before)
    connection.execute(delete(staff_sessions).where(old))


def locked_until(connection: Connection, keys: list[str], now: int) -> int:
    """Until when none of the keys may try again; 0 where they may."""
    found = connection.execute(
        select(sign_in_attempts.c.locked_until).where(
            sign_in_attempts.c.key.in_(keys), sign_in_attempts.c.locked_until > now
        )
    ).scalars()
    return max(found, default=0)


def failed(connection: Connection, key: str, allowed: int, now: int) -> None:
    """Count a failure; past `allowed` of them each one locks twice as long, up to an hour."""
    row = connection.execute(select(sign_in_attempts).where(sign_in_attempts.c.key == key)).first()
    known = row is not None and row.last_at > now - _FORGET_MS
    failures = (row.failures if row and known else 0) + 1
    over = failures - allowed
    pause = min(30_000 * 2 ** min(over, 10), 3_600_000) if over >= 0 else 0
    _ATTEMPTS.insert_or_update(
        connection,
        [{"key": key, "failures": failures, "last_at": now, "locked_until": now + pause}],
    )


def forgive(connection: Connection, keys: list[str], now: int) -> None:
    """Forget the failures of `keys`, and everyone's old ones."""
    old = sign_in_attempts.c.last_at < now - _FORGET_MS
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.key.in_(keys) | old))
