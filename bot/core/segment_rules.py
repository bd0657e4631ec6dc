"""A rule from plain data (YAML, JSON) and back; every mistake has its place and its mending.

Nothing is guessed: an empty list, a second key, an unknown word is an error, because a condition
that quietly falls away would send to everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, assert_never

from bot.core.attributes import (
    ATTRIBUTES,
    CHILD_BIRTH_MONTH,
    DISTRICT,
    LANGUAGE,
    LIFE_STAGE,
    OLDEST_CHILD,
    TOPICS,
    Catalog,
    CityCatalog,
    month_number,
    month_text,
)
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
    TopicMode,
    TopicsChosen,
    attributes_used,
)

T = TypeVar("T")

CHILD_AGE_MONTHS = "child_age_months"
MAX_DEPTH, MAX_CONDITIONS, MAX_VALUES = 8, 60, 100
_OPERATORS = {
    TOPICS: ("any", "all", "none"),
    LIFE_STAGE: ("any",),
    DISTRICT: ("in",),
    LANGUAGE: ("in",),
    CHILD_AGE_MONTHS: ("between",),
    CHILD_BIRTH_MONTH: ("in",),
}
_KEYS = ("everyone", "all", "any", "not", *_OPERATORS)
DISTRICT_NAMES = "30字までで、空白・カンマ・かっこのない名前を書いてください。"
_EXAMPLE = "{topics: {any: [disaster]}}"
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class RuleProblem:
    """What is wrong with a rule: the keys and list positions that lead there, and the fix."""

    path: Steps
    text: str

    def __str__(self) -> str:
        """For a screen; list positions count from 1."""
        steps = [f"{step + 1}番目" if isinstance(step, int) else step for step in self.path]
        return f"{' › '.join(steps) or '条件'}：{self.text}"


@dataclass(frozen=True)
class Parsed:
    """A rule, or every problem in it."""

    rule: Rule | None
    problems: tuple[RuleProblem, ...]


def parse_rule(value: object, catalog: CityCatalog) -> Parsed:
    """Read a rule. Numbers and `true` may be text, as the content files' reader leaves them.

    Equal meanings get an equal tree: values once and in the file's order, a one-part `all` or
    `any` is that part, `topics: all` of one value is `any`.
    """
    parser = _Parser(catalog)
    rule = parser.whole(value)
    return Parsed(None if parser.problems else rule, tuple(parser.problems))


def attributes_asked(catalog: Catalog, city_id: str) -> tuple[str, ...]:
    """The attributes that the city's segments use, in the order in which residents are asked.

    A city's list of districts is there for its segments alone and counts as their use.
    """
    city = catalog.in_city(city_id)
    used = {DISTRICT} if city.choices(DISTRICT) else set()
    for data in catalog.segments.values():
        rule = parse_rule(data, city).rule
        used |= attributes_used(rule) if rule else frozenset()
    return tuple(attribute for attribute in ATTRIBUTES if attribute in used)


def rule_data(rule: Rule) -> dict[str, Any]:
    """The rule as plain data (JSON-able); `parse_rule` of it gives the same rule."""
    match rule:
        case Everyone():
            return {"everyone": True}
        case All(parts):
            return {"all": [rule_data(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [rule_data(part) for part in parts]}
        case Not(part):
            return {"not": rule_data(part)}
        case TopicsChosen(mode, values):
            return {TOPICS: {mode: list(values)}}
        case LifeStageIs(values):
            return {LIFE_STAGE: {"any": list(values)}}
        case DistrictIn(values):
            return {DISTRICT: {"in": list(values)}}
        case LanguageIn(values):
            return {LANGUAGE: {"in": list(values)}}
        case ChildAgeMonths(low, high):
            return {CHILD_AGE_MONTHS: {"between": [low, high]}}
        case ChildBirthMonth(months):
            return {CHILD_BIRTH_MONTH: {"in": [month_text(month) for month in months]}}
        case _:
            assert_never(rule)


class _Wrong(Exception):
    """A part cannot be read: carries the problem up to where its siblings can go on."""

    def __init__(self, path: Steps, text: str) -> None:
        super().__init__(text)
        self.problem = RuleProblem(path, text)


class _Parser:
    """Walks the data, collecting the problems of all siblings."""

    def __init__(self, catalog: CityCatalog) -> None:
        self.catalog = catalog
        self.problems: list[RuleProblem] = []
        self._conditions = 0

    def whole(self, value: object) -> Rule | None:
        """The rule, None where `problems` holds a reason."""
        try:
            if isinstance(value, Mapping) and list(value) == ["everyone"]:
                return self._everyone(value["everyone"])
            return self._rule(value, ())
        except _Wrong as wrong:
            self.problems.append(wrong.problem)
            return None

    def _each(
        self, items: Sequence[object], path: Steps, read: Callable[[object, Steps], T]
    ) -> list[T]:
        """Every item read; raises for the last wrong one after noting the others."""
        found, wrongs = [], []
        for number, item in enumerate(items):
            try:
                found.append(read(item, (*path, number)))
            except _Wrong as wrong:
                wrongs.append(wrong)
        if wrongs:
            self.problems += [wrong.problem for wrong in wrongs[:-1]]
            raise wrongs[-1]
        return found

    def _everyone(self, value: object) -> Rule:
        if value is True or value == "true":
            return Everyone()
        raise _Wrong(("everyone",), "全員に送るときは everyone: true と書いてください。")

    def _rule(self, value: object, path: Steps) -> Rule:
        key, inner = self._single(value, path)
        path = (*path, key)
        if len(path) > 2 * MAX_DEPTH:
            raise _Wrong(path, f"入れ子が深すぎます。{MAX_DEPTH}段までにしてください。")
        if key in ("all", "any"):
            return self._parts(key, inner, path)
        if key == "not":
            return Not(self._rule(inner, path))
        if key == "everyone":
            text = (
                "everyone（全員）はほかの条件と組み合わせられません。"
                "消すか、everyone: true だけにしてください。"
            )
            raise _Wrong(path, text)
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise _Wrong(path, f"条件が多すぎます。{MAX_CONDITIONS}個までにしてください。")
        return self._condition(key, inner, path)

    def _single(self, value: object, path: Steps) -> tuple[str, object]:
        """The one key of a condition and what it holds."""
        if not isinstance(value, Mapping):
            raise _Wrong(path, f"条件を {_EXAMPLE} の形で書いてください。")
        if not value:
            text = "条件が空です。条件を書くか、全員なら everyone: true と書いてください。"
            raise _Wrong(path, text)
        for key in map(str, value):
            if key not in _KEYS:
                text = f"「{key}」という条件はありません。{_near(key, _KEYS)}"
                raise _Wrong((*path, key), text)
        if len(value) > 1:
            text = (
                f"1つの条件に{len(value)}つのキー（{'・'.join(value)}）があります。"
                "all か any の下に「- 」で分けて並べてください。"
            )
            raise _Wrong(path, text)
        return next(iter(value.items()))

    def _parts(self, key: str, value: object, path: Steps) -> Rule:
        items = _list(value, path, "条件")
        parts = tuple(dict.fromkeys(self._each(items, path, self._rule)))
        if len(parts) == 1:
            return parts[0]
        return All(parts) if key == "all" else AnyOf(parts)

    def _condition(self, key: str, value: object, path: Steps) -> Rule:
        word, operand = _operator(value, path, _OPERATORS[key])
        path = (*path, word)
        if key == CHILD_AGE_MONTHS:
            return _ages(operand, path)
        if key == CHILD_BIRTH_MONTH:
            months = self._each(_list(operand, path, "誕生月"), path, _month)
            return ChildBirthMonth(tuple(sorted(set(months))))
        items = _list(operand, path, self.catalog.title(key))
        found = self._each(items, path, lambda item, place: self._choice(key, item, place))
        values = self.catalog.in_order(key, found)
        if key == TOPICS:
            mode: TopicMode = "any" if word == "any" else "none" if word == "none" else "all"
            return TopicsChosen("any" if mode == "all" and len(values) == 1 else mode, values)
        if key == LIFE_STAGE:
            return LifeStageIs(values)
        return DistrictIn(values) if key == DISTRICT else LanguageIn(values)

    def _choice(self, key: str, item: object, path: Steps) -> str:
        if isinstance(item, str) and self.catalog.knows(key, item):
            return item
        title, choices = self.catalog.title(key), self.catalog.choices(key)
        own = next((choice.id for choice in choices if choice.label == item), "")
        if own:
            text = f"「{item}」ではなく「{own}」と書いてください。"
        elif key == DISTRICT and not self.catalog.complete_districts:
            text = f"「{item}」は{title}の名前に使えません。{DISTRICT_NAMES}"
        else:
            near = _near(str(item), [choice.id for choice in choices])
            text = f"{title}に「{item}」はありません。{near}"
        raise _Wrong(path, text)


def _near(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    hint = f"「{near[0]}」ではありませんか。" if near else ""
    return f"{hint}使えるもの：{'・'.join(known)}"


def _list(value: object, path: Steps, what: str) -> Sequence[object]:
    """The list at `path`, which must hold something."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _Wrong(path, f"{what}を [ ] の中に並べて書いてください。")
    if not value:
        raise _Wrong(path, f"{what}が1つもありません。書くか、この条件を消してください。")
    if len(value) > MAX_VALUES:
        raise _Wrong(path, f"{what}は{MAX_VALUES}個までにしてください。")
    return value


