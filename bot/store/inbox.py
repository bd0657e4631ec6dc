"""The durable inbox: a row is the promise to answer one event, or to say that we did not.

All functions work inside the caller's transaction. Instants are UTC milliseconds.
waiting -> leased -> decided -> replied | maybe_sent | unanswered | ignored | erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Text,
    Update,
    case,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.types import TypeEngine

from bot.store.tables import inbox
from bot.store.together import Each, Value

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


def decided(value: Value) -> Update:
    """What records a decision where its event is still the claim's."""
    return _on_its_way(value).values(settled_at=value("settled"))


def _on_its_way(value: Value) -> Update:
    return (
        update(inbox)
        .where(
            inbox.c.id == value("the_id"),
            inbox.c.status == LEASED,
            inbox.c.attempts == value("the_attempts"),
        )
        .values(
            status=value("to_status"),
            outcome=value("to_outcome"),
            messages=value("to_messages"),
            question_id=value("to_question"),
            forget=value("to_forget"),
            in_flight=value("sending"),
        )
    )


DECISION: dict[str, TypeEngine[Any]] = {
    "the_id": BigInteger(),
    "the_attempts": BigInteger(),
    "to_status": Text(),
    "to_outcome": Text(),
    "to_messages": Text(),
    "to_question": Text(),
    "to_forget": Boolean(),
    "sending": Boolean(),
    "settled": BigInteger(),
}
_DECIDE = Each(decided, inbox.c.id, **DECISION)
# For SQLite: where a statement names `settled_at`, what is open is put into its indexes again.
_SEND = Each(_on_its_way, inbox.c.id, **DECISION)


def decide(connection: Connection, decisions: Sequence[Decision], now: int) -> set[int]:
    """Record what the claimed events came to; those with messages are marked as on their way.

    Returns the ids that were still ours to decide; the others are left as they are.
    """
    if not decisions:
        return set()
    rows = [decision_row(d, now) for d in decisions]
    if connection.dialect.name == "sqlite":
        to_send = [row for row in rows if row["sending"]]
        ended = [row for row in rows if not row["sending"]]
        count = _SEND.run(connection, to_send) + _DECIDE.run(connection, ended)
    else:
        count = _DECIDE.run(connection, rows)
    ids = (
        {d.id for d in decisions} if count == len(decisions) else still_ours(connection, decisions)
    )
    _strip(connection, [d.id for d in decisions if d.forget and d.id in ids])
    return ids


def still_ours(connection: Connection, decisions: Sequence[Decision]) -> set[int]:
    """Whose rows now say what was decided: a later claim would have raised `attempts`."""
    expected = {(d.id, d.attempts, d.status) for d in decisions}
    rows = connection.execute(
        select(inbox.c.id, inbox.c.attempts, inbox.c.status).where(
            inbox.c.id.in_([d.id for d in decisions])
        )
    )
    return {row[0] for row in rows if tuple(row) in expected}


def decision_row(decision: Decision, now: int) -> dict[str, Any]:
    """The values of `DECISION`."""
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


def _end(value: Value) -> Update:
    still_mine = inbox.c.attempts == value("the_attempts")
    return (
        update(inbox)
        .where(inbox.c.id == value("the_id"), inbox.c.status == DECIDED)
        # That LINE took it is true whoever holds the event by now; other ends are only ours to tell.
        .where(or_(still_mine, value("to_status") == REPLIED))
        .values(
            status=value("to_status"),
            settled_at=value("now"),
            in_flight=False,
            outcome_unknown=value("unknown"),
            messages=None,  # the reply follows from the words and the content; no second copy
        )
    )


def _settle(value: Value) -> Update:
    return _end(value).values(
        body=case((inbox.c.forget, ERASED_BODY), else_=inbox.c.body),
        conversation=case((inbox.c.forget, null()), else_=inbox.c.conversation),
        resident=case((inbox.c.forget, null()), else_=inbox.c.resident),
    )


_END: dict[str, TypeEngine[Any]] = {
    "the_id": BigInteger(),
    "the_attempts": BigInteger(),
    "to_status": Text(),
    "unknown": Boolean(),
    "now": BigInteger(),
}
_SETTLE = Each(_settle, inbox.c.id, **_END)
# For SQLite, as above: most have nothing to forget.
_SETTLE_WHOLE = Each(lambda value: _end(value).where(~inbox.c.forget), inbox.c.id, **_END)


def _postpone(value: Value) -> Update:
    return (
        update(inbox)
        .where(inbox.c.id == value("the_id"), inbox.c.status == DECIDED)
        .where(inbox.c.attempts == value("the_attempts"))
        .values(due_at=value("due"), in_flight=False, outcome_unknown=value("unknown"))
    )


_POSTPONE = Each(
    _postpone,
    inbox.c.id,
    the_id=BigInteger(),
    the_attempts=BigInteger(),
    due=BigInteger(),
    unknown=Boolean(),
)


def settle(connection: Connection, settled: Sequence[Settled], now: int) -> None:
    """Record how attempts ended."""
    lite = connection.dialect.name == "sqlite"
    for statement, rows in ends(settled, now):
        if lite and statement is _SETTLE and _SETTLE_WHOLE.run(connection, rows) == len(rows):
            continue
        statement.run(connection, rows)


def ends(settled: Sequence[Settled], now: int) -> Iterator[tuple[Each, list[dict[str, Any]]]]:
    """The statements that record how attempts ended, each with its rows."""
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
        yield _SETTLE, final
    if again:
        yield _POSTPONE, again


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
