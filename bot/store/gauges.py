"""How far behind the work is: the two ages an operator is woken for. Instants are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from bot.core.announcements import State
from bot.store import backlog
from bot.store.announcement_tables import OPEN_BATCH, announcements, batches


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
    # A batch that was tried waits since its first try; one in quiet hours does not wait yet.
    tried_or_due = or_(batches.c.first_at.is_not(None), batches.c.due_at <= now)
    count, oldest = connection.execute(
        select(func.count(), func.min(func.coalesce(batches.c.first_at, batches.c.due_at)))
        .join(announcements, announcements.c.id == batches.c.announcement)
        .where(OPEN_BATCH, tried_or_due, announcements.c.ready)
        .where(announcements.c.state == State.SENDING)
    ).one()
    return Behind(events.open, events.oldest, count, oldest)
