"""Provenance: every figure, date and name of an answer stands in the source that it cites.

An entry's title, answer, details, phones and `as_of` are read for figures, dates and names (what
counts is said in content/figures.py). Each must stand in one of

* the sections its `source` lines cite, or the cover of a cited plan (its title, date, period);
* the items of 「2026年11月の確認」 that it cites;
* the `fact` of one of its `outside_source` lines, or the label of a link it shows.

Where it stands there is looked up in the facts files of knowledge/sources/ (`check`, anywhere) or
in the plans' full texts (`check_against`, which also proves the facts files). An entry that cites an
item marked `verify` says 「確認」. A translation brings no number of its own. The numbers of intents,
emergencies and contacts have a source too (content/helplines.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from bot.content.figures import (
    facts_of,
    numbers_of,
    numbers_written,
    plan_dates,
    proved,
)
from bot.content.helplines import check_numbers
from bot.content.loader import Loaded
from bot.content.names import is_named, names_of, squeeze_name
from bot.content.problems import Problem
from bot.content.sources import (
    Certainty,
    Evidence,
    Plan,
    Section,
    Sources,
    read_sources,
    render,
)
from bot.core.knowledge import City, Content, Entry

HEADER = """\
# 出典にある数字・日付・名前（答えの裏付けの点検に使います。計画の文は書きません）。
# 「madoguchi check --provenance 計画の全文の場所 --write-facts」で facts を作り直せます。
# from は見出しの行（上から順に探します）、to は次の見出しの行です。
"""


def check(loaded: Loaded, files: Mapping[str, bytes]) -> list[Problem]:
    """Prove every entry by the facts files; needs no plan text."""
    sources = read_sources(files)
    if not sources.plans and not sources.problems:
        text = "knowledge/sources/ に計画がないので、答えの裏付けは点検していません。"
        return [Problem("knowledge/sources", 1, text, warning=True)]
    problems = [*sources.problems, *_Proof(loaded, sources, _from_facts).run()]
    return sorted({*problems, *_translations(loaded), *check_numbers(files, sources)})


def check_against(loaded: Loaded, files: Mapping[str, bytes], seeds: Path) -> list[Problem]:
    """Prove every entry, and the facts files themselves, by the plans' full texts in `seeds`."""
    sources = read_sources(files)
    texts = _Texts(sources, seeds)
    problems = [*sources.problems, *texts.problems, *texts.check_facts()]
    problems += _Proof(loaded, sources, texts.evidence).run()
    return sorted({*problems, *_translations(loaded), *check_numbers(files, sources)})


def collect(plan: Plan, full_text: str, content: Content, words: frozenset[str]) -> Plan:
    """The plan with its facts read anew from the full text.

    A section's facts are all its figures and dates, and those of its names that an entry citing it
    uses. Sections whose heading is not found keep their facts.
    """
    used = _names_used(content)
    sections = {}
    for key, section in plan.sections.items():
        text = plan.text_of(section, full_text)
        sections[key] = (
            section if text is None else replace(section, facts=_facts(text, used, words))
        )
    return replace(plan, sections=sections)


def write_facts(loaded: Loaded, files: Mapping[str, bytes], seeds: Path) -> dict[str, str]:
    """Path below the content directory -> new text, for every plan whose full text is in `seeds`."""
    sources = read_sources(files)
    texts = _Texts(sources, seeds)
    return {
        plan.path: render(collect(plan, text, loaded.draft, sources.words), HEADER)
        for plan in sources.plans.values()
        if (text := texts.full.get(plan.title)) is not None
    }


def _facts(text: str, used: Iterable[str], words: frozenset[str]) -> tuple[str, ...]:
    evidence = Evidence.of_text(text)
    names = {
        squeezed: name
        for name in used
        if (squeezed := squeeze_name(name)) not in words and is_named(squeezed, evidence.names)
    }
    longest = [
        name
        for key, name in names.items()
        if not any(key != other and is_named(key, other) for other in names)
    ]
    return (*map(str, evidence.facts), *longest)


def _names_used(content: Content) -> list[str]:
    names: dict[str, str] = {}
    for entry in content.entries.values():
        for _, text in _texts(entry):
            for name in names_of(text):
                names.setdefault(squeeze_name(name), name)
    return sorted(names.values())


