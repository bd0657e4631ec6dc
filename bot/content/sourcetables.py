"""The tables of docs/knowledge-sources.md: which source each answer rests on, counted from the files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from bot.content.loader import Loaded
from bot.content.sources import Certainty, read_sources
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.knowledge import COMMON

_TREATED = {
    Certainty.CONFIRMED: ("公開ページで確認ずみ", "今の事実として答える"),
    Certainty.GENERAL: ("広く知られている", "今の事実として答える"),
    Certainty.VERIFY: ("確かでない", "「確認してください」と答え、公式ページを案内する"),
}
_UNUSED = "どの答えにも使っていない"
_TABLE = re.compile(r"(<!-- 表：(\w+) -->\n).*?(<!-- /表 -->)", re.DOTALL)


@dataclass(frozen=True)
class Outside:
    """A fact from outside the plans, why it may stand there, and where it is used."""

    fact: str
    reason: str
    used: tuple[str, ...]


def tables(loaded: Loaded, files: Mapping[str, bytes]) -> dict[str, str]:
    """Name -> Markdown table: 計画, 話題, 計画外, 今の事実."""
    return {
        "計画": _plans(loaded, files),
        "話題": _topics(loaded),
        "計画外": _rows(("事実", "理由", "使っている所"), map(_outside_row, outside_facts(files))),
        "今の事実": _today(loaded, files),
    }


def with_tables(text: str, fresh: Mapping[str, str]) -> str:
    """The page with the tables between its marks written anew."""
    return _TABLE.sub(lambda found: f"{found[1]}{fresh[found[2]]}\n{found[3]}", text)


def outside_facts(files: Mapping[str, bytes]) -> list[Outside]:
    """Every `outside_source:` of every content file, equal ones once, in the files' order."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(files):
        if path.lower().endswith((".yaml", ".yml")):
            value, _ = read_yaml(path, files[path])
            for fact, reason, item in _walk(value, PurePosixPath(path).stem):
                used = found.setdefault((fact, reason), [])
                if item not in used:
                    used.append(item)
    return [Outside(fact, reason, tuple(used)) for (fact, reason), used in found.items()]


def _walk(value: Any, item: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, LocatedList):
        for each in value:
            yield from _walk(each, item)
    elif isinstance(value, Located):
        name = value.get("id", item)
        for fact in value.get("outside_source") or ():
            if isinstance(fact, Located):
                yield str(fact.get("fact", "")), str(fact.get("reason", "")), str(name)
        for key, each in value.items():
            if key != "outside_source":
                yield from _walk(each, str(name))


def _outside_row(each: Outside) -> tuple[str, ...]:
    return each.fact, each.reason, "・".join(f"`{item}`" for item in each.used)


def _plans(loaded: Loaded, files: Mapping[str, bytes]) -> str:
    sources = read_sources(files)
    names = {city.plan: city.name for city in loaded.draft.cities.values()}
    cited: Counter[str] = Counter()
    places: dict[str, set[str]] = {}
    for entry in loaded.draft.entries.values():
        for title in {title for title, _ in _cited(sources.find, entry.sources)}:
            cited[title] += 1
        for title, section in _cited(sources.find, entry.sources):
            places.setdefault(title, set()).add(section)
    rows = [
        (names.get(title, "（計画のあとに分かったこと）"), title, str(cited[title]), str(len(places.get(title, ()))), str(len(plan.sections)))
        for title, plan in sorted(sources.plans.items(), key=lambda pair: -cited[pair[0]])
    ]  # fmt: skip
    return _rows(("市", "出典", "使っている知識", "使っている章・節", "登録した章・節"), rows)


def _cited(find: Any, citations: Sequence[str]) -> Iterator[tuple[str, str]]:
    for citation in citations:
        plan, section = find(citation)
        if plan is not None:
            yield plan.title, section.name if section else ""


def _topics(loaded: Loaded) -> str:
    counts = Counter((entry.topic, entry.city) for entry in loaded.draft.entries.values())
    cities = [COMMON, *loaded.draft.cities]
    names = ["共通", *(city.name for city in loaded.draft.cities.values())]
    totals = Counter(entry.topic for entry in loaded.draft.entries.values())
    topics = sorted(totals, key=lambda topic: (-totals[topic], topic))
    rows = [(topic, *(str(counts[topic, city] or "") for city in cities)) for topic in topics]
    total = ("計", *(str(sum(counts[topic, city] for topic in topics)) for city in cities))
    return _rows(("話題", *names), [*rows, total])


def _today(loaded: Loaded, files: Mapping[str, bytes]) -> str:
    sources = read_sources(files)
    rows = []
    for plan in sources.plans.values():
        for section in plan.sections.values():
            if section.certainty is None:
                continue
            used = [
                entry.id
                for entry in loaded.draft.entries.values()
                if any(sources.find(each) == (plan, section) for each in entry.sources)
            ]
            sure, treated = _TREATED[section.certainty]
            where = "・".join(f"`{each}`" for each in used)
            rows.append((section.name, sure, treated if used else _UNUSED, where))
    return _rows(("項目", "確かさ", "扱い", "使っている知識"), rows)


def _rows(head: Sequence[str], rows: Any) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '／') for cell in row)} |" for row in rows]
    return "\n".join(lines)
