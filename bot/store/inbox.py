"""The durable inbox: a row is the promise to answer one event, or to say that we did not.

All functions work inside the caller's transaction. Instants are UTC milliseconds.
waiting -> leased -> decided -> replied | maybe_sent | unanswered | ignored | erased.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    null,
    or_,
    select,
    update,
)

from bot.store.tables import CONVERSATION_MS, MAIN_ACCOUNT, OPEN, conversations, inbox

WAITING, LEASED, DECIDED = "waiting", "leased", "decided"
REPLIED, MAYBE_SENT, UNANSWERED = "replied", "maybe_sent", "unanswered"
IGNORED, ERASED = "ignored", "erased"

ERASED_BODY = "{}"
UNSEND = "unsend"


@dataclass(frozen=True)
class Claimed:
    """An event this process holds until its lease ends.

    `messages` is None until decided. `outcome_unknown`: an earlier attempt may have reached LINE.
    `unsent`: its author has taken the message back. `state`: what its conversation remembers.
    """

    id: int
    account: str
    kind: str
    body: str
    occurred_at: int
    received_at: int
    conversation: str | None
    resident: str | None
    message_id: str | None
    reply_token: str | None
    messages: str | None
    attempts: int
    outcome_unknown: bool
    unsent: bool
    state: str | None


@dataclass(frozen=True)
class Decision:
    """What an event came to: `status` is `decided` with `messages` to send, or final.

    `attempts` is the claim's: if it has moved on, somebody else holds the event.
    """

    id: int
    attempts: int
    status: str
    outcome: str
    messages: str | None = None
    question_id: str | None = None
    forget: bool = False  # the row loses words and resident, ids only once settled


@dataclass(frozen=True)
class Settled:
    """How a decided event's attempt ended: a final `status`, or `decided` again until `due_at`."""

    id: int
    attempts: int
    status: str
    outcome_unknown: bool = False
    due_at: int = 0


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
            inbox.c.attempts + 1,
            # Whoever had it in flight is gone.
            or_(inbox.c.outcome_unknown, inbox.c.in_flight),
            _UNSENT,
            _STATE,
        )
        .where(inbox.c.account == bindparam("the_account"), OPEN)
        .where(due_at <= bindparam("now"), _HEAD)
        .order_by(*order)
        .limit(bindparam("room"))
        .with_for_update(of=inbox, skip_locked=True)  # PostgreSQL; SQLite has one writer anyway
    )


_DUE_OLDEST = _due_statement(newest_first=False)
_DUE_NEWEST = _due_statement(newest_first=True)
_LEASE = (
    update(inbox)
    .where(inbox.c.id == bindparam("the_id"))
    .values(
        status=bindparam("to_status"),
        due_at=bindparam("lease_end"),
        attempts=bindparam("to_attempts"),
        outcome_unknown=bindparam("unknown"),
        in_flight=bindparam("sending"),
    )
)


def claim(
    connection: Connection,
    now: int,
    *,
    lease_ms: int,
    room: int,
    newest_first: bool = False,
    account: str = MAIN_ACCOUNT,
) -> list[Claimed]:
    """Lease up to `room` due events of an account, of each conversation only the oldest open one.

    Order within a conversation is when things happened, then arrival. Of a decided event the
    claim itself is the durable mark that an attempt is about to leave.
    """
    due = connection.execute(
        _DUE_NEWEST if newest_first else _DUE_OLDEST,
        {
            "the_account": account,
            "now": now,
            "room": room,
            "forgotten": now - CONVERSATION_MS,
        },
    )
    claimed = [Claimed(*row) for row in due]
    if claimed:
        connection.execute(_LEASE, [_lease_row(c, now + lease_ms) for c in claimed])
    return sorted(claimed, key=lambda c: (c.received_at, c.id))


def _lease_row(claimed: Claimed, lease_end: int) -> dict[str, Any]:
    sending = claimed.messages is not None
    return {
        "the_id": claimed.id,
        "to_status": DECIDED if sending else LEASED,
        "lease_end": lease_end,
        "to_attempts": claimed.attempts,
        "unknown": claimed.outcome_unknown,
        "sending": sending,
    }