def _operator(value: object, path: Steps, words: tuple[str, ...]) -> tuple[str, object]:
    """The one word (`any`, `in`, …) below a condition's key and what it holds."""
    if not isinstance(value, Mapping) or len(value) != 1:
        sample = "[3, 4]" if words == ("between",) else "[…]"
        known = f"{'・'.join(words)} のどれか1つ" if len(words) > 1 else words[0]
        text = f"{path[-1]}: {{{words[0]}: {sample}}} の形で、{known}を書いてください。"
        raise _Wrong(path, text)
    word = str(next(iter(value)))
    if word not in words:
        raise _Wrong((*path, word), f"「{word}」は使えません。{_near(word, words)}")
    return word, next(iter(value.values()))


def _ages(value: object, path: Steps) -> Rule:
    ages = [_number(item) for item in _list(value, path, "月齢")]
    known = [age for age in ages if age is not None]
    if len(ages) != 2 or len(known) != 2:
        text = "[3, 4] のように、下と上の月齢を半角の数字2つで書いてください。"
        raise _Wrong(path, text)
    low, high = known
    if low > high:
        text = f"下が上より大きくなっています。[{high}, {low}] と書いてください。"
        raise _Wrong(path, text)
    if high > OLDEST_CHILD:
        text = f"月齢は{OLDEST_CHILD}か月（18歳の年度末）までにしてください。"
        raise _Wrong(path, text)
    return ChildAgeMonths(low, high)


def _month(item: object, path: Steps) -> int:
    try:
        return month_number(str(item))
    except ValueError:
        text = f'「{item}」は "2026-08" の形（年4けた・月2けた）で書いてください。'
        raise _Wrong(path, text) from None


def _number(item: object) -> int | None:
    """An age that is no negative number, else None."""
    if isinstance(item, int) and not isinstance(item, bool):
        return item if item >= 0 else None
    if isinstance(item, str) and item.isascii() and item.isdecimal() and len(item) <= 4:
        return int(item)
    return None
