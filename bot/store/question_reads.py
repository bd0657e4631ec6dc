"""What residents asked, for staff: counted, never with anyone's name."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, cast, func, select

from bot.store.staff_tables import question_marks
from bot.store.tables import MAIN_ACCOUNT, inbox, questions
from bot.store.upsert import Upsert

NOT_OURS, DONE = "not_ours", "done"
_MARKS = Upsert(question_marks)
_HOUR_MS, _JAPAN_MS = 3_600_000, 9 * 3_600_000


@dataclass(frozen=True)
class Asked:
    """One wording with one outcome: how often, the newest day, what came closest."""

    text: str
    outcome: str
    candidates: tuple[str, ...]
    count: int
    day: str


def since(connection: Connection, day: str, account: str = MAIN_ACCOUNT) -> list[Asked]:
    """Every wording asked on or after `day`, most asked first."""
    columns = (questions.c.text, questions.c.outcome, questions.c.candidates)
    rows = connection.execute(
        select(*columns, func.count(), func.max(questions.c.day))
        .where(questions.c.account == account, questions.c.day >= day)
        .group_by(*columns)
        .order_by(func.count().desc(), questions.c.text)
    )
    return [Asked(t, o, tuple(json.loads(c)), n, last) for t, o, c, n, last in rows]


def texts(asked: Sequence[Asked]) -> Counter[str]:
    """Each wording with how often it was asked."""
    found: Counter[str] = Counter()
    for each in asked:
        found[each.text] += each.count
    return found


def by_day(
    connection: Connection, day: str, account: str = MAIN_ACCOUNT
) -> dict[str, Counter[str]]:
    """Day -> outcome -> how many, on or after `day`."""
    rows = connection.execute(
        select(questions.c.day, questions.c.outcome, func.count())
        .where(questions.c.account == account, questions.c.day >= day)
        .group_by(questions.c.day, questions.c.outcome)
        .order_by(questions.c.day)
    )
    found: dict[str, Counter[str]] = {}
    for each, outcome, count in rows:
        found.setdefault(each, Counter())[outcome] += count
    return found


def marks(connection: Connection, account: str = MAIN_ACCOUNT) -> dict[str, str]:
    """Digest of a wording -> what the account's staff said about it."""
    columns = (question_marks.c.digest, question_marks.c.mark)
    rows = connection.execute(select(*columns).where(question_marks.c.account == account))
    return {row.digest: row.mark for row in rows}


def mark(
    connection: Connection,
    texts: Sequence[str],
    what: str,
    who: str,
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """Say of wordings that they are not the city's business, or done."""
    said = {"account": account, "mark": what, "who": who, "at": now}
    rows = [{"digest": digest_of(text), **said} for text in texts]
    if rows:
        _MARKS.insert_or_update(connection, rows)


def digest_of(text: str) -> str:
    """How a wording is remembered after it is deleted."""
    return hashlib.sha256(f"question:{text}".encode("utf-8", "replace")).hexdigest()


def by_hour(connection: Connection, since: int, account: str = MAIN_ACCOUNT) -> Counter[int]:
    """Japan's hour -> how many LINE messages were dealt with, of those received since `since`."""
    hour = cast((inbox.c.received_at + _JAPAN_MS) // _HOUR_MS % 24, Integer)
    rows = connection.execute(
        select(hour, func.count())
        .where(inbox.c.account == account, inbox.c.received_at >= since, inbox.c.kind == "text")
        .group_by(hour)
    )
    return Counter({int(each): count for each, count in rows})
