"""Whom a rule gives, asked of the database in one query that means what `evaluate` means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, assert_never

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, true

from bot.core.attributes import CHILD_BIRTH_MONTH, LIFE_STAGE, TOPICS
from bot.core.segments import (
    All,
    AnyOf,
    ChildAgeMonths,
    ChildBirthMonth,
    DistrictIn,
    Everyone,
    LanguageIn,
    LifeStageIs,
    Not,
    Rule,
    TopicsChosen,
    attributes_used,
)
from bot.store.attributes import mask_of
from bot.store.tables import MAIN_ACCOUNT, resident_children, residents

BATCH = 500  # ids in one multicast of LINE


class Recipient(NamedTuple):
    """One resident of an audience; `language` is '' where none was chosen."""

    user_id: str
    language: str


@dataclass(frozen=True)
class Size:
    """How many residents a rule gives, of how many we know at all."""

    matching: int
    known: int

    @property
    def is_all(self) -> bool:
        """It gives everybody. Unless the rule says everyone, that is a mistake to stop at."""
        return self.matching == self.known


def audience(rule: Rule, today: date, *columns: Any, account: str = MAIN_ACCOUNT) -> Select[Any]:
    """A SELECT of `columns` of the residents table (default: user_id) for exactly the audience.

    To be joined, counted or inserted from by the caller; `today` is Japan's.
    """
    wanted = columns or (residents.c.user_id,)
    return select(*wanted).where(residents.c.account == account, where(rule, today))


def count(connection: Connection, rule: Rule, today: date, account: str = MAIN_ACCOUNT) -> Size:
    """The size of the audience now, in one pass."""
    query = select(func.count().filter(where(rule, today)), func.count())
    row = connection.execute(query.where(residents.c.account == account)).one()
    return Size(row[0], row[1])


def snapshot(
    connection: Connection,
    rule: Rule,
    today: date,
    *,
    size: int = BATCH,
    account: str = MAIN_ACCOUNT,
) -> Iterator[list[Recipient]]:
    """The audience at this moment, by user id, at most `size` at a time.

    One statement: what is committed meanwhile changes nothing, and only one chunk is in memory.
    Read it to its end, or close the connection.
    """
    query = audience(rule, today, residents.c.user_id, residents.c.language, account=account)
    query = query.order_by(residents.c.user_id).execution_options(yield_per=size)
    for rows in connection.execute(query).partitions():
        yield [Recipient(user_id, language) for user_id, language in rows]


def where(rule: Rule, today: date) -> ColumnElement[bool]:
    """The rule as a condition on a row of the residents table. No part of it is ever NULL."""
    table = residents.c
    match rule:
        case Everyone():
            return true()
        case All(parts):
            return and_(*(where(part, today) for part in _cheap_first(parts)))
        case AnyOf(parts):
            return or_(*(where(part, today) for part in _cheap_first(parts)))
        case Not(part):
            return not_(where(part, today))
        case TopicsChosen("any", values):
            return _some(table.topics, TOPICS, values)
        case TopicsChosen("all", values):
            # One by one: a choice that nobody ever made has no bit and must fail.
            return and_(*(_some(table.topics, TOPICS, (value,)) for value in values))
        case TopicsChosen(_, values):
            return not_(_some(table.topics, TOPICS, values))
        case LifeStageIs(values):
            return _some(table.life_stages, LIFE_STAGE, values)
        case DistrictIn(values):
            return table.district.in_(values)
        case LanguageIn(values):
            return table.language.in_(values)
        case ChildAgeMonths():
            first, last = rule.birth_months(today)
            return _child(resident_children.c.month.between(first, last))
        case ChildBirthMonth(months):
            return _child(resident_children.c.month.in_(months))
        case _:
            assert_never(rule)


def _cheap_first(parts: tuple[Rule, ...]) -> list[Rule]:
    """Parts that look into the children's table come last: often the others have decided."""
    return sorted(parts, key=lambda part: CHILD_BIRTH_MONTH in attributes_used(part))


def _some(column: Any, attribute: str, values: tuple[str, ...]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.bitwise_and(mask_of(attribute, values)) != 0
    return condition


def _child(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # The flag first: it is in the index, and most residents have no children on record.
    found = select(resident_children.c.resident).where(condition)
    return and_(residents.c.has_children, residents.c.id.in_(found))
