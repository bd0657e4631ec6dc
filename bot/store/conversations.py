"""What a conversation remembers: a small JSON text that is forgotten after 30 minutes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from bot.store.tables import CONVERSATION_MS, MAIN_ACCOUNT, conversations
from bot.store.upsert import Upsert
from bot.store.writer import ERASED_TRACE

_UPSERT = Upsert(conversations, together=True)

Key = tuple[str, str]  # account, conversation


_LOAD = select(conversations.c.state).where(
    conversations.c.account == bindparam("account"),
    conversations.c.key == bindparam("key"),
    conversations.c.updated_at > bindparam("forgotten"),
)


def load(connection: Connection, key: str, now: int, account: str = MAIN_ACCOUNT) -> str | None:
    """The state kept last, None if there is none or it has expired. `now` in UTC milliseconds."""
    return connection.execute(
        _LOAD, {"account": account, "key": key, "forgotten": now - CONVERSATION_MS}
    ).scalar()


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
        _UPSERT.insert_or_update(connection, kept)
    if gone:
        deleted = connection.execute(
            delete(conversations).where(
                tuple_(conversations.c.account, conversations.c.key).in_(gone)
            )
        )
        if deleted.rowcount:  # a sticker from somebody new has no state either
            connection.info[ERASED_TRACE] = True


def purge(connection: Connection, now: int, limit: int) -> int:
    """Delete up to `limit` expired states; returns how many."""
    old = (
        select(conversations.c.account, conversations.c.key)
        .where(conversations.c.updated_at <= now - CONVERSATION_MS)
        .limit(limit)
    )
    return connection.execute(
        delete(conversations).where(
            tuple_(conversations.c.account, conversations.c.key).in_(old.scalar_subquery())
        )
    ).rowcount
