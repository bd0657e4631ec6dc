"""The settings as a form: what is asked, what is ticked, and what a sent form means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from bot.core.attributes import (
    ATTRIBUTES,
    CHILD_BIRTH_MONTH,
    LANGUAGE,
    MAX_CHILDREN,
    Choice,
    Profile,
    month_number,
)
from bot.core.changes import (
    MANY,
    MONTHLY_CAP,
    QUIET_HOURS,
    Change,
    hours_text,
    is_possible,
    values_of,
    with_changes,
)
from bot.core.preferences import birth_years, labels
from bot.core.view import CityView
from bot.core.wording import JAPANESE
from bot.core.years import with_both_calendars

YEAR, MONTH = f"{CHILD_BIRTH_MONTH}_year", f"{CHILD_BIRTH_MONTH}_month"
_BLANK_ROWS = 2
_LONG_LIST = 12  # more choices than this are a list to open
_AGAIN = "もう一度選んでください。"
_BOTH = "生まれた年と月の両方を選んでください。"
_WRONG_MONTH = "0歳から18歳の年度末までのお子さんの、生まれた年と月を選んでください。"


class Form(Protocol):
    """A sent form: every value of a name, in order."""

    def getlist(self, key: str, /) -> list[str]:
        """All values, [] where there are none."""
        ...


@dataclass(frozen=True)
class Option:
    """A choice on the page."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Child:
    """One child's row; empty texts where nothing is chosen."""

    year: str = ""
    month: str = ""