_DECIDE = (
    update(inbox)
    .where(
        inbox.c.id == bindparam("the_id"),
        inbox.c.status == LEASED,
        inbox.c.attempts == bindparam("the_attempts"),
    )
    .values(
        status=bindparam("to_status"),
        outcome=bindparam("to_outcome"),
        messages=bindparam("to_messages"),
        question_id=bindparam("to_question"),
        forget=bindparam("to_forget"),
        in_flight=bindparam("sending"),
        settled_at=bindparam("settled"),
    )
)


def decide(connection: Connection, decisions: Sequence[Decision], now: int) -> set[int]:
    """Record what the claimed events came to; those with messages are marked as on their way.

    Returns the ids that were still ours to decide; the others are left as they are.
    """
    if not decisions:
        return set()
    count = connection.execute(_DECIDE, [_decision_row(d, now) for d in decisions]).rowcount
    ids = {d.id for d in decisions} if count == len(decisions) else _mine(connection, decisions)
    _strip(connection, [d.id for d in decisions if d.forget and d.id in ids])
    return ids


def _mine(connection: Connection, decisions: Sequence[Decision]) -> set[int]:
    """Whose rows now say what was decided: a later claim would have raised `attempts`."""
    expected = {(d.id, d.attempts, d.status) for d in decisions}
    rows = connection.execute(
        select(inbox.c.id, inbox.c.attempts, inbox.c.status).where(
            inbox.c.id.in_([d.id for d in decisions])
        )
    )
    return {row[0] for row in rows if tuple(row) in expected}


def _decision_row(decision: Decision, now: int) -> dict[str, Any]:
    sending = decision.status == DECIDED
    return {
        "the_id": decision.id,
        "the_attempts": decision.attempts,
        "to_status": decision.status,
        "to_outcome": decision.outcome,
        "to_messages": decision.messages,
        "to_question": decision.question_id,
        "to_forget": decision.forget,
        "sending": sending,
        "settled": None if sending else now,
    }


_MINE = and_(inbox.c.id == bindparam("the_id"), inbox.c.status == DECIDED)
_STILL_MINE = inbox.c.attempts == bindparam("the_attempts")
_SETTLE = (
    update(inbox)
    # That LINE took it is true whoever holds the event by now; any other end is only ours to tell.
    .where(_MINE, or_(_STILL_MINE, bindparam("to_status") == REPLIED))
    .values(
        status=bindparam("to_status"),
        settled_at=bindparam("now"),
        in_flight=False,
        outcome_unknown=bindparam("unknown"),
        messages=None,  # the reply follows from the words and the content; no second copy
        body=case((inbox.c.forget, ERASED_BODY), else_=inbox.c.body),
        conversation=case((inbox.c.forget, null()), else_=inbox.c.conversation),
        resident=case((inbox.c.forget, null()), else_=inbox.c.resident),
    )
)
_POSTPONE = (
    update(inbox)
    .where(_MINE, _STILL_MINE)
    .values(due_at=bindparam("due"), in_flight=False, outcome_unknown=bindparam("unknown"))
)


def settle(connection: Connection, settled: Sequence[Settled], now: int) -> None:
    """Record how attempts ended."""
    final = [
        {
            "the_id": s.id,
            "the_attempts": s.attempts,
            "to_status": s.status,
            "unknown": s.outcome_unknown,
            "now": now,
        }
        for s in settled
        if s.status != DECIDED
    ]
    again = [
        {
            "the_id": s.id,
            "the_attempts": s.attempts,
            "due": s.due_at,
            "unknown": s.outcome_unknown,
        }
        for s in settled
        if s.status == DECIDED
    ]
    if final:
        connection.execute(_SETTLE, final)
    if again:
        connection.execute(_POSTPONE, again)


def _strip(connection: Connection, ids: Collection[int]) -> None:
    """Blank rows that were decided with `forget`; what is still needed to send stays till then."""
    if not ids:
        return
    chosen = inbox.c.id.in_(ids)
    connection.execute(update(inbox).where(chosen).values(body=ERASED_BODY))
    connection.execute(
        update(inbox)
        .where(chosen, inbox.c.settled_at.is_not(None))
        .values(conversation=None, resident=None, reply_token=None)
    )