def _texts(entry: Entry) -> Iterator[tuple[str, str]]:
    yield "title", entry.title
    yield "answer", entry.answer
    for facet, text in entry.details.items():
        yield f"details の {facet}", text
    for phone in entry.phones:
        yield "phones", f"{phone.name} {phone.phone}"
    yield "as_of", entry.as_of


EvidenceOf = Callable[[Plan, Section], Evidence | None]


def _from_facts(_: Plan, section: Section) -> Evidence:
    return Evidence.of_facts(section.facts)


class _Texts:
    """The plans' full texts and the evidence of their sections."""

    def __init__(self, sources: Sources, seeds: Path) -> None:
        self.sources = sources
        self.problems: list[Problem] = []
        self.full: dict[str, str] = {}
        for plan in sources.plans.values():
            if plan.seed:
                self._read(plan, seeds / plan.seed)

    def _read(self, plan: Plan, path: Path) -> None:
        try:
            self.full[plan.title] = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            text = (
                f"計画の全文 {path} を読めません。--provenance の場所か seed を確かめてください。"
            )
            self.problems.append(Problem(plan.path, 1, text))

    def evidence(self, plan: Plan, section: Section) -> Evidence | None:
        full = self.full.get(plan.title)
        if full is None:  # today's items, or a plan whose text could not be read
            return _from_facts(plan, section)
        text = plan.text_of(section, full)
        return None if text is None else Evidence.of_text(text)

    def check_facts(self) -> Iterator[Problem]:
        for plan in self.sources.plans.values():
            if plan.title not in self.full:
                continue
            for section in plan.sections.values():
                yield from self._section(plan, section)

    def _section(self, plan: Plan, section: Section) -> Iterator[Problem]:
        evidence = self.evidence(plan, section)
        if evidence is None:
            text = f"「{section.name}」の見出し（from・to）が計画の全文に見つかりません。直してください。"
            yield Problem(plan.path, section.line, text)
            return
        for fact in section.facts:
            read = [] if names_of(fact) else facts_of(fact)
            stands = all(map(evidence.has, read)) if read else evidence.names_it(fact)
            if not stands:
                text = f"facts の「{fact}」が計画の「{section.name}」に見つかりません。消してください。"
                yield Problem(plan.path, section.line, text)


@dataclass(frozen=True)
class _Cited:
    evidence: tuple[Evidence, ...]
    covers: tuple[Evidence, ...]
    sections: tuple[Section, ...]
    problems: tuple[str, ...]


