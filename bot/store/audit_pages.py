"""The audit log a page at a time, newest first, and whole for export."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select

from bot.store.announcement_tables import audit
from bot.store.audit import Entry
from bot.store.tables import MAIN_ACCOUNT

_CHUNK = 1_000


@dataclass(frozen=True)
class Page:
    """Some entries and the number to go on from, None at the end."""

    entries: tuple[Entry, ...]
    older: int | None


def page(
    connection: Connection,
    words: str = "",
    before: int | None = None,
    size: int = 50,
    account: str = MAIN_ACCOUNT,
    codes: Collection[str] = (),
) -> Page:
    """The account's entries whose person, action, thing or note holds `words`, older than `before`.

    `codes` count as the words too: what staff read stands here in codes (`services.logwords`).
    """
    rows = connection.execute(
        select(audit)
        .where(audit.c.account == account, *_matching(words, codes, before))
        .order_by(audit.c.id.desc())
        .limit(size + 1)
    ).all()
    kept = rows[:size]
    return Page(tuple(map(_entry, kept)), kept[-1].id if len(rows) > size else None)


def everything(connection: Connection, account: str = MAIN_ACCOUNT) -> Iterator[Entry]:
    """The account's whole log, oldest first, read in pieces."""
    after = 0
    while rows := connection.execute(
        select(audit)
        .where(audit.c.account == account, audit.c.id > after)
        .order_by(audit.c.id)
        .limit(_CHUNK)
    ).all():
        yield from map(_entry, rows)
        after = rows[-1].id


def _matching(words: str, codes: Collection[str], before: int | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if before is not None:
        found.append(audit.c.id < before)
    if words:
        columns = (audit.c.who, audit.c.what, audit.c.object, audit.c.object_id, audit.c.note)
        said = [column.contains(words, autoescape=True) for column in columns]
        coded = (*columns, audit.c.before, audit.c.after) if codes else ()
        found.append(or_(*said, *(column.in_(codes) for column in coded)))
    return found


def _entry(row: object) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
