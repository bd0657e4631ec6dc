"""A rule as a form shows it: rows of conditions in groups, one level deep, and back to a rule.

Every rule a form can hold becomes the plain data that `parse_rule` reads; a rule that is nested
deeper has no form. Negation stands in the relation of a row or a group, never beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    DISTRICT,
    LANGUAGE,
    LIFE_STAGE,
    OLDEST_CHILD,
    TOPICS,
    CityCatalog,
    month_number,
    month_text,
)
from bot.core.segment_rules import CHILD_AGE_MONTHS, RuleProblem, Steps, parse_rule
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
)

ALL, ANY, NONE = "all", "any", "none"
NOT_ALL, NOT_ANY = "not_all", "not_any"
IS, IS_NOT = "is", "is_not"
KINDS = (TOPICS, DISTRICT, LIFE_STAGE, CHILD_AGE_MONTHS, CHILD_BIRTH_MONTH, LANGUAGE)
_WORDS = {LIFE_STAGE: "any", CHILD_AGE_MONTHS: "between"}  # below the key; else `in`
_OPPOSITE = {ANY: NONE, NONE: ANY, ALL: NOT_ALL, IS: IS_NOT}


@dataclass(frozen=True)
class Row:
    """One condition. Values are choices' ids, months as `2026-08`, or the two ages.

    `relation`: of topics any, all, none, not_all; of everything else is, is_not.
    """

    kind: str
    relation: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Rows that belong together; `relation`: all, any, not_all (not every one), not_any."""

    rows: tuple[Row, ...] = ()
    relation: str = ALL


@dataclass(frozen=True)
class Parts:
    """A whole rule. `relation` of the groups to each other: all, any."""

    groups: tuple[Group, ...] = ()
    relation: str = ALL
    everyone: bool = False


@dataclass(frozen=True)
class Place:
    """What of a form a problem is about; None: the whole rule, or the whole group."""

    group: int | None = None
    row: int | None = None


@dataclass(frozen=True)
class Built:
    """The form's rule with its data, or every problem with its place."""

    rule: Rule | None
    data: Mapping[str, Any]
    problems: tuple[tuple[Place, str], ...] = ()

    def at(self, group: int | None = None, row: int | None = None) -> list[str]:
        """The problems of exactly that place."""
        return [text for place, text in self.problems if place == Place(group, row)]


def first_relation(kind: str) -> str:
    """What a new row of a kind begins with."""
    return ANY if kind == TOPICS else IS


def parts_of(rule: Rule) -> Parts | None:
    """The form of a rule, None where it is nested too deep for one. Order stays."""
    if isinstance(rule, Everyone):
        return Parts(everyone=True)
    relation = ANY if isinstance(rule, AnyOf) else ALL
    groups: list[Group] = []
    loose: list[Row] = []
    for member in rule.parts if isinstance(rule, All | AnyOf) else (rule,):
        row = _row(member)
        if row is not None:
            loose.append(row)
            continue
        group = _group(member)
        if group is None:
            return None
        groups += [*([Group(tuple(loose), relation)] if loose else []), group]
        loose = []
    groups += [Group(tuple(loose), relation)] if loose else []
    return Parts(tuple(groups), relation)


def build(parts: Parts, catalog: CityCatalog) -> Built:
    """The rule that the form says, or what is wrong with it, beside each condition."""
    data, places = _data(parts)
    problems = list(_problems(parts, catalog))
    if problems:
        return Built(None, data, tuple(problems))
    parsed = parse_rule(data, catalog)
    found = tuple((_place(problem, places), problem.text) for problem in parsed.problems)
    return Built(parsed.rule, data, found)


def sound(parts: Parts, built: Built) -> Parts:
    """The form without what is still wrong with it: what can be said already."""
    wrong = {place for place, _ in built.problems}
    groups = (
        replace(group, rows=tuple(r for n, r in enumerate(group.rows) if Place(g, n) not in wrong))
        for g, group in enumerate(parts.groups)
    )
    return replace(parts, groups=tuple(group for group in groups if group.rows))


def _row(rule: Rule) -> Row | None:
    """The row of a condition or of a negated one."""
    match rule:
        case Not(part):
            row = _row(part) if not isinstance(part, Not) else None
            return row and replace(row, relation=_OPPOSITE[row.relation])
        case TopicsChosen(mode, values):
            return Row(TOPICS, mode, values)
        case LifeStageIs(values):
            return Row(LIFE_STAGE, IS, values)
        case DistrictIn(values):
            return Row(DISTRICT, IS, values)
        case LanguageIn(values):
            return Row(LANGUAGE, IS, values)
        case ChildAgeMonths(low, high):
            return Row(CHILD_AGE_MONTHS, IS, (str(low), str(high)))
        case ChildBirthMonth(months):
            return Row(CHILD_BIRTH_MONTH, IS, tuple(map(month_text, months)))
        case _:
            return None