@dataclass(frozen=True)
class Question:
    """One fieldset. `kind`: many (check boxes), one (radio buttons), list or children."""

    id: str
    title: str
    reason: str
    kind: str
    options: tuple[Option, ...] = ()
    children: tuple[Child, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Sent:
    """What a sent form means. With problems (question -> what is wrong) nothing may be kept."""

    profile: Profile
    children: tuple[Child, ...]
    problems: Mapping[str, str]


def read_form(form: Form, view: CityView, before: Profile, today: date) -> Sent:
    """The profile after a sent form. Attributes that the form does not ask for stay as they are."""
    changes: list[Change] = []
    problems: dict[str, str] = {}
    children: tuple[Child, ...] = ()
    for name in _asked(view, before):
        if name == CHILD_BIRTH_MONTH:
            children = _rows(form)
            values, problem = _months(children, view, before, today)
        else:
            values, problem = _values(form.getlist(name), name, view, before, today)
        if problem:
            problems[name] = problem
        changes += [Change(name, on=False), *(Change(name, value) for value in values)]
    return Sent(with_changes(before, changes), children, problems)


def questions(
    view: CityView,
    profile: Profile,
    today: date,
    problems: Mapping[str, str] | None = None,
    children: Sequence[Child] | None = None,
) -> list[Question]:
    """The whole form for a profile; `children` are the rows as they were sent."""
    found = []
    for name in _asked(view, profile):
        problem = (problems or {}).get(name, "")
        question = _question(view, profile, name, today)
        if name == CHILD_BIRTH_MONTH and children is not None:
            question = replace(question, children=_with_blanks(children))
        found.append(replace(question, problem=problem))
    return found


def years(today: date) -> list[Option]:
    """The years of birth to choose from, in both calendars."""
    return [
        Option(str(year), with_both_calendars(f"{year}年"), False) for year in birth_years(today)
    ]


def _asked(view: CityView, profile: Profile) -> list[str]:
    """What segments use, and whatever else is stored: it must be seen and can be removed."""
    catalog = view.catalog
    offered = {
        *(name for name in view.asked if name == CHILD_BIRTH_MONTH or _choices(view, name)),
        *([QUIET_HOURS] if catalog.quiet_hours else []),
        *([MONTHLY_CAP] if catalog.monthly_caps else []),
    }
    names = (*ATTRIBUTES, QUIET_HOURS, MONTHLY_CAP)
    return [name for name in names if name in offered or values_of(profile, name)]


def _choices(view: CityView, name: str) -> list[Choice]:
    """What the page offers: more than the chat does, but no language without a translation."""
    found = view.catalog.choices(name)
    if name == LANGUAGE:
        found = tuple(choice for choice in found if choice.id in view.languages())
    return list(found)


def _question(view: CityView, profile: Profile, name: str, today: date) -> Question:
    words, chosen = view.wording(JAPANESE), values_of(profile, name)
    if name in (QUIET_HOURS, MONTHLY_CAP):
        offered = _volume_values(view, name)
        known = [(value, _label(view, name, value)) for value in offered]
        title, reason = words.say(f"{name}_title"), words.say(f"{name}_reason")
    else:
        attribute = view.catalog.attributes[name]
        known = [(choice.id, choice.label) for choice in _choices(view, name)]
        title, reason = attribute.title, attribute.reason
    if name == CHILD_BIRTH_MONTH:
        rows = [Child(month[:4], str(int(month[5:]))) for month in sorted(chosen)]
        return Question(name, title, reason, "children", children=_with_blanks(rows))
    listed = {value for value, _ in known}
    known += [(value, _label(view, name, value)) for value in sorted(chosen - listed)]
    options = tuple(Option(value, label, value in chosen) for value, label in known)
    kind = "many" if name in MANY else "list" if len(options) > _LONG_LIST else "one"
    return Question(name, title, reason, kind, options)


def _volume_values(view: CityView, name: str) -> list[str]:
    if name == QUIET_HOURS:
        return [hours_text(hours) for hours in view.catalog.quiet_hours]
    return [str(cap) for cap in view.catalog.monthly_caps]


def _label(view: CityView, name: str, value: str) -> str:
    """A value in words, also one that is no longer offered."""
    found = labels(view, JAPANESE, with_changes(Profile(), [Change(name, value)]), name)
    return found[0] if found else value


def _values(
    sent: list[str], name: str, view: CityView, before: Profile, today: date
) -> tuple[list[str], str]:
    """The values that may be kept, and a problem where others were sent."""
    kept, wrong = [], False
    for value in dict.fromkeys(filter(None, sent)):
        offered = _is_offered(value, name, view) and is_possible(
            Change(name, value), view.catalog, today
        )
        if offered or value in values_of(before, name):
            kept.append(value)
        else:
            wrong = True
    if name not in MANY and len(kept) > 1:
        return kept[:1], _AGAIN
    return kept, _AGAIN if wrong else ""


def _is_offered(value: str, name: str, view: CityView) -> bool:
    if name in (QUIET_HOURS, MONTHLY_CAP):
        return value in _volume_values(view, name)
    return value in {choice.id for choice in _choices(view, name)}


def _rows(form: Form) -> tuple[Child, ...]:
    pairs = zip(form.getlist(YEAR), form.getlist(MONTH), strict=False)
    rows = [Child(year[:4], month[:2]) for year, month in pairs if year or month]
    return tuple(rows[: MAX_CHILDREN + _BLANK_ROWS])


def _months(
    rows: Iterable[Child], view: CityView, before: Profile, today: date
) -> tuple[list[str], str]:
    found, problem = [], ""
    for row in rows:
        value = f"{row.year}-{row.month.zfill(2)}"
        if not (row.year and row.month):
            problem = _BOTH
        elif _is_month(value, view, before, today):
            found.append(value)
        else:
            problem = problem or _WRONG_MONTH
    if len(set(found)) > MAX_CHILDREN:
        return found[:MAX_CHILDREN], f"登録できるのは{MAX_CHILDREN}人までです。"
    return found, problem


def _is_month(value: str, view: CityView, before: Profile, today: date) -> bool:
    if is_possible(Change(CHILD_BIRTH_MONTH, value), view.catalog, today):
        return True
    try:
        return month_number(value) in before.attributes.child_birth_months
    except ValueError:
        return False


def _with_blanks(rows: Sequence[Child]) -> tuple[Child, ...]:
    blanks = min(_BLANK_ROWS, max(0, MAX_CHILDREN - len(rows)))
    return (*rows, *[Child()] * blanks)
