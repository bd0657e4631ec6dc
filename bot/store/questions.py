"""What was asked, for staff: masked words, what came of it, the day. Nobody's name or id."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from bot.store.tables import MAIN_ACCOUNT, questions
from bot.store.upsert import Upsert
from bot.store.writer import ERASED_TRACE

_UPSERT = Upsert(questions, together=True)


@dataclass(frozen=True)
class Question:
    """One question; `day` is Japan's day as `2026-11-21`, `id` random."""

    id: str
    day: str
    text: str
    outcome: str
    candidates: tuple[str, ...] = ()
    account: str = MAIN_ACCOUNT


def add(connection: Connection, asked: Sequence[Question]) -> None:
    """Keep questions; one that is there already (its commit's answer was lost) stays as it is."""
    if asked:
        _UPSERT.insert_or_ignore(connection, [row(question) for question in asked])


def row(question: Question) -> dict[str, str]:
    """A question as a row of the table."""
    return {
        "id": question.id,
        "account": question.account,
        "day": question.day,
        "text": question.text,
        "outcome": question.outcome,
        "candidates": json.dumps(question.candidates),
    }


def find(connection: Connection, day: str, account: str = MAIN_ACCOUNT) -> list[Question]:
    """The questions of one day, in no particular order."""
    rows = connection.execute(
        select(questions).where(questions.c.account == account, questions.c.day == day)
    )
    return [
        Question(row.id, row.day, row.text, row.outcome, tuple(json.loads(row.candidates)), account)
        for row in rows
    ]


def forget(connection: Connection, ids: Collection[str]) -> None:
    """Delete questions by id, and their trace in the log of a SQLite file."""
    if ids:
        connection.execute(delete(questions).where(questions.c.id.in_(ids)))
        connection.info[ERASED_TRACE] = True


def purge(connection: Connection, before_day: str, limit: int) -> int:
    """Delete up to `limit` questions asked before `before_day`; returns how many."""
    old = select(questions.c.id).where(questions.c.day < before_day).limit(limit)
    return connection.execute(
        delete(questions).where(questions.c.id.in_(old.scalar_subquery()))
    ).rowcount
