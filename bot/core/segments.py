"""The rule language of segments: its tree, and what it says about one resident.

The same tree becomes one SQL query in `bot.store.audience` and a sentence in
`bot.core.segment_words`; `bot.core.segment_rules` reads it from a file. A property test holds
the three meanings together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    DISTRICT,
    LANGUAGE,
    LIFE_STAGE,
    TOPICS,
    Attributes,
    month_of,
)

TopicMode = Literal["any", "all", "none"]


@dataclass(frozen=True)
class Everyone:
    """Every resident we know. Only a whole rule, never a part of one."""


@dataclass(frozen=True)
class All:
    """Every part holds; at least two parts."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds; at least two parts."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold; so it is true of residents who chose nothing there."""

    part: Rule


@dataclass(frozen=True)
class TopicsChosen:
    """any: one of `values` is chosen; all: every one is; none: not one is."""

    mode: TopicMode
    values: tuple[str, ...]


@dataclass(frozen=True)
class LifeStageIs:
    """One of `values` is among the resident's life stages."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class DistrictIn:
    """The resident chose one of these districts."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class LanguageIn:
    """The resident chose one of these languages; choosing none is not choosing Japanese."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class ChildAgeMonths:
    """A child whose age lies between `low` and `high` months, both included.

    Counted by months alone: a child born in August is 3 months old in all of November.
    """

    low: int
    high: int

    def birth_months(self, today: date) -> tuple[int, int]:
        """The first and the last birth month that qualify, as `month_number`."""
        now = month_of(today)
        return now - self.high, now - self.low


@dataclass(frozen=True)
class ChildBirthMonth:
    """A child born in one of these months, as `month_number`."""

    months: tuple[int, ...]


Condition = TopicsChosen | LifeStageIs | DistrictIn | LanguageIn | ChildAgeMonths | ChildBirthMonth
Rule = Everyone | All | AnyOf | Not | Condition


def evaluate(rule: Rule, resident: Attributes, today: date) -> bool:
    """Whether the rule gives this resident. `today` is Japan's."""
    match rule:
        case Everyone():
            return True
        case All(parts):
            return all(evaluate(part, resident, today) for part in parts)
        case AnyOf(parts):
            return any(evaluate(part, resident, today) for part in parts)
        case Not(part):
            return not evaluate(part, resident, today)
        case _:
            return holds(rule, resident, today)


def holds(condition: Condition, resident: Attributes, today: date) -> bool:
    """Whether one condition holds for this resident."""
    match condition:
        case TopicsChosen("any", values):
            return not resident.topics.isdisjoint(values)
        case TopicsChosen("all", values):
            return resident.topics.issuperset(values)
        case TopicsChosen("none", values):
            return resident.topics.isdisjoint(values)
        case LifeStageIs(values):
            return not resident.life_stages.isdisjoint(values)
        case DistrictIn(values):
            return resident.district in values
        case LanguageIn(values):
            return resident.language in values
        case ChildAgeMonths() | ChildBirthMonth():
            return bool(matching_children(condition, resident, today))
        case _:
            raise AssertionError(f"unknown condition {condition!r}")


def matching_children(
    condition: ChildAgeMonths | ChildBirthMonth, resident: Attributes, today: date
) -> tuple[int, ...]:
    """The birth months of the resident's children that the condition means, oldest first."""
    match condition:
        case ChildAgeMonths():
            first, last = condition.birth_months(today)
            found = frozenset(m for m in resident.child_birth_months if first <= m <= last)
        case ChildBirthMonth(months):
            found = resident.child_birth_months & frozenset(months)
        case _:
            assert_never(condition)
    return tuple(sorted(found))


def conditions(rule: Rule) -> Iterator[Condition]:
    """Every condition of the rule, from left to right."""
    match rule:
        case Everyone():
            return
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from conditions(part)
        case Not(part):
            yield from conditions(part)
        case _:
            yield rule


def attributes_used(rule: Rule) -> frozenset[str]:
    """The attributes that the rule asks about: no others need be asked of residents."""
    return frozenset(attribute_of(condition) for condition in conditions(rule))


def attribute_of(condition: Condition) -> str:
    """Which attribute a condition is about."""
    match condition:
        case TopicsChosen():
            return TOPICS
        case LifeStageIs():
            return LIFE_STAGE
        case DistrictIn():
            return DISTRICT
        case LanguageIn():
            return LANGUAGE
        case ChildAgeMonths() | ChildBirthMonth():
            return CHILD_BIRTH_MONTH
        case _:
            assert_never(condition)