def _group(rule: Rule) -> Group | None:
    """The group of a part that is put together, None where its own parts are too."""
    negated = isinstance(rule, Not)
    inner = rule.part if isinstance(rule, Not) else rule
    if not isinstance(inner, All | AnyOf):
        return None
    rows = [_row(part) for part in inner.parts]
    known = tuple(row for row in rows if row is not None)
    relation = ALL if isinstance(inner, All) else ANY
    if len(known) < len(rows):
        return None
    return Group(known, f"not_{relation}" if negated else relation)


_Part = tuple[Mapping[str, Any], list[tuple[Steps, Place]]]


def _data(parts: Parts) -> _Part:
    """The rule as plain data, and which place of the form stands at which of its paths."""
    if parts.everyone:
        return {"everyone": True}, []
    members: list[_Part] = []
    for number, group in enumerate(parts.groups):
        rows = [_row_data(row, Place(number, n)) for n, row in enumerate(group.rows)]
        if group.relation == parts.relation and rows:
            members += rows
            continue
        negated = group.relation in (NOT_ALL, NOT_ANY)
        together = _joined(group.relation.removeprefix("not_"), rows, Place(number))
        members.append(_negated(together) if negated else together)
    return _joined(parts.relation, members, Place()) if members else ({}, [])


def _joined(relation: str, members: list[_Part], place: Place) -> _Part:
    if len(members) == 1:
        return members[0]
    below = [
        ((relation, number, *steps), inner)
        for number, (_, places) in enumerate(members)
        for steps, inner in places
    ]
    return {relation: [data for data, _ in members]}, [((), place), *below]


def _negated(part: _Part) -> _Part:
    data, places = part
    return {"not": data}, [(("not", *steps), place) for steps, place in places]


def _row_data(row: Row, place: Place) -> _Part:
    values: list[Any] = list(row.values)
    negated = row.relation in (IS_NOT, NOT_ALL)
    word = row.relation.removeprefix("not_") if row.kind == TOPICS else _WORDS.get(row.kind, "in")
    data: _Part = ({row.kind: {word: values}}, [((), place)])
    return _negated(data) if negated else data


def _place(problem: RuleProblem, places: list[tuple[Steps, Place]]) -> Place:
    """The innermost place on the way to the problem."""
    on_way = [(len(steps), p) for steps, p in places if problem.path[: len(steps)] == steps]
    return max(on_way, key=lambda found: found[0])[1] if on_way else Place()


def _problems(parts: Parts, catalog: CityCatalog) -> Iterator[tuple[Place, str]]:
    """What a form can lack, in a form's words."""
    if parts.everyone:
        return
    if not any(group.rows for group in parts.groups):
        yield Place(), "条件を1つ以上足してください。"
        return
    for number, group in enumerate(parts.groups):
        if not group.rows:
            yield Place(number), "条件を足すか、このまとまりを外してください。"
        for n, row in enumerate(group.rows):
            text = _lacking(row, catalog)
            if text:
                yield Place(number, n), text


def _lacking(row: Row, catalog: CityCatalog) -> str:
    if row.kind == CHILD_AGE_MONTHS:
        return _wrong_ages(row.values)
    if row.kind == CHILD_BIRTH_MONTH:
        wrong = [value for value in row.values if not _is_month(value)]
        if wrong:
            return f"「{wrong[0]}」は 2026-08 の形（年4けた・月2けた）で書いてください。"
        return "" if row.values else "お子さんの誕生月を書くか、この条件を外してください。"
    if not row.values:
        return f"{catalog.title(row.kind)}を1つ以上選ぶか、この条件を外してください。"
    return ""


def _wrong_ages(values: tuple[str, ...]) -> str:
    sound = len(values) == 2 and all(v.isascii() and v.isdecimal() for v in values)
    if not sound or any(len(v) > 4 or int(v) > OLDEST_CHILD for v in values):
        return f"何か月から何か月までかを、0から{OLDEST_CHILD}の数字で書いてください。"
    if int(values[0]) > int(values[1]):
        return "「から」が「まで」より大きくなっています。入れかえてください。"
    return ""


def _is_month(text: str) -> bool:
    try:
        month_number(text)
    except ValueError:
        return False
    return True
