"""How far behind the work is: the two ages an operator is woken for. Instants are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, or_, select

from bot.core.announcements import State
from bot.store import backlog
from bot.store.announcement_tables import OPEN_BATCH, announcements, batches, pace


@dataclass(frozen=True)
class Behind:
    """Open events, since when the oldest waits, since when the oldest batch should have left."""

    open_events: int
    oldest_event: int | None
    open_batches: int
    oldest_batch: int | None


def behind(connection: Connection, now: int) -> Behind:
    """What waits in the database now, for all accounts; walks only what is open."""
    events = backlog.measure(connection, now)
    open_batches, oldest_batch = _batches(connection, now)
    return Behind(events.open, events.oldest, open_batches, oldest_batch)


def _batches(connection: Connection, now: int) -> tuple[int, int | None]:
    """How many batches are open, and since when the one that waits longest does.

    A batch that was tried waits since its first try; one in quiet hours does not wait yet; one that
    is due has its turn in the pace of its channel, and waits since that stands still.
    """
    tried = batches.c.first_at.is_not(None)
    due = and_(~tried, batches.c.due_at <= now)
    rows = connection.execute(
        select(
            announcements.c.account,
            func.count(),
            func.min(batches.c.first_at),
            func.min(case((due, announcements.c.started_at))),
        )
        .join(announcements, announcements.c.id == batches.c.announcement)
        .where(OPEN_BATCH, or_(tried, due), announcements.c.ready)
        .where(announcements.c.state == State.SENDING)
        .group_by(announcements.c.account)
    ).all()
    last = select(pace.c.account, func.max(pace.c.next_us)).group_by(pace.c.account)
    places = dict(connection.execute(last).all()) if rows else {}
    waits = [_not_started(connection, now), *(first_try for _, _, first_try, _ in rows)]
    waits += [
        min(now, max(started, places.get(account, 0) // 1000))
        for account, _, _, started in rows
        if started is not None
    ]
    known = [each for each in waits if each is not None]
    return sum(row[1] for row in rows), min(known, default=None)


def _not_started(connection: Connection, now: int) -> int | None:
    """Since when an announcement that has no batches yet should have some: no worker, perhaps."""
    table = announcements.c
    late = and_(table.state == State.SCHEDULED, table.due_at <= now)
    begun = and_(table.state == State.SENDING, ~table.ready)
    since = case((late, table.due_at), else_=table.started_at)
    return connection.execute(select(func.min(since)).where(or_(late, begun))).scalar()
