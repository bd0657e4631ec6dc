"""The ledger of delivery: who is in which batch, and how far each batch is.

waiting -> accepted | refused | cancelled | needs_person | split, or never sent: left (erased or
unfollowed before the first request), expired, over_cap. Every function works inside the caller's
transaction; instants are UTC milliseconds by the database's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.core.delivery import KEY_LIFE_MS, TOO_MANY
from bot.store.announcement_tables import OPEN_BATCH, batches, recipients

WAITING, ACCEPTED, REFUSED, CANCELLED = "waiting", "accepted", "refused", "cancelled"
NEEDS_PERSON, SPLIT = "needs_person", "split"
LEFT, EXPIRED, OVER_CAP = "left", "expired", "over_cap"
MULTICAST, BROADCAST, NONE = "multicast", "broadcast", "none"
URGENT = "emergency"
_LONGEST_MS = 120_000  # longer than any lease, or pause that LINE did not order


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
        hold(connection, int(key[0]), batch.residents)
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
    add(connection, row.announcement, next_number(connection, row.announcement), new, now)


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


def heal(connection: Connection, now: int) -> int:
    """Batches that would wait longer than any lease or pause of ours are due at once; how many.

    Their time was written by a clock that has been set back since. Who was told by LINE how long
    to wait (429), and who was put off by quiet hours before the first try, does wait so long.
    """
    told = func.coalesce(batches.c.error, "").startswith(TOO_MANY)
    ours = or_(batches.c.in_flight, and_(batches.c.first_at.is_not(None), ~told))
    return connection.execute(
        update(batches)
        .where(OPEN_BATCH, batches.c.due_at > now + _LONGEST_MS, ours)
        .values(due_at=now)
    ).rowcount


def under_way(connection: Connection, announcement: int, now: int) -> bool:
    """Whether a request of this announcement may be on its way at this moment."""
    held = select(batches.c.id).where(
        batches.c.announcement == announcement, OPEN_BATCH, batches.c.in_flight
    )
    return connection.execute(held.where(batches.c.due_at > now).limit(1)).first() is not None


def settle(connection: Connection, batch: int, state: str, now: int, **changes: Any) -> None:
    """A batch never sent has come to its end."""
    change(connection, batch, state=state, settled_at=now, recipients=None, **changes)


def change(connection: Connection, batch: int, **changes: Any) -> None:
    """Write these columns of a batch, whoever holds it."""
    connection.execute(update(batches).where(batches.c.id == batch).values(changes))


def hold(connection: Connection, batch: int, numbers: Sequence[int]) -> None:
    """Residents (their numbers) are in this batch."""
    if numbers:
        rows = [{"batch": batch, "resident": number} for number in numbers]
        connection.execute(insert(recipients), rows)


def next_number(connection: Connection, announcement: int) -> int:
    """The first number no batch of this announcement has."""
    found = connection.execute(
        select(func.max(batches.c.number)).where(batches.c.announcement == announcement)
    ).scalar()
    return int(found or 0) + 1


def _mine(claimed: Claimed) -> Any:
    return update(batches).where(
        batches.c.id == claimed.id, OPEN_BATCH, batches.c.attempts == claimed.attempts
    )
