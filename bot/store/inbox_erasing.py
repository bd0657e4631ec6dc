"""Words and ids leave the inbox; rows stay, so that an event delivered again is still known.

Both functions return the ids of the questions that were asked, for `bot.store.questions`.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, func, or_, select, update

from bot.store.inbox import DECIDED, ERASED, ERASED_BODY, UNSEND
from bot.store.tables import OPEN, inbox
from bot.store.writer import ERASED_TRACE


def erase_message(connection: Connection, account: str, message_id: str) -> list[str]:
    """Drop the words of a message taken back; returns the ids of its questions.

    An open one goes on without words. The row stays: it keeps the event from being taken twice.
    """
    mine = and_(
        inbox.c.account == account, inbox.c.message_id == message_id, inbox.c.kind != UNSEND
    )
    questions = connection.execute(
        select(inbox.c.question_id).where(mine, inbox.c.question_id.is_not(None))
    )
    found = [str(row[0]) for row in questions]
    connection.execute(update(inbox).where(mine).values(body=ERASED_BODY, question_id=None))
    connection.info[ERASED_TRACE] = True
    return found


def erase_resident(
    connection: Connection, account: str, resident: str, *, before: int, now: int
) -> list[str]:
    """Drop words and id of everything a resident did up to `before`; returns question ids.

    Open events of then are settled as `erased`, except those already being replied to, which
    lose the rest when settled.
    """
    mine = and_(inbox.c.account == account, inbox.c.resident == resident)
    past = or_(inbox.c.settled_at.is_not(None), inbox.c.occurred_at <= before)
    questions = connection.execute(
        select(inbox.c.question_id).where(mine, past, inbox.c.question_id.is_not(None))
    )
    found = [str(row[0]) for row in questions]
    sending = and_(OPEN, inbox.c.status == DECIDED)
    connection.execute(
        update(inbox)
        .where(mine, sending, past)
        .values(forget=True, body=ERASED_BODY, question_id=None)
    )
    connection.execute(
        update(inbox)
        .where(mine, past, ~sending)
        .values(
            body=ERASED_BODY,
            messages=None,
            conversation=None,
            resident=None,
            reply_token=None,
            question_id=None,
            status=case((OPEN, ERASED), else_=inbox.c.status),
            settled_at=func.coalesce(inbox.c.settled_at, now),
        )
    )
    connection.info[ERASED_TRACE] = True
    return found
