"""What LINE told about who opened announcements, and what became of those that were sent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.core.announcements import State
from bot.store import ledger
from bot.store.announcement_tables import announcement_results, announcements
from bot.store.ledger import Counts
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_UPSERT = Upsert(announcement_results)


@dataclass(frozen=True)
class Outcome:
    """One announcement that was begun; `asked` says whether LINE has told of it at all.

    `opened` None: LINE gives no number below 20 people, or was never asked.
    """

    id: int
    title: str
    kind: str
    state: State
    started_at: int
    counts: Counts
    broadcast: bool
    asked: bool
    opened: int | None
    clicked: int | None


def keep(
    connection: Connection, announcement: int, opened: int | None, clicked: int | None, now: int
) -> None:
    """What LINE said last, instead of what it said before."""
    row = {"announcement": announcement, "opened": opened, "clicked": clicked, "asked_at": now}
    _UPSERT.insert_or_update(connection, [row])


def begun_since(connection: Connection, since: int, account: str = MAIN_ACCOUNT) -> list[Outcome]:
    """Every announcement begun at `since` or later, newest first."""
    table, told = announcements.c, announcement_results.c
    query = (
        select(
            table.id,
            table.title,
            table.kind,
            table.state,
            table.started_at,
            told.announcement,
            told.opened,
            told.clicked,
        )
        .select_from(announcements.outerjoin(announcement_results))
        .where(table.account == account, table.started_at >= since)
        .order_by(table.started_at.desc(), table.id.desc())
    )
    found = []
    for number, title, kind, state, started_at, asked, opened, clicked in connection.execute(query):
        counts = ledger.counts(connection, number, State(state))
        broadcast = ledger.was_broadcast(connection, number)
        found.append(
            Outcome(
                number,
                title,
                kind,
                State(state),
                started_at,
                counts,
                broadcast,
                asked is not None,
                opened,
                clicked,
            )
        )
    return found


def to_ask(connection: Connection, since: int, asked_before: int, account: str) -> list[int]:
    """Announcements begun since `since` of which LINE was not asked since `asked_before`."""
    table, told = announcements.c, announcement_results.c
    query = (
        select(table.id)
        .select_from(announcements.outerjoin(announcement_results))
        .where(table.account == account, table.started_at >= since)
        .where(told.asked_at.is_(None) | (told.asked_at < asked_before))
        .order_by(table.id)
    )
    return list(connection.execute(query).scalars())
