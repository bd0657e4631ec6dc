"""What is kept about a resident, across all tables: changed by their own acts, and erased."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection, select, union

from bot.core.attributes import Profile
from bot.store import (
    attributes,
    conversations,
    erasures,
    inbox_erasing,
    questions,
    settings_keys,
)
from bot.store import tables as t
from bot.store.tables import MAIN_ACCOUNT


def change(
    connection: Connection,
    resident: str,
    change: Callable[[Profile], Profile],
    now: int,
    account: str = MAIN_ACCOUNT,
) -> Profile:
    """Read, change and keep everything a resident chose in one step; returns what is chosen now.

    Nothing is stored of a resident for whom nothing changes.
    """
    before = attributes.load(connection, resident, account) or Profile()
    after = change(before)
    if after.attributes != before.attributes:
        attributes.save(connection, resident, after.attributes, now, account)
    if after.volume != before.volume:
        attributes.save_volume(connection, resident, after.volume, now, account)
    return after


def erase(
    connection: Connection,
    resident: str,
    *,
    before: int,
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """Everything about a resident up to `before` goes: words, ids, questions, state, choices.

    What the resident did after `before` (asked again, followed again) stays. Rows without words
    and ids stay too: they keep a redelivered event from being answered twice. A keyed hash is
    noted, so that a restored backup can be brought up to date (`bot.services.erasures`).
    """
    asked = inbox_erasing.erase_resident(connection, account, resident, before=before, now=now)
    questions.forget(connection, asked)
    conversations.save(connection, resident, None, now, account)
    attributes.forget(connection, resident, before=before, now=now, account=account)
    settings_keys.forget(connection, resident, account)
    digest = erasures.hasher(connection)
    erasures.record(connection, {digest(account, resident): before})


def erased_since(
    connection: Connection, moments: Iterable[tuple[str, str, int]]
) -> set[tuple[str, str, int]]:
    """Those (account, resident, when) after which the resident was erased.

    What they did then and reaches us only now must not be kept either.
    """
    digest = erasures.hasher(connection)
    hashes = {moment: digest(moment[0], moment[1]) for moment in moments}
    found = erasures.found(connection, set(hashes.values()))
    return {moment for moment, name in hashes.items() if found.get(name, -1) >= moment[2]}


def known_ids(connection: Connection) -> Iterator[tuple[str, str]]:
    """Account and id of everyone of whom any table holds anything, in chunks of a stream.

    Ids of groups and web chats are among them. Each table that gets a resident's id belongs here
    and in `erase`.
    """
    everyone = union(
        select(t.residents.c.account, t.residents.c.user_id),
        select(t.inbox.c.account, t.inbox.c.resident).where(t.inbox.c.resident.is_not(None)),
        select(t.conversations.c.account, t.conversations.c.key),
        select(t.settings_keys.c.account, t.settings_keys.c.user_id),
    )
    for row in connection.execute(everyone.execution_options(yield_per=1000)):
        yield row.account, str(row[1])


def take_back(connection: Connection, message_id: str, account: str = MAIN_ACCOUNT) -> None:
    """A resident unsent a message: its words go wherever they are kept."""
    questions.forget(connection, inbox_erasing.erase_message(connection, account, message_id))
