"""The plans behind the answers: which sections they have and which figures and names stand there.

knowledge/sources/ holds one file a plan (sections with their facts, never the plan's sentences),
`today.yaml` (what is known today although no plan says it) and `words.yaml` (ordinary words that
look like names). A section's text is cut from the plan's full text by the headings in its
`from` (a chain of patterns, each looked for below the one before) and `to`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from bot.content.fields import Fields
from bot.content.figures import Fact, facts_of, proved
from bot.content.kinds import reference
from bot.content.names import is_named, squeeze_name, without_readings
from bot.content.problems import Problem
from bot.content.yamlread import Located, read_yaml

ROOM = ("knowledge", "sources")
FACT_LIMIT = 60  # characters: a longer fact would be the plan's own sentence


class Certainty(StrEnum):
    """How surely an item of today.yaml is known."""

    CONFIRMED = "confirmed"  # checked on a public page
    GENERAL = "general"  # widely known, not looked up
    VERIFY = "verify"  # must be said with 「確認してください」


@dataclass(frozen=True)
class Section:
    """A section as entries cite it; `start` and `end` are patterns of heading lines."""

    name: str
    line: int
    facts: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    end: str = ""
    certainty: Certainty | None = None


@dataclass(frozen=True)
class Plan:
    """One source. `cover` names the sections that hold for every citation: title, date, period."""

    path: str
    title: str
    sections: Mapping[str, Section]
    seed: str = ""
    cover: tuple[str, ...] = ()
    scan_errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def cover_keys(self) -> list[str]:
        """The keys of the cover's sections."""
        return [section_key(name) for name in self.cover]

    def text_of(self, section: Section, full_text: str) -> str | None:
        """The section's part of the plan's full text; None where a heading is not found."""
        text, begin = self.repaired(full_text), 0
        for pattern in section.start:
            found = re.compile(pattern, re.MULTILINE).search(text, begin)
            if found is None:
                return None
            begin = found.start() if pattern is section.start[-1] else found.end()
        if not section.end:
            return text[begin:]
        heading_end = text.find("\n", begin)
        end = re.compile(section.end, re.MULTILINE).search(text, heading_end)
        return text[begin : end.start()] if end else None

    def repaired(self, full_text: str) -> str:
        """The full text without the scan's errors."""
        for wrong, right in self.scan_errors.items():
            full_text = full_text.replace(wrong, right)
        return full_text


@dataclass(frozen=True)
class Evidence:
    """What a cited place says: its figures and dates, and its names in compared spelling."""

    facts: tuple[Fact, ...]
    names: str

    @classmethod
    def of_facts(cls, facts: Iterable[str]) -> Evidence:
        """From the facts of a file, or an entry's `outside_source`."""
        facts = tuple(facts)
        return cls(
            tuple(facts_of("\n".join(facts), searched=True)), "\n".join(map(squeeze_name, facts))
        )

    @classmethod
    def of_text(cls, text: str) -> Evidence:
        """From a section's full text."""
        names = f"{squeeze_name(text)}\n{squeeze_name(without_readings(text))}"
        return cls(tuple(facts_of(text, searched=True)), names)

    def has(self, fact: Fact) -> bool:
        """Whether the figure or date stands here."""
        return proved(fact, self.facts)

    def names_it(self, name: str) -> bool:
        """Whether the name stands here."""
        return is_named(squeeze_name(name), self.names)


@dataclass(frozen=True)
class Sources:
    """Everything below knowledge/sources/. `plans` is keyed by title; today.yaml is one of them."""

    plans: Mapping[str, Plan]
    words: frozenset[str]  # in compared spelling
    problems: tuple[Problem, ...] = ()

    def find(self, citation: str) -> tuple[Plan | None, Section | None]:
        """The plan and section that an entry's `source` line cites, as far as they exist."""
        for title, plan in self.plans.items():
            if citation == title or citation.startswith((title + " ", title + "　")):
                return plan, plan.sections.get(section_key(citation[len(title) :]))
        return None, None


def section_key(name: str) -> str:
    """One spelling for 「第5章 基本目標1 施策①」 and 「5章基本目標1施策1」."""
    return re.sub(r"[\s第]", "", unicodedata.normalize("NFKC", name)).casefold()


