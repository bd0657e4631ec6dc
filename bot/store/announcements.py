"""Announcements and their steps. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, or_, select, update

from bot.core.announcements import UNSENT, Action, Progress, State, StepRefused, step
from bot.store import audit
from bot.store.announcement_tables import announcements
from bot.store.tables import MAIN_ACCOUNT

OBJECT = "announcement"


@dataclass(frozen=True)
class New:
    """What a new announcement starts with."""

    kind: str
    title: str
    author: str
    source: str
    draft: str
    two_people: bool
    expires_at: int | None = None
    corrects: int | None = None
    account: str = MAIN_ACCOUNT


@dataclass(frozen=True)
class Stored:
    """An announcement as it is kept; instants are UTC milliseconds."""

    id: int
    account: str
    state: State
    kind: str
    title: str
    author: str
    source: str
    draft: str
    frozen: str | None
    corrects: int | None
    series: int | None
    two_people: bool
    approved_by: str
    approved_at: int | None
    due_at: int | None
    expires_at: int | None
    expanding_until: int
    ready: bool
    started_at: int | None
    finished_at: int | None
    reason: str
    created_at: int

    @property
    def progress(self) -> Progress:
        """What decides which steps are open."""
        return Progress(
            self.state,
            self.author,
            self.approved_by,
            self.due_at is not None,
            self.started_at is not None,
            self.two_people,
        )


def add(connection: Connection, new: New, now: int, by: str) -> int:
    """Keep a new draft; returns its id."""
    values = {**new.__dict__, "state": State.DRAFT, "created_at": now}
    key = connection.execute(insert(announcements).values(values)).inserted_primary_key
    assert key is not None
    announcement = int(key[0])
    _log(connection, announcement, new.account, now, by, "new", "", State.DRAFT)
    return announcement


def load(connection: Connection, announcement: int) -> Stored | None:
    """One announcement."""
    row = connection.execute(
        select(announcements).where(announcements.c.id == announcement)
    ).first()
    return _stored(row) if row else None


def open_correction(connection: Connection, wrong: int, *, hold: bool = False) -> int | None:
    """The correction of `wrong` that is still to go out, if any.

    `hold`: whoever asks so for the same one waits until this transaction ends.
    """
    if hold:
        row = select(announcements.c.id).where(announcements.c.id == wrong)
        connection.execute(row.with_for_update())
    unsent = announcements.c.state.in_([str(state) for state in UNSENT])
    query = select(func.min(announcements.c.id)).where(announcements.c.corrects == wrong, unsent)
    return connection.execute(query).scalar()


def corrections(connection: Connection, wrong: int) -> dict[int, State]:
    """Every correction of `wrong`, by id, in the order they were written."""
    query = select(announcements.c.id, announcements.c.state)
    rows = connection.execute(
        query.where(announcements.c.corrects == wrong).order_by(announcements.c.id)
    )
    return {row.id: State(row.state) for row in rows}


def recent(
    connection: Connection, limit: int = 100, account: str = MAIN_ACCOUNT
) -> Sequence[Stored]:
    """The newest announcements first."""
    query = select(announcements).where(announcements.c.account == account)
    rows = connection.execute(query.order_by(announcements.c.id.desc()).limit(limit))
    return [_stored(row) for row in rows]


def take_step(
    connection: Connection,
    stored: Stored,
    action: Action,
    now: int,
    *,
    by: str,
    note: str = "",
    **changes: Any,
) -> None:
    """Take one step and log it; `changes` are further columns.

    Raises StepRefused where it is not allowed, also because another took a step since `stored`
    was read; nothing is changed then.
    """
    after = step(stored.progress, action, by=by)
    values = {"state": str(after.state), "approved_by": after.approved_by, **changes}
    if not after.released:
        values["due_at"] = None
    unchanged = and_(
        announcements.c.id == stored.id,
        announcements.c.state == str(stored.state),
        announcements.c.approved_by == stored.approved_by,
        announcements.c.draft == stored.draft,
    )
    done = connection.execute(update(announcements).where(unchanged).values(values)).rowcount
    if not done:
        raise StepRefused("ほかの人が先に変えました。もう一度、状態を確かめてください。")
    _log(connection, stored.id, stored.account, now, by, action, stored.state, after.state, note)


def change(connection: Connection, announcement: int, **changes: Any) -> None:
    """Set columns that are no step (a reason, a time)."""
    connection.execute(
        update(announcements).where(announcements.c.id == announcement).values(changes)
    )


def take_due(
    connection: Connection, now: int, lease_ms: int, account: str = MAIN_ACCOUNT
) -> Stored | None:
    """Lease one announcement that is to start, or whose start was broken off.

    The lease is the value of `expanding_until`, which `keep_lease` asks for.
    """
    table = announcements.c
    scheduled = and_(table.state == State.SCHEDULED, table.due_at <= now)
    broken_off = and_(table.state == State.SENDING, ~table.ready)
    row = connection.execute(
        select(announcements)
        .where(table.account == account, table.expanding_until <= now)
        .where(or_(scheduled, broken_off))
        .order_by(case((table.kind == "emergency", 0), else_=1), table.due_at, table.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    change(connection, row.id, expanding_until=now + lease_ms)
    return load(connection, row.id)


def keep_lease(
    connection: Connection, announcement: int, lease: int, now: int, lease_ms: int
) -> int | None:
    """Renew the lease of a start in progress; its new value, None where it is ours no more.

    It is lost when it ran out and another took over, or when the announcement was stopped.
    """
    fresh = max(now + lease_ms, lease + 1)
    kept = connection.execute(
        update(announcements)
        .where(announcements.c.id == announcement, announcements.c.expanding_until == lease)
        .where(announcements.c.state == State.SENDING)
        .values(expanding_until=fresh)
    ).rowcount
    return fresh if kept else None


def next_start(connection: Connection, now: int, account: str = MAIN_ACCOUNT) -> int | None:
    """When the next announcement is due or a broken lease ends; may lie in the past."""
    table = announcements.c
    scheduled = select(func.min(func.coalesce(table.due_at, now))).where(
        table.account == account, table.state == State.SCHEDULED, table.due_at.is_not(None)
    )
    broken_off = select(func.min(table.expanding_until)).where(
        table.account == account, table.state == State.SENDING, ~table.ready
    )
    times = [connection.execute(query).scalar() for query in (scheduled, broken_off)]
    known = [int(each) for each in times if each is not None]
    return min(known) if known else None


def being_sent(connection: Connection, account: str = MAIN_ACCOUNT) -> set[int]:
    """The announcements whose batches are leaving."""
    table = announcements.c
    rows = connection.execute(
        select(table.id).where(table.account == account, table.state == State.SENDING, table.ready)
    )
    return {row[0] for row in rows}


def recover(connection: Connection) -> None:
    """At a start, where no other process can be at work: starts broken off go on at once."""
    connection.execute(
        update(announcements).where(announcements.c.expanding_until > 0).values(expanding_until=0)
    )


def repeated(
    connection: Connection, stored: Stored, due_at: int, expires_at: int | None, now: int
) -> int | None:
    """Plan the next occurrence, approved like the one before; None where it is planned already."""
    series = stored.series or stored.id
    planned = select(announcements.c.id).where(
        announcements.c.series == series, announcements.c.due_at == due_at
    )
    if connection.execute(planned).first() is not None:
        return None
    values = {
        "account": stored.account,
        "state": str(State.SCHEDULED),
        "kind": stored.kind,
        "title": stored.title,
        "author": stored.author,
        "source": stored.source,
        "draft": stored.draft,
        "two_people": stored.two_people,
        "approved_by": stored.approved_by,
        "approved_at": stored.approved_at,
        "series": series,
        "due_at": due_at,
        "expires_at": expires_at,
        "created_at": now,
    }
    key = connection.execute(insert(announcements).values(values)).inserted_primary_key
    assert key is not None
    note = f"くり返し（最初は{series}番）"
    _log(
        connection,
        int(key[0]),
        stored.account,
        now,
        audit.SYSTEM,
        "repeat",
        "",
        State.SCHEDULED,
        note,
    )
    return int(key[0])


def _log(
    connection: Connection,
    announcement: int,
    account: str,
    now: int,
    who: str,
    what: str,
    before: str,
    after: str,
    note: str = "",
) -> None:
    entry = audit.Entry(
        now, who, str(what), OBJECT, str(announcement), str(before), str(after), note, account
    )
    audit.add(connection, entry)


def _stored(row: Row[Any]) -> Stored:
    values = dict(row._mapping)
    return Stored(**{**values, "state": State(values["state"])})
