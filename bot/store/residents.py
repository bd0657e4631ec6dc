"""What is kept about a resident, across all tables: today only to erase it."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.store import conversations, inbox, questions
from bot.store.tables import MAIN_ACCOUNT


def erase(
    connection: Connection,
    resident: str,
    *,
    before: int,
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """Everything about a resident up to `before` goes: words, ids, questions, state.

    What the resident did after `before` (asked again, followed again) stays. Rows without words
    and ids stay too: they keep a redelivered event from being answered twice.
    """
    asked = inbox.erase_resident(connection, account, resident, before=before, now=now)
    questions.forget(connection, asked)
    conversations.save(connection, resident, None, now, account)


def take_back(connection: Connection, message_id: str, account: str = MAIN_ACCOUNT) -> None:
    """A resident unsent a message: its words go wherever they are kept."""
    questions.forget(connection, inbox.erase_message(connection, account, message_id))
