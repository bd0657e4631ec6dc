"""Taking events on: what is due is leased to who asks, in each conversation's order.

Works inside the caller's transaction. Instants are UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from bot.store import direct
from bot.store.inbox import DECIDED, LEASED, UNSEND, Claimed
from bot.store.tables import CONVERSATION_MS, MAIN_ACCOUNT, OPEN, conversations, inbox
from bot.store.together import Ahead, Value, among, fetch_together

_other = inbox.alias("other")
# Scalar subqueries and no joins: however wrong the database's statistics are (a queue has none
# when it matters), it can only walk the queue in its order and look up each event by an index.
_FIRST_OPEN = (
    select(_other.c.id)
    .where(
        _other.c.settled_at.is_(None),
        _other.c.account == inbox.c.account,
        _other.c.conversation == inbox.c.conversation,
    )
    .order_by(_other.c.account, _other.c.conversation, _other.c.occurred_at, _other.c.id)
    .limit(1)
    .scalar_subquery()
)
_HEAD = or_(inbox.c.conversation.is_(None), inbox.c.id == _FIRST_OPEN)
_TAKEN_BACK = (
    select(_other.c.id)
    .where(
        _other.c.account == inbox.c.account,
        _other.c.message_id == inbox.c.message_id,
        _other.c.kind == UNSEND,
    )
    .limit(1)
    .scalar_subquery()
)
_UNSENT = and_(inbox.c.kind != UNSEND, _TAKEN_BACK.is_not(None))
_STATE = (
    select(conversations.c.state)
    .where(
        conversations.c.account == inbox.c.account,
        conversations.c.key == inbox.c.conversation,
        conversations.c.updated_at > bindparam("forgotten"),
    )
    .scalar_subquery()
)


def _due_statement(newest_first: bool) -> Select[Any]:
    due_at, row_id = inbox.c.due_at, inbox.c.id
    order = (due_at.desc(), row_id.desc()) if newest_first else (due_at.asc(), row_id.asc())
    return (
        select(
            inbox.c.id,
            inbox.c.account,
            inbox.c.kind,
            inbox.c.body,
            inbox.c.occurred_at,
            inbox.c.received_at,
            inbox.c.conversation,
            inbox.c.resident,
            inbox.c.message_id,
            inbox.c.reply_token,
            inbox.c.messages,
            (inbox.c.attempts + 1).label("attempts"),
            # Whoever had it in flight is gone.
            or_(inbox.c.outcome_unknown, inbox.c.in_flight).label("outcome_unknown"),
            _UNSENT.label("unsent"),
            _STATE.label("state"),
        )
        .where(inbox.c.account == bindparam("the_account"), OPEN)
        .where(due_at <= bindparam("now"), _HEAD)
        .order_by(*order)
        .limit(bindparam("room"))
        .with_for_update(of=inbox, skip_locked=True)  # PostgreSQL; SQLite has one writer anyway
    )


def _lease(value: Value, lease_end: ColumnElement[int]) -> Update:
    return (
        update(inbox)
        .where(inbox.c.id == value("id"))
        .values(
            status=case((value("messages").is_(None), LEASED), else_=DECIDED),
            due_at=lease_end,
            attempts=value("attempts"),
            outcome_unknown=value("outcome_unknown"),
            in_flight=value("messages").is_not(None),
        )
    )


def _claim_statement(newest_first: bool) -> ReturningUpdate[Any]:
    """Both in one, where each statement is a way to the server and back."""
    due = _due_statement(newest_first).cte("due")
    lease = _lease(due.c.__getitem__, bindparam("lease_end"))
    return lease.where(among(inbox.c.id, due, "id")).returning(*due.c)


_DUE_OLDEST = _due_statement(newest_first=False)
_DUE_NEWEST = _due_statement(newest_first=True)
_CLAIM_OLDEST = _claim_statement(newest_first=False)
_CLAIM_NEWEST = _claim_statement(newest_first=True)
_LEASE = _lease(lambda name: bindparam(f"the_{name}"), bindparam("lease_end"))


def claim(
    connection: Connection,
    now: int,
    *,
    lease_ms: int,
    room: int,
    newest_first: bool = False,
    account: str = MAIN_ACCOUNT,
    ahead: Sequence[Ahead] = (),
) -> list[Claimed]:
    """Lease up to `room` due events of an account, of each conversation only the oldest open one.

    Order within a conversation is when things happened, then arrival. Of a decided event the
    claim itself is the durable mark that an attempt is about to leave. `ahead`: what PostgreSQL is
    to do before, see there.
    """
    values = {
        "the_account": account,
        "now": now,
        "room": room,
        "forgotten": now - CONVERSATION_MS,
    }
    lease_end = now + lease_ms
    if connection.dialect.name == "sqlite":
        due = direct.fetch(connection, _DUE_NEWEST if newest_first else _DUE_OLDEST, values)
        claimed = [Claimed(*_with_booleans(row)) for row in due]
        if claimed:
            direct.change_each(connection, _LEASE, [_lease_row(c, lease_end) for c in claimed])
    else:
        at_once = _CLAIM_NEWEST if newest_first else _CLAIM_OLDEST
        leased = fetch_together(connection, at_once, values | {"lease_end": lease_end}, ahead)
        claimed = [Claimed(*row) for row in leased]
    return sorted(claimed, key=lambda c: (c.received_at, c.id))


def _with_booleans(row: tuple[Any, ...]) -> list[Any]:
    *rest, outcome_unknown, unsent, state = row
    return [*rest, bool(outcome_unknown), bool(unsent), state]


def _lease_row(claimed: Claimed, lease_end: int) -> dict[str, Any]:
    return {
        "the_id": claimed.id,
        "the_messages": claimed.messages,
        "the_attempts": claimed.attempts,
        "the_outcome_unknown": claimed.outcome_unknown,
        "lease_end": lease_end,
    }
