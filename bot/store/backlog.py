"""The inbox as a whole: how much is open, what is too late, what is old enough to go.

All functions work inside the caller's transaction. Instants are UTC milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)

from bot.store.inbox import MAYBE_SENT, UNANSWERED, WAITING
from bot.store.tables import OPEN, inbox


@dataclass(frozen=True)
class Backlog:
    """What is open. `oldest` is when the oldest event not yet looked at was received."""

    open: int
    oldest: int | None
    next_due: int | None


_COUNT_OPEN = select(func.count()).select_from(
    select(literal_column("1")).where(OPEN).limit(bindparam("enough")).subquery()
)


def count_open(connection: Connection, enough: int) -> int:
    """How many events are open; counting stops at `enough`."""
    count: int = connection.execute(_COUNT_OPEN, {"enough": enough}).scalar_one()
    return count


def measure(connection: Connection, now: int) -> Backlog:
    """How much is open, since when the oldest waits, and when the next one becomes due."""
    count, oldest = connection.execute(
        select(
            func.count(),
            func.min(case((inbox.c.status == WAITING, inbox.c.received_at))),
        ).where(OPEN)
    ).one()
    return Backlog(count, oldest, next_due(connection, now))


_OLDEST_DUE = (
    select(inbox.c.received_at)
    .where(OPEN, inbox.c.status == WAITING, inbox.c.due_at <= bindparam("now"))
    .order_by(inbox.c.due_at)
    .limit(1)
)
_NEXT_DUE = (
    select(inbox.c.due_at)
    .where(OPEN, inbox.c.due_at > bindparam("now"))
    .order_by(inbox.c.due_at)
    .limit(1)
)


def oldest_waiting(connection: Connection, now: int) -> int | None:
    """When the event that has waited longest was received; cheap."""
    return connection.execute(_OLDEST_DUE, {"now": now}).scalar()


def next_due(connection: Connection, now: int) -> int | None:
    """When the next lease ends or the next retry is due; cheap."""
    return connection.execute(_NEXT_DUE, {"now": now}).scalar()


def expire(connection: Connection, now: int, life_ms: int) -> int:
    """Settle waiting events whose token's life is over; returns how many.

    Those of which an attempt may have reached LINE become `maybe_sent`, others `unanswered`.
    Events without a reply token stay: what they tell (unfollow, unsend) still has to be done.
    """
    unknown = or_(inbox.c.outcome_unknown, inbox.c.in_flight)
    return connection.execute(
        update(inbox)
        .where(
            OPEN,
            # A waiting event is due from its receipt: this range holds the late ones, not the queue.
            inbox.c.due_at <= now - life_ms,
            inbox.c.received_at <= now - life_ms,
            inbox.c.reply_token.is_not(None),
        )
        .values(
            status=case((unknown, MAYBE_SENT), else_=UNANSWERED),
            outcome_unknown=unknown,
            in_flight=False,
            outcome=func.coalesce(inbox.c.outcome, "expired"),
            messages=None,
            settled_at=now,
        )
    ).rowcount


def recover(connection: Connection, now: int, beyond_ms: int = 0) -> int:
    """Make events due that would be due only in more than `beyond_ms`; returns how many.

    With 0, right only where no other process can hold one. With more than any lease or pause,
    it heals the clock having been set back.
    """
    return connection.execute(
        update(inbox).where(OPEN, inbox.c.due_at > now + beyond_ms).values(due_at=now)
    ).rowcount


def purge(connection: Connection, before: int, *, after: int, limit: int) -> int | None:
    """Delete the settled events received before `before` among the next `limit` after id `after`.

    Returns the id to go on after, None when the old ones are through. It walks in order of
    arrival: no index has to be kept for what happens once a day, and no long lock is held.
    """
    rows = connection.execute(
        select(inbox.c.id, inbox.c.received_at, inbox.c.settled_at)
        .where(inbox.c.id > after)
        .order_by(inbox.c.id)
        .limit(limit)
    ).all()
    old = [row.id for row in rows if row.received_at < before]
    gone = [row.id for row in rows if row.received_at < before and row.settled_at is not None]
    if gone:
        connection.execute(delete(inbox).where(inbox.c.id.in_(gone)))
    return rows[-1].id if old else None
