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

from bot.store.inbox import MAYBE_SENT, REPLIED, UNANSWERED, WAITING
from bot.store.tables import MAIN_ACCOUNT, OPEN, inbox

EXPIRED = "expired"  # the outcome of what nobody came to answer in time
LAST_REPLIES = 3  # so many failures in a row are no chance
_NEWEST = 300
_ENDS = (REPLIED, MAYBE_SENT, UNANSWERED)


@dataclass(frozen=True)
class Backlog:
    """What is open. `oldest` is when the oldest event not yet looked at was received."""

    open: int
    oldest: int | None
    next_due: int | None


_COUNT_OPEN = select(func.count()).select_from(
    select(literal_column("1"))
    .where(inbox.c.account == bindparam("the_account"), OPEN)
    .limit(bindparam("enough"))
    .subquery()
)


def count_open(connection: Connection, enough: int, account: str = MAIN_ACCOUNT) -> int:
    """How many events of an account are open; counting stops at `enough`."""
    values = {"enough": enough, "the_account": account}
    count: int = connection.execute(_COUNT_OPEN, values).scalar_one()
    return count


def measure(connection: Connection, now: int) -> Backlog:
    """Of all accounts: how much is open, since when the oldest waits, what becomes due next."""
    count, oldest, due = connection.execute(
        select(
            func.count(),
            func.min(case((inbox.c.status == WAITING, inbox.c.received_at))),
            func.min(case((inbox.c.due_at > now, inbox.c.due_at))),
        ).where(OPEN)
    ).one()
    return Backlog(count, oldest, due)


_OLDEST_DUE = (
    select(inbox.c.received_at)
    .where(inbox.c.account == bindparam("the_account"), OPEN)
    .where(inbox.c.status == WAITING, inbox.c.due_at <= bindparam("now"))
    .order_by(inbox.c.due_at)
    .limit(1)
)
_NEXT_DUE = (
    select(inbox.c.due_at)
    .where(inbox.c.account == bindparam("the_account"), OPEN)
    .where(inbox.c.due_at > bindparam("now"))
    .order_by(inbox.c.due_at)
    .limit(1)
)
_ANYTHING_DUE = (
    select(inbox.c.id)
    .where(inbox.c.account == bindparam("the_account"), OPEN)
    .where(inbox.c.due_at <= bindparam("now"))
    .limit(1)
)


def oldest_waiting(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> int | None:
    """When the event of an account that has waited longest was received; cheap."""
    return connection.execute(_OLDEST_DUE, {"now": now, "the_account": account}).scalar()


def oldest_unanswered(connection: Connection) -> int | None:
    """Of all accounts: when the resident who waits longest for a reply wrote; walks what is open."""
    waiting = select(func.min(inbox.c.received_at)).where(OPEN, inbox.c.reply_token.is_not(None))
    return connection.execute(waiting).scalar()


def silent(connection: Connection, since: int) -> list[str]:
    """The accounts whose last replies since then all failed: LINE takes none, say.

    What nobody tried in time does not count: that somebody waits is told of by then. Looks at the
    newest events only, so that it is cheap however many are kept.
    """
    newest = select(
        inbox.c.account, inbox.c.status, inbox.c.outcome, inbox.c.reply_token, inbox.c.received_at
    )
    last: dict[str, list[bool]] = {}
    for row in connection.execute(newest.order_by(inbox.c.id.desc()).limit(_NEWEST)):
        tried = row.status in _ENDS and row.reply_token is not None and row.outcome != EXPIRED
        if tried and row.received_at >= since:
            last.setdefault(row.account, []).append(row.status == REPLIED)
    return sorted(
        account
        for account, arrived in last.items()
        if len(arrived) >= LAST_REPLIES and not any(arrived[:LAST_REPLIES])
    )


def next_due(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> int | None:
    """When an account's next lease ends or its next retry is due; cheap."""
    return connection.execute(_NEXT_DUE, {"now": now, "the_account": account}).scalar()


def anything_due(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> bool:
    """Whether there is something to claim, as far as can be seen without claiming; cheap."""
    values = {"now": now, "the_account": account}
    return connection.execute(_ANYTHING_DUE, values).first() is not None


def expire(
    connection: Connection, now: int, life_ms: int, account: str | None = MAIN_ACCOUNT
) -> int:
    """Settle an account's waiting events (None: everybody's) whose token's life is over; returns how many.

    Those of which an attempt may have reached LINE become `maybe_sent`, others `unanswered`.
    Events without a reply token stay: what they tell (unfollow, unsend) still has to be done.
    """
    unknown = or_(inbox.c.outcome_unknown, inbox.c.in_flight)
    return connection.execute(
        update(inbox)
        .where(
            *([] if account is None else [inbox.c.account == account]),
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
            outcome=func.coalesce(inbox.c.outcome, EXPIRED),
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
