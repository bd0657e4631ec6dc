"""Which batches go out now, and with which people: due, in the channel's pace, each held by lease.

Every function works inside the caller's transaction; instants are UTC milliseconds by the
database's clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, exists, func, select

from bot.core.announcements import State
from bot.core.attributes import Volume
from bot.core.delivery import Pace, quiet_until
from bot.store.announcement_tables import OPEN_BATCH, announcements, batches, recipients
from bot.store.batches import (
    BROADCAST,
    EXPIRED,
    LEFT,
    MULTICAST,
    NONE,
    URGENT,
    Claimed,
    NewBatch,
    add,
    change,
    hold,
    next_number,
    settle,
)
from bot.store.clock import milliseconds, moment
from bot.store.pacing import Slots
from bot.store.tables import MAIN_ACCOUNT, residents


@dataclass(frozen=True)
class Claims:
    """What a claim brought, and when to ask again (None: nothing is open)."""

    batches: tuple[Claimed, ...] = ()
    next_due: int | None = None


_DUE = (
    select(
        batches,
        announcements.c.kind,
        announcements.c.expires_at,
        announcements.c.corrects,
    )
    .join(announcements, announcements.c.id == batches.c.announcement)
    .where(
        OPEN_BATCH,
        batches.c.due_at <= bindparam("now"),
        announcements.c.account == bindparam("the_account"),
        announcements.c.state == State.SENDING,
        announcements.c.ready,
    )
    .order_by(case((announcements.c.kind == URGENT, 0), else_=1), batches.c.due_at, batches.c.id)
    .limit(bindparam("room"))
    .with_for_update(of=batches, skip_locked=True)
)


def claim(
    connection: Connection,
    now: int,
    *,
    lease_ms: int,
    room: int,
    pace: Pace,
    account: str = MAIN_ACCOUNT,
) -> Claims:
    """Lease up to `room` batches that are due, in the channel's pace.

    Before its first request a batch loses residents who are gone, and its list is frozen for
    good. The claim is the durable note that an attempt is about to leave.
    """
    rows = connection.execute(_DUE, {"now": now, "the_account": account, "room": room}).all()
    slots = Slots.load(connection, account, pace, now) if rows else None
    claimed = []
    waiting: list[int] = []
    for row in rows:
        assert slots is not None
        if _put_off(connection, row, now):
            continue
        urgent = row.kind == URGENT or row.channel == BROADCAST
        at_us = slots.take(row.size, urgent=urgent, first=row.first_at is None)
        if at_us is None:
            waiting.append(slots.next_ms(urgent))
            continue
        batch = _lease(connection, row, now, lease_ms, max(0, at_us - now * 1000))
        if batch is not None:
            claimed.append(batch)
    if slots is not None and claimed:
        slots.save(connection)
    if rows and not waiting:
        return Claims(tuple(claimed), now)  # more may be due at once
    due = [each for each in (next_due(connection, now, account), *waiting) if each is not None]
    return Claims(tuple(claimed), min(due) if due else None)


def next_due(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> int | None:
    """When the next batch of an announcement being sent becomes due after `now`."""
    return connection.execute(
        select(func.min(batches.c.due_at))
        .join(announcements, announcements.c.id == batches.c.announcement)
        .where(OPEN_BATCH, batches.c.due_at > now, announcements.c.account == account)
        .where(announcements.c.state == State.SENDING, announcements.c.ready)
    ).scalar()


def _put_off(connection: Connection, row: Row[Any], now: int) -> bool:
    """Whether a batch may not go now: too late for good, or its residents' quiet hours."""
    if row.outcome_unknown or row.in_flight:
        return False  # it may have gone: finding out is all that is left
    expires = row.expires_at
    if expires is not None and expires <= now:
        settle(connection, row.id, EXPIRED, now)
        return True
    if row.kind == URGENT or row.corrects is not None or row.quiet_start is None:
        return False
    until = milliseconds(quiet_until(Volume(row.quiet_start, row.quiet_end), moment(now)))
    if until is None:
        return False
    if expires is not None and until >= expires:
        settle(connection, row.id, EXPIRED, now)
    else:
        change(connection, row.id, due_at=until)
    return True


def _lease(
    connection: Connection, row: Row[Any], now: int, lease_ms: int, wait_us: int
) -> Claimed | None:
    to: tuple[str, ...] = ()
    size, frozen = row.size, row.recipients
    if row.channel == MULTICAST:
        if frozen is None:
            to = _freeze(connection, row, now)
            if not to:
                settle(connection, row.id, LEFT, now, size=0)
                return None
            size, frozen = len(to), json.dumps(to)
        else:
            to = tuple(json.loads(frozen))
    doubt = row.outcome_unknown or row.in_flight  # whoever had it in flight is gone
    change(
        connection,
        row.id,
        size=size,
        recipients=frozen,
        attempts=row.attempts + 1,
        first_at=row.first_at or now,
        due_at=now + lease_ms + wait_us // 1000,
        in_flight=True,
        outcome_unknown=doubt,
    )
    return Claimed(
        row.id,
        row.announcement,
        row.channel,
        row.variant,
        size,
        row.retry_key,
        to,
        row.attempts + 1,
        doubt,
        wait_us,
    )


def _freeze(connection: Connection, row: Row[Any], now: int) -> tuple[str, ...]:
    """The ids of a batch's residents who are still there; the others leave it."""
    here = connection.execute(
        select(residents.c.user_id)
        .join(recipients, recipients.c.resident == residents.c.id)
        .where(recipients.c.batch == row.id)
        .order_by(residents.c.id)
    )
    to = tuple(each[0] for each in here)
    if len(to) < row.size:
        gone = select(recipients.c.resident).where(
            recipients.c.batch == row.id,
            ~exists().where(residents.c.id == recipients.c.resident),
        )
        numbers = [each[0] for each in connection.execute(gone)]
        connection.execute(
            delete(recipients).where(
                recipients.c.batch == row.id, recipients.c.resident.in_(numbers)
            )
        )
        hold(connection, _left_batch(connection, row.announcement, len(numbers), now), numbers)
    return to


def _left_batch(connection: Connection, announcement: int, more: int, now: int) -> int:
    """The batch of those who were gone before their first request; it grows by `more`."""
    row = connection.execute(
        select(batches.c.id, batches.c.size).where(
            batches.c.announcement == announcement,
            batches.c.state == LEFT,
            batches.c.channel == NONE,
        )
    ).first()
    if row is not None:
        change(connection, row.id, size=row.size + more)
        return int(row.id)
    number = next_number(connection, announcement)
    add(connection, announcement, number, [NewBatch("", (), "", None, LEFT, NONE, more)], now)
    found = select(batches.c.id).where(
        batches.c.announcement == announcement, batches.c.number == number
    )
    return int(connection.execute(found).scalar_one())
