"""intents/segments.yaml -> the catalog of attributes, and rules from files; problems by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.content.choice_words import read_choice_words
from bot.content.fields import Fields
from bot.content.problems import Problem, errors
from bot.content.yamlread import Located, LocatedList, read_yaml
from bot.core.attributes import (
    ATTRIBUTES,
    CHILD_BIRTH_MONTH,
    DISTRICT,
    Attribute,
    Catalog,
    Choice,
    CityCatalog,
    Districts,
    is_district_name,
)
from bot.core.segment_rules import DISTRICT_NAMES, Parsed, Steps, parse_rule
from bot.core.segments import Rule

SEGMENTS_FILE = "intents/segments.yaml"
MAX_CHOICES = 40
_FREE = (DISTRICT, CHILD_BIRTH_MONTH)  # without a list of choices of their own
_CHOICE_ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_BRACKETS = re.compile("[「」（）、;]")


@dataclass(frozen=True)
class CatalogRead:
    """The outcome of reading intents/segments.yaml; the catalog is usable where no error is."""

    catalog: Catalog
    problems: tuple[Problem, ...]
    places: Mapping[str, int] = field(default_factory=dict)  # city of a district list -> line


@dataclass(frozen=True)
class RuleRead:
    """A rule from a file, or every problem in it with its line."""

    rule: Rule | None
    problems: tuple[Problem, ...]


def read_catalog(path: str, data: bytes) -> CatalogRead:
    """Read the file; every problem in one run."""
    value, problems = read_yaml(path, data)
    if problems:
        return CatalogRead(Catalog(), tuple(problems))
    return catalog_of(path, value)


def catalog_of(path: str, value: Any) -> CatalogRead:
    """The same for a file that `read_yaml` has read."""
    if not isinstance(value, Located):
        text = "「topics:」などの項目から始めて書いてください。"
        return CatalogRead(Catalog(), (Problem(path, 1, text),))
    return _Reading(path, value).run()


def check_cities(read: CatalogRead, cities: Iterable[str], path: str) -> list[Problem]:
    """District lists of cities that have no profile in knowledge/cities/."""
    known = set(cities)
    names = "・".join(sorted(known))
    return [
        Problem(path, line, f"市「{city}」はありません。{names} のどれかにしてください。")
        for city, line in read.places.items()
        if city not in known
    ]


def read_rule(path: str, data: bytes, catalog: CityCatalog) -> RuleRead:
    """A rule file (YAML or JSON) as the commands take it."""
    value, problems = read_yaml(path, data)
    if problems:
        return RuleRead(None, tuple(problems))
    parsed = parse_rule(value, catalog)
    return RuleRead(parsed.rule, rule_problems(path, value, parsed))


def rule_problems(
    path: str, value: Any, parsed: Parsed, start: Steps = (), line: int = 1
) -> tuple[Problem, ...]:
    """The problems of a rule that stands in a file at `start` of what `read_yaml` gave.

    `line` is where the rule begins, for what has no line of its own.
    """
    return tuple(
        sorted(
            Problem(path, _line_of(value, (*start, *problem.path), line), str(problem))
            for problem in parsed.problems
        )
    )


def _line_of(value: Any, steps: Steps, line: int) -> int:
    """The line of the deepest part on the way that the file has."""
    for step in steps:
        if isinstance(value, Located) and isinstance(step, str) and step in value:
            line, value = value.line_of(step), value[step]
        elif isinstance(value, LocatedList) and isinstance(step, int) and step < len(value):
            line, value = value.lines[step], value[step]
        else:
            break
    return line


class _Reading:
    def __init__(self, path: str, item: Located) -> None:
        self.fields = Fields(
            path, item, [*ATTRIBUTES, "volume", "districts", "segments", "translations"]
        )
        self.path = path
        self.problems = self.fields.problems
        self.places: dict[str, int] = {}
        self._titles: set[str] = set()

    def run(self) -> CatalogRead:
        attributes = {each: self._attribute(each) for each in ATTRIBUTES}
        districts = self._districts()
        quiet_hours, caps = self._volume()
        catalog = Catalog(attributes, districts, quiet_hours, caps)
        segments = self._segments(catalog)
        words = read_choice_words(self.fields, attributes)
        catalog = Catalog(attributes, districts, quiet_hours, caps, segments, words)
        return CatalogRead(catalog, tuple(sorted(set(self.problems))), self.places)

    def _inner(self, key: str, allowed: list[str]) -> Fields:
        """The mapping at `key`, an empty one (with a problem) where there is none."""
        value = self.fields.item.get(key)
        if not isinstance(value, Located):
            text = f"「{key}」がありません。元の書き方に戻してください。"
            self.fields.problem(key, text)
            value = Located(self.fields.item.line_of(key))
            return Fields(self.path, value, allowed)
        return Fields(self.path, value, allowed)

    def _attribute(self, key: str) -> Attribute:
        known = key in self.fields.item
        fields = self._inner(key, ["title", "reason", "words", "choices"])
        value = Attribute(
            key,
            title=fields.text("title", limit=20, required=known),
            reason=fields.text("reason", limit=80, required=known),
            words=fields.texts("words"),
            choices=self._choices(fields) if key not in _FREE else (),
        )
        if _BRACKETS.search(value.title):
            fields.problem("title", "「」（）、; は使えません。ほかの言い方にしてください。")
        if value.title and value.title in self._titles:
            fields.problem("title", f"「{value.title}」はほかの項目と同じです。変えてください。")
        self._titles.add(value.title)
        if known and key not in _FREE and not value.choices:
            fields.problem("choices", f"「{key}」の choices を1つ以上書いてください。")
        if key in _FREE and "choices" in fields.item:
            text = (
                f"「{key}」に choices は書けません。消してください（地区は districts に書きます）。"
            )
            fields.problem("choices", text)
        self.problems += fields.problems
        return value

    def _choices(self, fields: Fields) -> tuple[Choice, ...]:
        found: dict[str, Choice] = {}
        labels: dict[str, str] = {}
        words: dict[str, str] = {}
        for item in fields.items("choices"):
            inner = Fields(self.path, item, ["id", "label", "words", "web_only"])
            choice = Choice(
                id=inner.text("id"),
                label=inner.text("label", limit=20),  # LINE's buttons
                words=inner.texts("words"),
                web_only=inner.flag("web_only"),
            )
            if choice.id and not _CHOICE_ID.fullmatch(choice.id):
                text = f"id「{choice.id}」は半角の英小文字・数字・_ で書いてください。"
                inner.problem("id", text)
            elif choice.id in found:
                inner.problem("id", f"id「{choice.id}」が2つあります。どちらかを変えてください。")
            if _BRACKETS.search(choice.label):
                inner.problem("label", "「」（）、; は使えません。ほかの言い方にしてください。")
            self._once(inner, "label", (choice.label,), choice.id, labels)
            self._once(inner, "words", choice.words, choice.id, words)
            self.problems += inner.problems
            found[choice.id] = choice
        if len(found) > MAX_CHOICES:
            fields.problem("choices", f"選択肢は{MAX_CHOICES}個までにしてください。")
        return tuple(found.values())

    def _once(
        self, fields: Fields, key: str, words: Iterable[str], owner: str, seen: dict[str, str]
    ) -> None:
        """A word that two choices share would fit neither."""
        for word in words:
            other = seen.setdefault(word, owner)
            if other != owner:
                text = f"「{word}」は「{other}」にもあります。どちらか一方を消してください。"
                fields.problem(key, text)

    def _districts(self) -> dict[str, Districts]:
        found: dict[str, Districts] = {}
        for item in self.fields.items("districts"):
            fields = Fields(self.path, item, ["city", "complete", "choices"])
            city, complete = fields.text("city"), fields.flag("complete")
            if city in found:
                text = f"市「{city}」の表が2つあります。1つにまとめてください。"
                fields.problem("city", text)
            choices = self._names(fields)
            if complete and not choices:
                text = "choices が空です。地区を書くか、complete: false にしてください。"
                fields.problem("complete", text)
            found[city] = Districts(choices, complete)
            self.places[city] = item.line_of("city")
            self.problems += fields.problems
        return found

    def _names(self, fields: Fields) -> tuple[Choice, ...]:
        """A district's name is its id: it is what stands in rules and in exported lists."""
        found: dict[str, Choice] = {}
        words: dict[str, str] = {}
        for item in fields.items("choices"):
            inner = Fields(self.path, item, ["label", "words"])
            name = inner.text("label")
            if name and not is_district_name(name):
                inner.problem("label", f"「{name}」は地区の名前に使えません。{DISTRICT_NAMES}")
            if name in found:
                inner.problem(
                    "label", f"地区「{name}」が2つあります。どちらか一方を消してください。"
                )
            found[name] = Choice(name, name, inner.texts("words"))
            self._once(inner, "words", found[name].words, name, words)
            self.problems += inner.problems
        return tuple(found.values())

    def _volume(self) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
        if "volume" not in self.fields.item:
            return (), ()
        fields = self._inner("volume", ["quiet_hours", "monthly_caps"])
        hours, caps = fields.texts("quiet_hours"), fields.texts("monthly_caps")
        text = "「{value}」は 21:00-07:00 の形で、始まりと終わりを変えて書いてください。"
        fields.where("quiet_hours", lambda value: _minutes(value) is not None, text)
        text = "「{value}」は1から99までの半角の数字で書いてください。"
        fields.where("monthly_caps", _is_cap, text)
        self.problems += fields.problems
        quiet = [found for each in hours if (found := _minutes(each)) is not None]
        return tuple(quiet), tuple(int(each) for each in caps if _is_cap(each))

    def _segments(self, catalog: Catalog) -> dict[str, object]:
        """Saved segments as data: a city parses them again, for its own districts."""
        if errors(self.problems):
            return {}
        anywhere = catalog.in_city("")
        found: dict[str, object] = {}
        for item in self.fields.items("segments"):
            fields = Fields(self.path, item, ["name", "rule"])
            name = fields.text("name", limit=40)
            if name in found:
                fields.problem("name", f"条件「{name}」が2つあります。名前を変えてください。")
            found[name] = item.get("rule")
            parsed = parse_rule(item.get("rule"), anywhere)
            line = item.line_of("rule")
            self.problems += rule_problems(self.path, item, parsed, ("rule",), line)
            self.problems += fields.problems
        return found


def _minutes(hours: str) -> tuple[int, int] | None:
    """21:00-07:00 -> (1260, 420)."""
    match = _HOURS.fullmatch(hours)
    if match is None:
        return None
    start = int(match[1]) * 60 + int(match[2])
    end = int(match[3]) * 60 + int(match[4])
    return (start, end) if start != end else None


def _is_cap(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 99