def read_sources(files: Mapping[str, bytes]) -> Sources:
    """Read knowledge/sources/ out of the content files; what is wrong there is listed."""
    plans: dict[str, Plan] = {}
    words: list[str] = []
    problems: list[Problem] = []
    for path in sorted(files):
        if PurePosixPath(path).parts[:2] != ROOM or not path.endswith((".yaml", ".yml")):
            continue
        value, found = read_yaml(path, files[path])
        problems += found
        if not isinstance(value, Located):
            if not found:
                problems.append(
                    Problem(path, 1, "「plan: …」か「words: …」から始めて書いてください。")
                )
        elif "words" in value:
            fields = Fields(path, value, ["words"])
            words += fields.texts("words")
            problems += fields.problems
        else:
            plan, found = _plan(path, value)
            problems += found
            plans[plan.title] = plan
    return Sources(plans, frozenset(map(squeeze_name, words)), tuple(problems))


def _plan(path: str, item: Located) -> tuple[Plan, list[Problem]]:
    fields = Fields(path, item, ["plan", "seed", "cover", "scan_errors", "sections"])
    problems = fields.problems
    sections: dict[str, Section] = {}
    for part in fields.items("sections"):
        section, found = _section(path, part)
        problems += found
        if (first := sections.get(section_key(section.name))) is not None:
            text = f"「{section.name}」は{first.line}行目にもあります。1つにしてください。"
            problems.append(Problem(path, section.line, text))
        sections[section_key(section.name)] = section
    plan = Plan(
        path=path,
        title=fields.text("plan"),
        sections=sections,
        seed=fields.text("seed", required=False),
        cover=fields.texts("cover"),
        scan_errors=fields.pairs("scan_errors"),
    )
    for name in plan.cover:
        if section_key(name) not in sections:
            fields.problem("cover", f"cover の「{name}」が sections にありません。")
    return plan, problems


def _section(path: str, item: Located) -> tuple[Section, list[Problem]]:
    fields = Fields(path, item, ["name", "from", "to", "facts", "certainty"])
    facts = fields.texts("facts")
    for fact in facts:
        if len(fact) > FACT_LIMIT:
            text = f"facts の「{fact[:20]}…」が長すぎます。文ではなく、数字か名前だけを書いてください。"
            fields.problem("facts", text)
    for key in ("from", "to"):
        fields.where(key, _is_pattern, "「{value}」は見出しの形として読めません。")
    certainty = fields.choice("certainty", Certainty) if "certainty" in item else None
    section = Section(
        name=fields.text("name"),
        line=item.line,
        facts=facts,
        start=tuple(filter(_is_pattern, fields.texts("from"))),
        end=to if _is_pattern(to := fields.text("to", required=False)) else "",
        certainty=certainty,
    )
    return section, fields.problems


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def render(plan: Plan, header: str) -> str:
    """The plan's file as text, with its schema's place and `header` (comment lines) on top."""
    lines = [reference(plan.path), header.rstrip("\n"), f"plan: {_scalar(plan.title)}"]
    if plan.seed:
        lines.append(f"seed: {_scalar(plan.seed)}")
    if plan.cover:
        lines += ["cover:", *(f"  - {_scalar(name)}" for name in plan.cover)]
    if plan.scan_errors:
        lines.append("scan_errors:")
        lines += [
            f"  {_quoted(wrong)}: {_quoted(right)}" for wrong, right in plan.scan_errors.items()
        ]
    lines.append("sections:")
    for section in plan.sections.values():
        lines += _section_lines(section)
    return "\n".join(lines) + "\n"


def _section_lines(section: Section) -> list[str]:
    lines = [f"  - name: {_scalar(section.name)}"]
    if section.certainty:
        lines.append(f"    certainty: {section.certainty}")
    if section.start:
        lines.append(f"    from: [{', '.join(map(_quoted, section.start))}]")
    if section.end:
        lines.append(f"    to: {_quoted(section.end)}")
    if section.facts:
        lines += ["    facts:", *(f"      - {_scalar(fact)}" for fact in section.facts)]
    return lines


def _scalar(text: str) -> str:
    plain = re.fullmatch(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`][^:#\n]*", text) and text == text.strip()
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
