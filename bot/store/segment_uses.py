"""What refers to a saved segment by its name and would lose it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from bot.core.announcements import State
from bot.store.announcement_tables import announcements, templates

_OVER = (State.SENT, State.CANCELLED, State.FAILED)


class Written(NamedTuple):
    """An announcement that may still go out: `draft` is its JSON; or a template: its YAML."""

    title: str
    state: str
    text: str
    number: int | None


def open_announcements(connection: Connection) -> Iterator[Written]:
    """Those of every account that are not over: accounts may share one folder of content."""
    columns = (announcements.c.title, announcements.c.state, announcements.c.draft)
    query = select(*columns, announcements.c.id).where(announcements.c.state.not_in(_OVER))
    for row in connection.execute(query.order_by(announcements.c.id)):
        yield Written(*row)


def every_template(connection: Connection) -> Iterator[Written]:
    """The templates of every account."""
    query = select(templates.c.name, templates.c.source).order_by(templates.c.name)
    for name, source in connection.execute(query):
        yield Written(name, "template", source, None)
