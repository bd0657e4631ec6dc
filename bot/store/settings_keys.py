"""Keys to one resident's settings page: the link sent to them, then the browser that used it.

Only hashes are stored. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from bot.store.tables import MAIN_ACCOUNT, settings_keys

LINK_MS = 10 * 60 * 1000
SESSION_MS = 15 * 60 * 1000
_LINK, _SESSION = "link", "session"


class Owner(NamedTuple):
    """Whose settings a key opens."""

    account: str
    user_id: str


def add_link(
    connection: Connection, digest: str, user_id: str, now: int, account: str = MAIN_ACCOUNT
) -> None:
    """A link for this resident, good for ten minutes; the one before it opens nothing any more."""
    mine = (settings_keys.c.account == account) & (settings_keys.c.user_id == user_id)
    connection.execute(delete(settings_keys).where(mine, settings_keys.c.kind == _LINK))
    _add(connection, digest, _LINK, Owner(account, user_id), now + LINK_MS)


def exchange(connection: Connection, link: str, session: str, now: int) -> bool:
    """Use up a link for a session of fifteen minutes; False where it is unknown, used or late."""
    used = connection.execute(
        delete(settings_keys)
        .where(settings_keys.c.digest == link, settings_keys.c.kind == _LINK)
        .where(settings_keys.c.expires_at > now)
        .returning(settings_keys.c.account, settings_keys.c.user_id)
    ).first()
    if used is None:
        return False
    _add(connection, session, _SESSION, Owner(*used), now + SESSION_MS)
    return True


def owner(connection: Connection, session: str, now: int) -> Owner | None:
    """Whose settings a session may see and change; None where it is unknown or over."""
    row = connection.execute(
        select(settings_keys.c.account, settings_keys.c.user_id).where(
            settings_keys.c.digest == session,
            settings_keys.c.kind == _SESSION,
            settings_keys.c.expires_at > now,
        )
    ).first()
    return Owner(*row) if row else None


def account_of(connection: Connection, digest: str, now: int) -> str:
    """The account of a link or a session, "" where it is unknown or over."""
    found = connection.execute(
        select(settings_keys.c.account).where(
            settings_keys.c.digest == digest, settings_keys.c.expires_at > now
        )
    ).scalar()
    return found or ""


def close(connection: Connection, session: str) -> None:
    """The resident has finished."""
    connection.execute(delete(settings_keys).where(settings_keys.c.digest == session))


def forget(connection: Connection, user_id: str, account: str = MAIN_ACCOUNT) -> None:
    """Every key of a resident goes."""
    connection.execute(
        delete(settings_keys).where(
            settings_keys.c.account == account, settings_keys.c.user_id == user_id
        )
    )


def purge(connection: Connection, now: int) -> int:
    """Delete what opens nothing any more; returns how many."""
    return connection.execute(
        delete(settings_keys).where(settings_keys.c.expires_at <= now)
    ).rowcount


def _add(connection: Connection, digest: str, kind: str, who: Owner, expires_at: int) -> None:
    connection.execute(
        insert(settings_keys).values(
            digest=digest,
            kind=kind,
            account=who.account,
            user_id=who.user_id,
            expires_at=expires_at,
        )
    )
