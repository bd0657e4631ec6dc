"""How events come into the inbox: at the door, once each however often LINE brings them.

All functions work inside the caller's transaction. Instants are UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, or_, update

from bot.store.backlog import EXPIRED
from bot.store.inbox import UNANSWERED, WAITING
from bot.store.tables import MAIN_ACCOUNT, OPEN, inbox
from bot.store.upsert import Upsert

_COLUMNS = (
    "account",
    "event_id",
    "kind",
    "conversation",
    "resident",
    "message_id",
    "occurred_at",
    "received_at",
    "reply_token",
    "body",
    "status",
    "due_at",
)
_UPSERT = Upsert(inbox, together=True, columns=_COLUMNS)


@dataclass(frozen=True)
class Arrival:
    """One event as it comes in; `body` is its masked JSON."""

    event_id: str
    kind: str
    body: str
    occurred_at: int
    conversation: str | None = None
    resident: str | None = None
    message_id: str | None = None
    reply_token: str | None = None
    redelivered: bool = False
    account: str = MAIN_ACCOUNT


def accept(connection: Connection, arrivals: Sequence[Arrival], now: int) -> int:
    """Keep events; returns how many are new or have a new minute to be answered in.

    One already there stays as it is, except that a redelivery gives it a new minute while it is
    open, and where the first went by before anybody came to it.
    """
    if not arrivals:
        return 0
    rows = [_row(arrival, now) for arrival in arrivals]
    kept = _UPSERT.insert_or_ignore(connection, rows)
    again = [arrival for arrival in arrivals if arrival.redelivered]
    return kept + (_renew(connection, again, now) if kept < len(rows) and again else 0)


def _row(arrival: Arrival, now: int) -> dict[str, Any]:
    return {
        "account": arrival.account,
        "event_id": arrival.event_id,
        "kind": arrival.kind,
        "conversation": arrival.conversation,
        "resident": arrival.resident,
        "message_id": arrival.message_id,
        "occurred_at": arrival.occurred_at,
        "received_at": now,
        "reply_token": arrival.reply_token,
        "body": arrival.body,
        "status": WAITING,
        "due_at": now,
    }


# Nobody came to answer it in its minute; the new one is as good.
_MISSED = and_(inbox.c.status == UNANSWERED, inbox.c.outcome == EXPIRED, ~inbox.c.outcome_unknown)
_RENEW = (
    update(inbox)
    .where(
        inbox.c.account == bindparam("the_account"),
        inbox.c.event_id == bindparam("the_event"),
        or_(OPEN, _MISSED),
    )
    .values(
        received_at=bindparam("now"),
        status=case((OPEN, inbox.c.status), else_=WAITING),
        due_at=case((OPEN, inbox.c.due_at), else_=bindparam("now")),
        settled_at=None,
    )
)


def _renew(connection: Connection, arrivals: Iterable[Arrival], now: int) -> int:
    return sum(
        connection.execute(
            _RENEW, {"the_account": a.account, "the_event": a.event_id, "now": now}
        ).rowcount
        for a in arrivals
    )
