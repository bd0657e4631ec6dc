"""A rule's audience cut up by all it asks for: shows whether its size could name somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, Integer, case, func, literal, select

from bot.core.segments import (
    ChildAgeMonths,
    ChildBirthMonth,
    Condition,
    DistrictIn,
    LanguageIn,
    LifeStageIs,
    Rule,
    TopicsChosen,
    conditions,
)
from bot.store.audience import count, where
from bot.store.tables import MAIN_ACCOUNT, residents

MOST = 16  # values of a rule that are looked at: each costs time for every resident


@dataclass(frozen=True)
class Cells:
    """`matching` residents; `smallest` is the smallest group that is not empty, 0 without any.

    Groups are all residents, inside the audience and outside, by which of the rule's values they
    chose. None: too many values to tell.
    """

    matching: int
    smallest: int | None


def cells(connection: Connection, rule: Rule, today: date, account: str = MAIN_ACCOUNT) -> Cells:
    """One pass over the residents of the account. `today` is Japan's."""
    asked = tuple(dict.fromkeys(each for part in conditions(rule) for each in _singles(part)))
    if not asked or len(asked) > MOST:
        size = count(connection, rule, today, account)
        return Cells(size.matching, None if asked else size.known)
    number: ColumnElement[int] = literal(0, Integer)
    for place, condition in enumerate((rule, *asked)):
        number = number + case((where(condition, today), 1 << place), else_=0)
    found = select(number.label("cell")).where(residents.c.account == account).subquery()
    rows = connection.execute(select(found.c.cell, func.count()).group_by(found.c.cell)).all()
    matching = sum(many for cell, many in rows if cell & 1)
    return Cells(matching, min((many for _, many in rows), default=0))


def _singles(condition: Condition) -> Iterator[Condition]:
    """The condition for each of its values alone."""
    match condition:
        case TopicsChosen(_, values):
            yield from (TopicsChosen("any", (value,)) for value in values)
        case LifeStageIs(values):
            yield from (LifeStageIs((value,)) for value in values)
        case DistrictIn(values):
            yield from (DistrictIn((value,)) for value in values)
        case LanguageIn(values):
            yield from (LanguageIn((value,)) for value in values)
        case ChildAgeMonths(low, high):
            yield from (ChildAgeMonths(age, age) for age in range(low, high + 1))
        case ChildBirthMonth(months):
            yield from (ChildBirthMonth((month,)) for month in months)
