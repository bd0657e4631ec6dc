"""What a conversation remembers: a small JSON text that is forgotten after 30 minutes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, select, tuple_

from bot.store.tables import MAIN_ACCOUNT, conversations
from bot.store.upsert import insert_or_update

EXPIRY_MS = 30 * 60 * 1000

Key = tuple[str, str]  # account, conversation


def load(connection: Connection, key: str, now: int, account: str = MAIN_ACCOUNT) -> str | None:
    """The state kept last, None if there is none or it has expired. `now` in UTC milliseconds."""
    return load_many(connection, [(account, key)], now).get((account, key))


def load_many(connection: Connection, keys: Collection[Key], now: int) -> dict[Key, str]:
    """The states of several conversations; those without one are absent."""
    if not keys:
        return {}
    rows = connection.execute(
        select(conversations.c.account, conversations.c.key, conversations.c.state).where(
            tuple_(conversations.c.account, conversations.c.key).in_(list(keys)),
            conversations.c.updated_at > now - EXPIRY_MS,
        )
    )
    return {(account, key): state for account, key, state in rows}


def save(
    connection: Connection, key: str, state: str | None, now: int, account: str = MAIN_ACCOUNT
) -> None:
    """Keep `state`, or forget the conversation with None."""
    save_many(connection, {(account, key): state}, now)


def save_many(connection: Connection, states: Mapping[Key, str | None], now: int) -> None:
    """Keep or forget several conversations' states."""
    kept = [
        {"account": account, "key": key, "state": state, "updated_at": now}
        for (account, key), state in states.items()
        if state is not None
    ]
    gone = [key for key, state in states.items() if state is None]
    if kept:
        insert_or_update(connection, conversations, kept)
    if gone:
        connection.execute(
            delete(conversations).where(
                tuple_(conversations.c.account, conversations.c.key).in_(gone)
            )
        )


def purge(connection: Connection, now: int, limit: int) -> int:
    """Delete up to `limit` expired states; returns how many."""
    old = (
        select(conversations.c.account, conversations.c.key)
        .where(conversations.c.updated_at <= now - EXPIRY_MS)
        .limit(limit)
    )
    return connection.execute(
        delete(conversations).where(
            tuple_(conversations.c.account, conversations.c.key).in_(old.scalar_subquery())
        )
    ).rowcount
