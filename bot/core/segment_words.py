"""A rule in Japanese: for staff as one sentence, for a resident as the choices that matched.

Different rules give different sentences: every part that is itself put together stands in
brackets, and labels hold no brackets (the content check sees to that).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import assert_never

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    DISTRICT,
    LANGUAGE,
    LIFE_STAGE,
    TOPICS,
    Attributes,
    CityCatalog,
    Volume,
    month_of,
    month_words,
)
from bot.core.segments import (
    All,
    AnyOf,
    ChildAgeMonths,
    ChildBirthMonth,
    Condition,
    DistrictIn,
    Everyone,
    LanguageIn,
    LifeStageIs,
    Not,
    Rule,
    TopicsChosen,
    evaluate,
    matching_children,
)


@dataclass(frozen=True)
class Reason:
    """One choice of a resident that a rule asked for, as they read it: 「地区：中央」."""

    title: str
    label: str

    def __str__(self) -> str:
        return f"{self.title}：{self.label}"


def explain(rule: Rule, catalog: CityCatalog) -> str:
    """Who gets it, as one Japanese sentence that names every condition."""
    return f"{_who(rule, catalog)}に届きます。"


def why(rule: Rule, resident: Attributes, today: date, catalog: CityCatalog) -> tuple[Reason, ...]:
    """The resident's own choices for which the rule gives them; () where it does not.

    A rule that only leaves people out names what it leaves out.
    """
    if not evaluate(rule, resident, today):
        return ()
    if isinstance(rule, Everyone):
        return (Reason("届く人", "友だち全員"),)
    found = tuple(dict.fromkeys(_reasons(rule, resident, today, catalog)))
    return found or (Reason("届く人", _who(rule, catalog)),)


def describe(attributes: Attributes, volume: Volume, catalog: CityCatalog) -> tuple[Reason, ...]:
    """Everything a resident told us, in words, in the order it is asked; () where nothing."""
    chosen = {
        TOPICS: attributes.topics,
        DISTRICT: frozenset({attributes.district} - {""}),
        LIFE_STAGE: attributes.life_stages,
        CHILD_BIRTH_MONTH: frozenset(),
        LANGUAGE: frozenset({attributes.language} - {""}),
    }
    months = [f"{month_words(month)}生まれ" for month in sorted(attributes.child_birth_months)]
    found = []
    for attribute, values in chosen.items():
        labels = [catalog.label(attribute, each) for each in catalog.in_order(attribute, values)]
        labels += months if attribute == CHILD_BIRTH_MONTH else []
        if labels:
            found.append(Reason(catalog.title(attribute), "・".join(labels)))
    if volume.quiet_start is not None and volume.quiet_end is not None:
        hours = f"{_clock(volume.quiet_start)}から{_clock(volume.quiet_end)}まで"
        found.append(Reason("受け取らない時間", hours))
    if volume.monthly_cap is not None:
        found.append(Reason("1か月の上限", f"{volume.monthly_cap}通"))
    return tuple(found)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"


def _who(rule: Rule, catalog: CityCatalog) -> str:
    match rule:
        case Everyone():
            return "このアカウントが知っている友だち全員"
        case All(parts):
            return "、かつ、".join(_part(part, catalog) for part in parts)
        case AnyOf(parts):
            return "、または、".join(_part(part, catalog) for part in parts)
        case Not(part):
            return f"（{_who(part, catalog)}）以外の人"
        case _:
            return _condition(rule, catalog)


def _part(rule: Rule, catalog: CityCatalog) -> str:
    text = _who(rule, catalog)
    return f"（{text}）" if isinstance(rule, All | AnyOf) else text


def _condition(condition: Condition, catalog: CityCatalog) -> str:
    match condition:
        case TopicsChosen(mode, values):
            ending = {"any": _any(values), "all": "のすべて", "none": "のどれも"}[mode]
            chosen = "選んでいない人" if mode == "none" else "選んだ人"
            particle = "" if mode == "none" else "を"
            return f"{_named(TOPICS, values, catalog)}{ending}{particle}{chosen}"
        case LifeStageIs(values):
            return f"{_named(LIFE_STAGE, values, catalog)}{_any(values)}を選んだ人"
        case DistrictIn(values):
            return f"{_named(DISTRICT, values, catalog)}{_any(values)}を選んだ人"
        case LanguageIn(values):
            return f"{_named(LANGUAGE, values, catalog)}{_any(values)}を選んだ人"
        case ChildAgeMonths(low, high):
            ages = f"{low}か月" if low == high else f"{low}か月から{high}か月"
            return f"{ages}の子がいる人"
        case ChildBirthMonth(months):
            return f"{'・'.join(month_words(month) for month in months)}生まれの子がいる人"
        case _:
            assert_never(condition)


def _named(attribute: str, values: Iterable[str], catalog: CityCatalog) -> str:
    labels = "".join(f"「{catalog.label(attribute, value)}」" for value in values)
    return f"{catalog.title(attribute)}で{labels}"


def _any(values: tuple[str, ...]) -> str:
    return "のどれか" if len(values) > 1 else ""


def _reasons(
    rule: Rule, resident: Attributes, today: date, catalog: CityCatalog
) -> Iterable[Reason]:
    """The choices behind every part that holds; what was not chosen gives none."""
    match rule:
        case All(parts) | AnyOf(parts):
            for part in parts:
                if evaluate(part, resident, today):
                    yield from _reasons(part, resident, today, catalog)
        case Not(Not(part)):
            yield from _reasons(part, resident, today, catalog)
        case Everyone() | Not() | TopicsChosen("none"):
            return
        case ChildAgeMonths() | ChildBirthMonth():
            title = catalog.title(CHILD_BIRTH_MONTH)
            for month in matching_children(rule, resident, today):
                age = month_of(today) - month
                now = f"（いま{age}か月）" if isinstance(rule, ChildAgeMonths) else ""
                yield Reason(title, f"{month_words(month)}生まれ{now}")
        case _:
            attribute, chosen = _own(rule, resident)
            for value in catalog.in_order(attribute, chosen):
                yield Reason(catalog.title(attribute), catalog.label(attribute, value))


def _own(
    condition: TopicsChosen | LifeStageIs | DistrictIn | LanguageIn, resident: Attributes
) -> tuple[str, frozenset[str]]:
    """The attribute and those of the condition's values that the resident chose."""
    wanted = frozenset(condition.values)
    match condition:
        case TopicsChosen():
            return TOPICS, resident.topics & wanted
        case LifeStageIs():
            return LIFE_STAGE, resident.life_stages & wanted
        case DistrictIn():
            return DISTRICT, wanted & {resident.district}
        case LanguageIn():
            return LANGUAGE, wanted & {resident.language}
        case _:
            assert_never(condition)
