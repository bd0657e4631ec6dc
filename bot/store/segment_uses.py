"""What refers to a saved segment by its name and would lose it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from bot.core.announcements import State
from bot.store.announcement_tables import announcements, templates

_OVER = (State.SENT, State.CANCELLED, State.FAILED)


class Written(NamedTuple):
    """An announcement that may still go out: `draft` is its JSON; or a template: its YAML."""

    account: str
    title: str
    state: str
    text: str
    number: int | None


def open_announcements(connection: Connection, accounts: Collection[str]) -> Iterator[Written]:
    """Those of these accounts that are not over: accounts may share one folder of content."""
    table = announcements.c
    query = (
        select(table.account, table.title, table.state, table.draft, table.id)
        .where(table.account.in_(accounts))
        .where(table.state.not_in(_OVER))
    )
    for row in connection.execute(query.order_by(announcements.c.id)):
        yield Written(*row)


def every_template(connection: Connection, accounts: Collection[str]) -> Iterator[Written]:
    """The templates of these accounts."""
    table = templates.c
    query = select(table.account, table.name, table.source).where(table.account.in_(accounts))
    for account, name, source in connection.execute(query.order_by(table.name, table.account)):
        yield Written(account, name, "template", source, None)
