"""What the ledger tells: counts, the list for export, who got an announcement, who had enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, or_, select

from bot.core.announcements import State
from bot.core.segments import Rule
from bot.store import batches as b
from bot.store.announcement_tables import announcements, batches, recipients
from bot.store.audience import audience
from bot.store.tables import MAIN_ACCOUNT, residents

_NEVER = (b.LEFT, b.EXPIRED, b.OVER_CAP)
MAY_HAVE_IT = or_(
    batches.c.state.in_([b.ACCEPTED, b.NEEDS_PERSON]),
    batches.c.outcome_unknown,
    batches.c.in_flight,
)


@dataclass(frozen=True)
class Counts:
    """How far an announcement is: recipients = accepted + failed + unresolved + pending.

    `unresolved`: a request left and its outcome is not known. Not among the recipients are those
    who were gone before their request (`left`), whose quiet hours outlasted the announcement
    (`expired`) and who have had their month's share (`over_cap`).
    """

    accepted: int = 0
    failed: int = 0
    unresolved: int = 0
    pending: int = 0
    batches: int = 0
    left: int = 0
    expired: int = 0
    over_cap: int = 0

    @property
    def recipients(self) -> int:
        """Everyone it was, is or will be sent to."""
        return self.accepted + self.failed + self.unresolved + self.pending


class Line(NamedTuple):
    """One line of an export; `user_id` is None where the resident was erased since."""

    user_id: str | None
    batch: int
    state: str
    accepted_at: int | None


def counts(connection: Connection, announcement: int, state: State) -> Counts:
    """The counts of one announcement that is in `state`."""
    doubt = or_(batches.c.outcome_unknown, batches.c.in_flight)
    rows = connection.execute(
        select(batches.c.state, doubt, func.count(), func.sum(batches.c.size))
        .where(batches.c.announcement == announcement)
        .group_by(batches.c.state, doubt)
    )
    found: dict[str, int] = {}
    for batch_state, in_doubt, number, size in rows:
        name = _counted_as(batch_state, bool(in_doubt), state)
        found[name] = found.get(name, 0) + int(size or 0)
        if batch_state not in (*_NEVER, b.SPLIT):
            found["batches"] = found.get("batches", 0) + number
    found.pop(b.SPLIT, None)
    return Counts(**found)


def _counted_as(batch_state: str, doubt: bool, state: State) -> str:
    if batch_state in (b.REFUSED, b.CANCELLED):
        return "failed"
    if batch_state == b.NEEDS_PERSON or (batch_state == b.WAITING and doubt):
        return "unresolved"
    if batch_state == b.WAITING:
        return "failed" if state in (State.FAILED, State.CANCELLED) else "pending"
    return batch_state


def open_batches(connection: Connection, announcement: int) -> int:
    """How many batches have no end yet."""
    return connection.execute(
        select(func.count()).where(
            batches.c.announcement == announcement, batches.c.settled_at.is_(None)
        )
    ).scalar_one()


def ended(connection: Connection, account: str = MAIN_ACCOUNT) -> bool:
    """Whether an announcement still counts as being sent although none of its batches is open.

    So it is when all its residents have had their month's share, or when the last answer came
    during a pause.
    """
    open_one = exists().where(
        batches.c.announcement == announcements.c.id, batches.c.settled_at.is_(None)
    )
    sending = select(announcements.c.id).where(
        announcements.c.account == account,
        announcements.c.state == State.SENDING,
        announcements.c.ready,
    )
    return connection.execute(sending.where(~open_one).limit(1)).first() is not None


def lines(connection: Connection, announcement: int) -> Iterator[Line]:
    """Every recipient with the end of their batch, in a stream."""
    query = (
        select(
            residents.c.user_id,
            batches.c.number,
            batches.c.state,
            batches.c.outcome_unknown,
            batches.c.in_flight,
            batches.c.settled_at,
        )
        .select_from(recipients)
        .join(batches, batches.c.id == recipients.c.batch)
        .outerjoin(residents, residents.c.id == recipients.c.resident)
        .where(batches.c.announcement == announcement, batches.c.state.not_in(_NEVER))
        .order_by(batches.c.number, recipients.c.resident)
        .execution_options(yield_per=2000)
    )
    for user_id, number, state, unknown, in_flight, settled_at in connection.execute(query):
        doubt = state == b.WAITING and (unknown or in_flight)
        accepted_at = settled_at if state == b.ACCEPTED else None
        yield Line(user_id, number, "unresolved" if doubt else state, accepted_at)


def broadcasts(connection: Connection, announcement: int) -> list[Line]:
    """The batches that went to everyone and have no list."""
    rows = connection.execute(
        select(batches.c.number, batches.c.state, batches.c.settled_at).where(
            batches.c.announcement == announcement, batches.c.channel == b.BROADCAST
        )
    )
    return [
        Line(None, number, state, settled_at if state == b.ACCEPTED else None)
        for number, state, settled_at in rows
    ]


def received(announcement: int, *columns: Any) -> Select[Any]:
    """A SELECT of columns of `residents` for those who got it, or may have got it."""
    return (
        select(*columns)
        .select_from(residents)
        .join(recipients, recipients.c.resident == residents.c.id)
        .join(batches, batches.c.id == recipients.c.batch)
        .where(batches.c.announcement == announcement, MAY_HAVE_IT)
    )


def was_broadcast(connection: Connection, announcement: int) -> bool:
    """Whether it went to everyone, friends we do not know among them."""
    return bool(broadcasts(connection, announcement))


def has_received(connection: Connection, announcement: int, user_id: str) -> bool:
    """Whether a resident is among those who got it."""
    query = received(announcement, residents.c.id).where(residents.c.user_id == user_id)
    return connection.execute(query.limit(1)).first() is not None


def month_counts(connection: Connection, since: int, account: str = MAIN_ACCOUNT) -> dict[int, int]:
    """For residents with a monthly cap: how many normal announcements went to them since then."""
    rows = connection.execute(
        select(recipients.c.resident, func.count())
        .select_from(recipients)
        .join(batches, batches.c.id == recipients.c.batch)
        .join(announcements, announcements.c.id == batches.c.announcement)
        .join(residents, residents.c.id == recipients.c.resident)
        .where(announcements.c.account == account, announcements.c.kind == "normal")
        .where(announcements.c.corrects.is_(None), residents.c.monthly_cap.is_not(None))
        .where(
            and_(
                or_(MAY_HAVE_IT, batches.c.state == b.WAITING),
                func.coalesce(batches.c.settled_at, since) >= since,
            )
        )
        .group_by(recipients.c.resident)
    )
    return {row[0]: row[1] for row in rows}


def over_cap(
    connection: Connection, rule: Rule, today: date, since: int, account: str = MAIN_ACCOUNT
) -> int:
    """How many of an audience have had their month's share already."""
    had = month_counts(connection, since, account)
    table = residents.c
    capped = audience(rule, today, table.id, table.monthly_cap, account=account)
    rows = connection.execute(capped.where(table.monthly_cap.is_not(None)))
    return sum(had.get(resident, 0) >= cap for resident, cap in rows)


def accepted_span(connection: Connection, announcement: int) -> tuple[int | None, int | None]:
    """When the first and the last batch were accepted."""
    row = connection.execute(
        select(func.min(batches.c.settled_at), func.max(batches.c.settled_at)).where(
            batches.c.announcement == announcement, batches.c.state == b.ACCEPTED
        )
    ).one()
    return row[0], row[1]