class _Proof:
    def __init__(self, loaded: Loaded, sources: Sources, evidence_of: EvidenceOf) -> None:
        self.content = loaded.draft
        self.places = loaded.places
        self.sources = sources
        self.evidence_of = evidence_of
        self.known: dict[tuple[str, str], Evidence | None] = {}

    def run(self) -> Iterator[Problem]:
        for entry in self.content.entries.values():
            place = self.places[entry.id]
            for text in self._entry(entry):
                yield Problem(place.path, place.line, text)

    def _entry(self, entry: Entry) -> Iterator[str]:
        cited = self._cited(entry)
        yield from cited.problems
        evidence = (*cited.evidence, self._around(entry))
        where = "・".join(entry.sources)
        fix = f"出典（{where}）に見つかりません。出典を直すか、outside_source に理由を書いてください。"
        for what in (*self._figures(entry, evidence), *self._names(entry, evidence)):
            yield f"{what}が{fix}"
        for part, text in _texts(entry):
            for day in plan_dates(text):
                if not any(each.has(day) for each in cited.covers):
                    yield f"{part} の「{day}の計画」が出典の計画の年月（{where}）と合いません。直してください。"
        said = " ".join(text for _, text in _texts(entry))
        for outside in entry.outside:
            if not _is_said(outside.fact, said):
                yield f"outside_source の「{outside.fact}」は答えに出てきません。消すか直してください。"
        unsure = any(section.certainty is Certainty.VERIFY for section in cited.sections)
        if unsure and "確認" not in entry.answer:
            yield "確かでないこと（verify）を出典にしています。answer に「確認してください」と書いてください。"

    def _figures(self, entry: Entry, evidence: Iterable[Evidence]) -> Iterator[str]:
        for part, text in _texts(entry):
            for fact in facts_of(text.replace("{city}", "")):
                if not any(each.has(fact) for each in evidence):
                    yield f"{part} の「{fact}」"

    def _names(self, entry: Entry, evidence: Iterable[Evidence]) -> Iterator[str]:
        unknown: dict[str, str] = {}
        for part, text in _texts(entry):
            for name in names_of(text):
                if not self._known_name(entry, name, evidence):
                    unknown.setdefault(name, part)
        for name, part in unknown.items():
            if not any(name != other and name in other for other in unknown):
                yield f"{part} の名前「{name}」"

    def _cited(self, entry: Entry) -> _Cited:
        evidence, on_covers, sections, problems = [], [], [], []
        for citation in entry.sources:
            plan, section = self.sources.find(citation)
            if plan is None or section is None:
                problems.append(self._missing(citation, plan))
            if plan is None:
                continue
            covers = [plan.sections[key] for key in plan.cover_keys if key in plan.sections]
            on_covers += [found for each in covers if (found := self._evidence(plan, each))]
            if section:
                found = self._evidence(plan, section)
                evidence += [found] if found else []
                sections.append(section)
        evidence += on_covers
        return _Cited(tuple(evidence), tuple(on_covers), tuple(sections), tuple(problems))

    def _evidence(self, plan: Plan, section: Section) -> Evidence | None:
        key = (plan.title, section.name)
        if key not in self.known:
            self.known[key] = self.evidence_of(plan, section)
        return self.known[key]

    def _missing(self, citation: str, plan: Plan | None) -> str:
        if plan is None:
            titles = "・".join(self.sources.plans)
            return f"source「{citation}」の計画がありません。使えるもの：{titles}"
        names = [f"{plan.title} {section.name}" for section in plan.sections.values()]
        near = get_close_matches(citation, names, n=2, cutoff=0.5)
        hint = f"近いもの：{'・'.join(near)}" if near else f"{plan.path} に足してください。"
        return f"source「{citation}」の章や施策がありません。{hint}"

    def _around(self, entry: Entry) -> Evidence:
        """What an entry may say without a section: outside facts, link labels, its own city."""
        facts = [each.fact for each in entry.outside]
        facts += [
            self.content.links[link].label for link in entry.links if link in self.content.links
        ]
        for city in self._cities(entry):
            facts += [city.name, city.prefecture, city.plan, f"{city.name}役所"]
        return Evidence.of_facts(facts)

    def _cities(self, entry: Entry) -> list[City]:
        city = self.content.cities.get(entry.city)
        return [city] if city else []

    def _known_name(self, entry: Entry, name: str, evidence: Iterable[Evidence]) -> bool:
        # 「遺失届（なくし物の届け出）」: what is in brackets explains the name.
        spellings = {squeeze_name(name), squeeze_name(re.sub(r"[(（].*?[)）]", "", name))}
        for city in self._cities(entry):
            own = squeeze_name(city.name)
            spellings |= {each.removeprefix(own) for each in spellings} - {""}
        return any(
            each in self.sources.words or any(is_named(each, found.names) for found in evidence)
            for each in spellings
        )


def _is_said(fact: str, text: str) -> bool:
    if squeeze_name(fact) in squeeze_name(text):
        return True
    said = facts_of(text)
    return any(proved(each, facts_of(fact)) for each in said)


def _translations(loaded: Loaded) -> Iterator[Problem]:
    content = loaded.draft
    for language, translated in content.translations.items():
        for item_id, translation in translated.items():
            entry = content.entries.get(item_id)
            if entry is None:
                continue
            said = [text for _, text in _texts(entry)] + [each.fact for each in entry.outside]
            place = loaded.places[f"{language}:{item_id}"]
            for text in (translation.title, translation.answer):
                new = numbers_written(text) - numbers_written("\n".join(said))
                for number in sorted(new and new - numbers_of("\n".join(said))):
                    words = f"日本語の答えにない数字「{number:f}」があります。どちらかを直してください。"
                    yield Problem(place.path, place.line, words)
