"""A worker's turn in one way to the server: what was decided and sent goes, what is due comes.

Instants are UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, any_, func, select
from sqlalchemy.dialects.postgresql import insert

from bot.store import claiming
from bot.store import conversations as states
from bot.store import questions as asked
from bot.store.conversations import Key
from bot.store.inbox import (
    DECISION,
    Claimed,
    Decision,
    Settled,
    decide,
    decided,
    decision_row,
    ends,
    settle,
    still_ours,
)
from bot.store.questions import Question
from bot.store.tables import MAIN_ACCOUNT, conversations, inbox, questions
from bot.store.together import Ahead, among, parameters, source


@dataclass(frozen=True)
class Done:
    """What most events come to: nothing to forget, and a state to remember or none."""

    decision: Decision
    question: Question | None = None
    state: tuple[Key, str] | None = None


def exchange(
    connection: Connection,
    done: Sequence[Done],
    sent: Sequence[Settled],
    now: int,
    *,
    lease_ms: int,
    room: int,
    account: str = MAIN_ACCOUNT,
) -> tuple[set[int], list[Claimed]]:
    """Record, then claim the oldest; returns which events were still ours to decide, and the claim.

    Outside a transaction it is one on PostgreSQL, and may be made again.
    """
    if connection.dialect.name == "sqlite":
        ours = _record(connection, done, now)
        settle(connection, sent, now)
        return ours, claiming.claim(connection, now, lease_ms=lease_ms, room=room, account=account)
    record = Ahead(_RECORD, parameters([_row(each, now) for each in done]))
    ahead = [record] if done else []
    ahead += [statement.ahead(rows) for statement, rows in ends(sent, now)]
    claimed = claiming.claim(
        connection, now, lease_ms=lease_ms, room=room, account=account, ahead=ahead
    )
    ours = {row[0] for row in record.rows}
    if len(ours) < len(done):
        ours |= still_ours(connection, [each.decision for each in done])
    return ours, claimed


def _record(connection: Connection, done: Sequence[Done], now: int) -> set[int]:
    ours = decide(connection, [each.decision for each in done], now)
    mine = [each for each in done if each.decision.id in ours]
    asked.add(connection, [each.question for each in mine if each.question is not None])
    states.save_many(connection, dict(e.state for e in mine if e.state is not None), now)
    return ours


def _record_statement() -> Select[Any]:
    """For PostgreSQL: what an event comes to is kept where the event is still ours."""
    more = {f"q_{column.name}": column.type for column in questions.columns}
    more |= {"s_account": Text(), "s_key": Text(), "s_state": Text(), "s_at": BigInteger()}
    given = select(source(DECISION | more)).cte("given")
    value = given.c
    decision = decided(value.__getitem__).where(among(inbox.c.id, given, "the_id"))
    ours = decision.returning(inbox.c.id).cte("ours")
    of_ours = value.the_id == any_(func.array(select(ours.c.id).scalar_subquery()))
    names = [column.name for column in questions.columns]
    question = select(*(value[f"q_{name}"] for name in names)).where(
        of_ours, value.q_id.is_not(None)
    )
    kept = insert(questions).from_select(names, question).on_conflict_do_nothing().cte("kept")
    state = select(value.s_account, value.s_key, value.s_state, value.s_at)
    state = state.where(of_ours, value.s_key.is_not(None))
    remember = insert(conversations).from_select(["account", "key", "state", "updated_at"], state)
    new = remember.excluded
    remembered = remember.on_conflict_do_update(
        index_elements=["account", "key"], set_={"state": new.state, "updated_at": new.updated_at}
    ).cte("remembered")
    return select(ours.c.id).add_cte(kept, remembered)


_RECORD = _record_statement()


def _row(done: Done, now: int) -> dict[str, Any]:
    row = decision_row(done.decision, now)
    if done.question is not None:
        row |= {f"q_{name}": value for name, value in asked.row(done.question).items()}
    if done.state is not None:
        (account, key), state = done.state
        row |= {"s_account": account, "s_key": key, "s_state": state, "s_at": now}
    return row
