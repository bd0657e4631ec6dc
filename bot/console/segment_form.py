"""The segment builder's form: a rule's groups and rows to fields and back, with its buttons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    DISTRICT,
    TOPICS,
    CityCatalog,
    month_number,
    month_text,
)
from bot.core.segment_parts import (
    ALL,
    ANY,
    IS,
    IS_NOT,
    KINDS,
    NONE,
    NOT_ALL,
    NOT_ANY,
    Group,
    Parts,
    Row,
    first_relation,
)
from bot.core.segment_rules import CHILD_AGE_MONTHS

MOST_GROUPS, MOST_ROWS, MOST_MONTHS = 8, 10, 228
GROUP_RELATIONS = (
    (ALL, "すべての条件にあてはまる人"),
    (ANY, "どれかの条件にあてはまる人"),
    (NOT_ALL, "すべての条件にあてはまる人 のほか"),
    (NOT_ANY, "どの条件にもあてはまらない人"),
)
RELATIONS = ((ALL, "すべてのまとまりにあてはまる人"), (ANY, "どれかのまとまりにあてはまる人"))
_TOPIC_RELATIONS = (
    (ANY, "どれかを選んだ人"),
    (ALL, "すべてを選んだ人"),
    (NONE, "どれも選んでいない人"),
    (NOT_ALL, "すべては選んでいない人"),
)
_CHOSEN = ((IS, "どれかを選んだ人"), (IS_NOT, "どれも選んでいない人"))
_CHILD = ((IS, "あてはまる子がいる人"), (IS_NOT, "あてはまる子がいない人"))
_SEPARATORS = re.compile(r"[\s、,，・;；]+")


@dataclass(frozen=True)
class Months:
    """Birth months as the fields show them: from, to, and those outside."""

    first: str = ""
    last: str = ""
    others: str = ""


def kinds(catalog: CityCatalog) -> list[tuple[str, str]]:
    """What a condition can be about, with its name."""
    return [(kind, title(kind, catalog)) for kind in KINDS]


def title(kind: str, catalog: CityCatalog) -> str:
    """A condition's name on the screen."""
    return "お子さんの月齢" if kind == CHILD_AGE_MONTHS else catalog.title(kind)


def relations(kind: str) -> Sequence[tuple[str, str]]:
    """How a condition of a kind can hold."""
    if kind == TOPICS:
        return _TOPIC_RELATIONS
    return _CHILD if kind in (CHILD_AGE_MONTHS, CHILD_BIRTH_MONTH) else _CHOSEN


def is_open(kind: str, catalog: CityCatalog) -> bool:
    """Whether names beside the listed ones may be written."""
    return kind == DISTRICT and not catalog.complete_districts


def unlisted(row: Row, catalog: CityCatalog) -> str:
    """The row's values that are no listed choice."""
    listed = {choice.id for choice in catalog.choices(row.kind)}
    return "、".join(value for value in row.values if value not in listed)


def months(row: Row) -> Months:
    """The row's months: the first unbroken run as from and to, the rest one by one."""
    run: list[str] = []
    for value in row.values:
        if run and _number(value) != (_number(run[-1]) or -2) + 1:
            break
        if _number(value) is None:
            break
        run.append(value)
    others = "、".join(row.values[len(run) :])
    return Months(run[0], run[-1], others) if run else Months(others=others)


def posted(form: MultiDict[str, str]) -> Parts:
    """What the fields say, however wrong; unknown kinds and relations are left out."""
    groups = []
    for number in form.getlist("g")[:MOST_GROUPS]:
        prefix = f"g{number}"
        rows = [_row(form, f"{prefix}.r{n}") for n in form.getlist(f"{prefix}.r")[:MOST_ROWS]]
        relation = _known(form.get(f"{prefix}.relation", ""), GROUP_RELATIONS)
        groups.append(Group(tuple(row for row in rows if row is not None), relation))
    everyone = form.get("who") == "everyone"
    return Parts(tuple(groups), _known(form.get("relation", ""), RELATIONS), everyone)


def changed(parts: Parts, do: str, form: MultiDict[str, str]) -> tuple[Parts, str] | None:
    """The form after one of its own buttons, and the id of the field to go on with.

    None where the button is no such one.
    """
    word, _, place = do.partition("-")
    numbers = [int(n) for n in place.split("-") if n.isascii() and n.isdecimal()]
    groups = list(parts.groups)
    match word, numbers:
        case "group", [] if len(groups) < MOST_GROUPS:
            return replace(parts, groups=(*groups, Group())), f"g{len(groups)}-new"
        case "ungroup", [g] if g < len(groups):
            del groups[g]
            return replace(parts, groups=tuple(groups)), "add-group"
        case "add", [g] if g < len(groups) and len(groups[g].rows) < MOST_ROWS:
            kind = form.get(f"g{g}.new", "")
            if kind not in KINDS:
                return parts, f"g{g}-new"
            rows = (*groups[g].rows, Row(kind, first_relation(kind)))
            focus = f"g{g}-r{len(rows) - 1}-relation"
        case "drop", [g, r] if g < len(groups) and r < len(groups[g].rows):
            rows = (*groups[g].rows[:r], *groups[g].rows[r + 1 :])
            focus = f"g{g}-new"
        case _:
            return None
    groups[g] = replace(groups[g], rows=rows)
    return replace(parts, groups=tuple(groups)), focus


def _row(form: MultiDict[str, str], prefix: str) -> Row | None:
    kind = form.get(f"{prefix}.kind", "")
    if kind not in KINDS:
        return None
    relation = _known(form.get(f"{prefix}.relation", ""), relations(kind))
    if kind == CHILD_AGE_MONTHS:
        values = [form.get(f"{prefix}.{name}", "").strip() for name in ("low", "high")]
    elif kind == CHILD_BIRTH_MONTH:
        between = _between(*(form.get(f"{prefix}.{name}", "").strip() for name in ("from", "to")))
        values = [*between, *_words(form.get(f"{prefix}.more", ""))]
    else:
        values = [*form.getlist(f"{prefix}.v"), *_words(form.get(f"{prefix}.more", ""))]
    kept = values if kind == CHILD_AGE_MONTHS else dict.fromkeys(values)
    return Row(kind, relation, tuple(kept))


def _between(first: str, last: str) -> list[str]:
    """Every month from one to the other; what is no month stays to be complained about."""
    ends = [_number(first), _number(last)]
    known = [end for end in ends if end is not None]
    if len(known) < 2 or max(known) - min(known) >= MOST_MONTHS:
        return [each for each in (first, last) if each]
    return [month_text(month) for month in range(min(known), max(known) + 1)]


def _number(month: str) -> int | None:
    try:
        return month_number(month)
    except ValueError:
        return None


def _words(text: str) -> Iterable[str]:
    return (word for word in _SEPARATORS.split(text) if word)


def _known(value: str, options: Sequence[tuple[str, str]]) -> str:
    return value if any(value == key for key, _ in options) else options[0][0]
