"""The ledger of delivery: who is in which batch, and how far each batch is.

waiting -> accepted | refused | cancelled | needs_person | split, or never sent: left (erased or
unfollowed before the first request), expired, over_cap. Every function works inside the caller's
transaction; instants are UTC milliseconds by the database's clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.core.announcements import State
from bot.core.attributes import Volume
from bot.core.delivery import KEY_LIFE_MS, Pace, quiet_until
from bot.store.announcement_tables import OPEN_BATCH, announcements, batches, recipients
from bot.store.clock import milliseconds, moment
from bot.store.pacing import Slots
from bot.store.tables import MAIN_ACCOUNT, residents

WAITING, ACCEPTED, REFUSED, CANCELLED = "waiting", "accepted", "refused", "cancelled"
NEEDS_PERSON, SPLIT = "needs_person", "split"
LEFT, EXPIRED, OVER_CAP = "left", "expired", "over_cap"
MULTICAST, BROADCAST, NONE = "multicast", "broadcast", "none"
URGENT = "emergency"


@dataclass(frozen=True)
class NewBatch:
    """Residents (their numbers) who get the same messages, have the same quiet hours, one key."""

    variant: str
    residents: Sequence[int]
    retry_key: str
    quiet: tuple[int, int] | None = None
    state: str = WAITING
    channel: str = MULTICAST
    size: int | None = None  # of a broadcast, which has no list


@dataclass(frozen=True)
class Claimed:
    """A batch this process holds: its request may leave after `wait_us` microseconds.

    `doubt`: an earlier attempt may have been accepted. `attempts` counts this one.
    """

    id: int
    announcement: int
    channel: str
    variant: str
    size: int
    retry_key: str
    to: tuple[str, ...]
    attempts: int
    doubt: bool
    wait_us: int


@dataclass(frozen=True)
class Claims:
    """What a claim brought, and when to ask again (None: nothing is open)."""

    batches: tuple[Claimed, ...] = ()
    next_due: int | None = None


def add(
    connection: Connection, announcement: int, first: int, new: Sequence[NewBatch], now: int
) -> int:
    """Keep batches numbered from `first`; returns the next number."""
    for number, batch in enumerate(new, first):
        key = connection.execute(
            insert(batches).values(
                announcement=announcement,
                number=number,
                channel=batch.channel if batch.state == WAITING else NONE,
                variant=batch.variant,
                quiet_start=batch.quiet[0] if batch.quiet else None,
                quiet_end=batch.quiet[1] if batch.quiet else None,
                state=batch.state,
                size=len(batch.residents) if batch.size is None else batch.size,
                retry_key=batch.retry_key,
                due_at=0,
                settled_at=None if batch.state == WAITING else now,
            )
        ).inserted_primary_key
        assert key is not None
        _put(connection, int(key[0]), batch.residents)
    return first + len(new)


def clear(connection: Connection, announcement: int, limit: int) -> int:
    """Drop up to `limit` batches of a start that was broken off; returns how many went."""
    ids = connection.execute(
        select(batches.c.id).where(batches.c.announcement == announcement).limit(limit)
    )
    found = [row[0] for row in ids]
    connection.execute(delete(recipients).where(recipients.c.batch.in_(found)))
    connection.execute(delete(batches).where(batches.c.id.in_(found)))
    return len(found)


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


def _put_off(connection: Connection, row: Row[Any], now: int) -> bool:
    """Whether a batch may not go now: too late for good, or its residents' quiet hours."""
    if row.outcome_unknown or row.in_flight:
        return False  # it may have gone: finding out is all that is left
    expires = row.expires_at
    if expires is not None and expires <= now:
        _end(connection, row.id, EXPIRED, now)
        return True
    if row.kind == URGENT or row.corrects is not None or row.quiet_start is None:
        return False
    end = milliseconds(quiet_until(Volume(row.quiet_start, row.quiet_end), moment(now)))
    if end is None:
        return False
    if expires is not None and end >= expires:
        _end(connection, row.id, EXPIRED, now)
    else:
        _set(connection, row.id, due_at=end)
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
                _end(connection, row.id, LEFT, now, size=0)
                return None
            size, frozen = len(to), json.dumps(to)
        else:
            to = tuple(json.loads(frozen))
    doubt = row.outcome_unknown or row.in_flight  # whoever had it in flight is gone
    _set(
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
        _put(connection, _left_batch(connection, row.announcement, len(numbers), now), numbers)
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
        _set(connection, row.id, size=row.size + more)
        return int(row.id)
    number = _next_number(connection, announcement)
    add(connection, announcement, number, [NewBatch("", (), "", None, LEFT, NONE, more)], now)
    found = select(batches.c.id).where(
        batches.c.announcement == announcement, batches.c.number == number
    )
    return int(connection.execute(found).scalar_one())


def accept(connection: Connection, batch: int, request_id: str, now: int) -> None:
    """LINE took the batch: true whoever holds it by now, and whatever was thought before."""
    connection.execute(
        update(batches)
        .where(batches.c.id == batch, or_(OPEN_BATCH, batches.c.state == NEEDS_PERSON))
        .values(
            state=ACCEPTED,
            settled_at=now,
            in_flight=False,
            outcome_unknown=False,
            recipients=None,
            request_id=request_id,
            error=None,
        )
    )


def postpone(
    connection: Connection, claimed: Claimed, due_at: int, *, doubt: bool, error: str
) -> None:
    """The attempt failed and the batch is to be tried again at `due_at`, with the same key."""
    connection.execute(
        _mine(claimed).values(due_at=due_at, in_flight=False, outcome_unknown=doubt, error=error)
    )


def close(connection: Connection, claimed: Claimed, state: str, now: int, error: str) -> None:
    """The batch will not be tried again."""
    connection.execute(
        _mine(claimed).values(
            state=state, settled_at=now, in_flight=False, recipients=None, error=error
        )
    )


def split(connection: Connection, claimed: Claimed, keys: tuple[str, str], now: int) -> None:
    """Two halves with keys of their own take the place of a refused batch nobody got."""
    taken = connection.execute(
        _mine(claimed)
        .where(~batches.c.outcome_unknown)
        .values(state=SPLIT, settled_at=now, in_flight=False, recipients=None)
    ).rowcount
    if not taken:
        return
    row = connection.execute(select(batches).where(batches.c.id == claimed.id)).one()
    members = connection.execute(
        select(recipients.c.resident)
        .where(recipients.c.batch == claimed.id)
        .order_by(recipients.c.resident)
    )
    numbers = [each[0] for each in members]
    connection.execute(delete(recipients).where(recipients.c.batch == claimed.id))
    quiet = (row.quiet_start, row.quiet_end) if row.quiet_start is not None else None
    middle = (len(numbers) + 1) // 2
    parts = (numbers[:middle], numbers[middle:])
    new = [NewBatch(row.variant, part, key, quiet) for part, key in zip(parts, keys, strict=True)]
    add(connection, row.announcement, _next_number(connection, row.announcement), new, now)


def give_up_old(connection: Connection, now: int) -> set[int]:
    """Batches unresolved for 23 hours wait for a person; returns their announcements."""
    old = and_(
        OPEN_BATCH,
        batches.c.first_at <= now - KEY_LIFE_MS,
        or_(~batches.c.in_flight, batches.c.due_at <= now),
    )
    found = {row[0] for row in connection.execute(select(batches.c.announcement).where(old))}
    if found:
        connection.execute(
            update(batches)
            .where(old)
            .values(state=NEEDS_PERSON, settled_at=now, in_flight=False, recipients=None)
        )
    return found


def cancel_waiting(connection: Connection, announcement: int, now: int) -> int:
    """Batches that certainly have not gone will not go; returns how many."""
    unsent = and_(~batches.c.in_flight, ~batches.c.outcome_unknown)
    return connection.execute(
        update(batches)
        .where(batches.c.announcement == announcement, OPEN_BATCH, unsent)
        .values(state=CANCELLED, settled_at=now, recipients=None)
    ).rowcount


def resolve(connection: Connection, announcement: int, state: str, now: int) -> int:
    """A person says what became of the unresolved batches; returns how many."""
    return connection.execute(
        update(batches)
        .where(batches.c.announcement == announcement, batches.c.state == NEEDS_PERSON)
        .values(state=state, settled_at=now, outcome_unknown=False)
    ).rowcount


def recover(connection: Connection, now: int) -> int:
    """At a start, where no other process can be sending: what was in flight is due at once."""
    return connection.execute(
        update(batches).where(OPEN_BATCH, batches.c.in_flight).values(due_at=now)
    ).rowcount


def under_way(connection: Connection, announcement: int, now: int) -> bool:
    """Whether a request of this announcement may be on its way at this moment."""
    held = select(batches.c.id).where(
        batches.c.announcement == announcement, OPEN_BATCH, batches.c.in_flight
    )
    return connection.execute(held.where(batches.c.due_at > now).limit(1)).first() is not None


def next_due(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> int | None:
    """When the next batch of an announcement being sent becomes due after `now`."""
    return connection.execute(
        select(func.min(batches.c.due_at))
        .join(announcements, announcements.c.id == batches.c.announcement)
        .where(OPEN_BATCH, batches.c.due_at > now, announcements.c.account == account)
        .where(announcements.c.state == State.SENDING, announcements.c.ready)
    ).scalar()


def _mine(claimed: Claimed) -> Any:
    return update(batches).where(
        batches.c.id == claimed.id, OPEN_BATCH, batches.c.attempts == claimed.attempts
    )


def _end(connection: Connection, batch: int, state: str, now: int, **changes: Any) -> None:
    _set(connection, batch, state=state, settled_at=now, recipients=None, **changes)


def _set(connection: Connection, batch: int, **changes: Any) -> None:
    connection.execute(update(batches).where(batches.c.id == batch).values(changes))


def _put(connection: Connection, batch: int, numbers: Sequence[int]) -> None:
    if numbers:
        rows = [{"batch": batch, "resident": number} for number in numbers]
        connection.execute(insert(recipients), rows)


def _next_number(connection: Connection, announcement: int) -> int:
    found = connection.execute(
        select(func.max(batches.c.number)).where(batches.c.announcement == announcement)
    ).scalar()
    return int(found or 0) + 1
