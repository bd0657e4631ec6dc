"""Help lines outside the entries: the numbers to call of intents, emergencies and contacts.

Each stands in an `outside_source` or a cited `source` of the item (or contact) that says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.content.figures import Fact, Figure, Phone, facts_of
from bot.content.problems import Problem
from bot.content.sources import Evidence, Sources
from bot.content.yamlread import Located, LocatedList, read_yaml


def check_numbers(files: Mapping[str, bytes], sources: Sources) -> Iterator[Problem]:
    """Every number to call said in intents/ and knowledge/cities/ that has no source."""
    for path in sorted(files):
        room = path.rsplit("/", 1)[0]
        if room not in ("intents", "knowledge/cities") or not path.endswith((".yaml", ".yml")):
            continue
        value, _ = read_yaml(path, files[path])  # what cannot be read is the loader's to say
        for item in _mappings(value):
            yield from _item(path, item, sources)


def _item(path: str, item: Located, sources: Sources) -> Iterator[Problem]:
    inherited = _evidence(item, sources)
    said = [(item.line_of("answer"), _text(item, "answer"), inherited)]
    for key in ("phones", "contacts"):
        for contact in _mappings(item.get(key)):
            own = (*inherited, *_evidence(contact, sources))
            said.append((contact.line_of("phone"), _text(contact, "phone"), own))
    for line, text, evidence in said:
        for fact in facts_of(text):
            if _is_called(fact) and not any(each.has(fact) for each in evidence):
                hint = f"「{fact}」の出典がありません。outside_source に fact と reason を書いてください。"
                yield Problem(path, line, hint)


def _is_called(fact: Fact) -> bool:
    """119番, #7119 or a full number; not 30分."""
    if isinstance(fact, Figure):
        return fact.counter in ("", "番") and fact.value >= 100
    return isinstance(fact, Phone)


def _evidence(item: Located, sources: Sources) -> tuple[Evidence, ...]:
    facts = [_text(each, "fact") for each in _mappings(item.get("outside_source"))]
    cited = item.get("source") or []
    found = []
    for citation in [cited] if isinstance(cited, str) else cited:
        _, section = sources.find(str(citation))
        found += [Evidence.of_facts(section.facts)] if section else []
    return (Evidence.of_facts(facts), *found)


def _mappings(value: Any) -> list[Located]:
    if isinstance(value, Located):
        return [value]
    if isinstance(value, LocatedList):
        return [each for each in value if isinstance(each, Located)]
    return []


def _text(item: Located, key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
