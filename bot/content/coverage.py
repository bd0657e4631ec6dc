"""Coverage: every item of a knowledge checklist has an entry, and every entry has its item.

A checklist is a Markdown text whose items open with `### id` (their city and topic in the lines
「- 市: …」「- 話題: …」 below) or are rows of a table whose first cell is the id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.content.loader import Loaded
from bot.core.knowledge import COMMON, Content

GLOSSARY = "用語"  # the topic of table rows
_HEADING = re.compile(r"^### (?P<id>[a-z0-9][a-z0-9-]*)\s*$")
_ROW = re.compile(r"^\| *(?P<id>[a-z0-9]+(?:-[a-z0-9]+)+) *\| *(?P<city>[^|]*?) *\|")
_FIELD = re.compile(r"^- (?P<key>市|話題)[:：] *(?P<value>[^／]*)")


@dataclass(frozen=True)
class Item:
    """One item of the checklist; `city` is a city's id, COMMON, or what the checklist says."""

    id: str
    city: str
    topic: str


@dataclass(frozen=True)
class Coverage:
    """What a checklist asks for and what the content answers."""

    items: tuple[Item, ...]
    missing: tuple[Item, ...]
    elsewhere: tuple[tuple[Item, str], ...]  # item, entry of another city that covers it
    unknown: tuple[tuple[str, str], ...]  # entry, id that the checklist does not have
    unlisted: tuple[str, ...]  # entries without any item

    @property
    def faults(self) -> int:
        """How many things are wrong; 0 means that everything is covered."""
        return sum(map(len, (self.missing, self.elsewhere, self.unknown, self.unlisted)))


def read_checklist(text: str, content: Content) -> tuple[Item, ...]:
    """The items in order, each id once, with cities named as the content names them."""
    cities = {
        name: city.id for city in content.cities.values() for name in (city.name, *city.names)
    }
    items: dict[str, Item] = {}
    current: dict[str, str] = {}

    def close() -> None:
        if "id" in current:
            city, topic = current.get("市", COMMON), current.get("話題", "")
            found = Item(current["id"], cities.get(city, city), re.split("[・/]", topic)[0])
            items.setdefault(found.id, found)
        current.clear()

    for line in text.splitlines():
        if (heading := _HEADING.match(line)) is not None:
            close()
            current["id"] = heading["id"]
        elif line.startswith("#"):
            close()
        elif (row := _ROW.match(line)) is not None:
            items.setdefault(
                row["id"], Item(row["id"], cities.get(row["city"], row["city"]), GLOSSARY)
            )
        elif (field := _FIELD.match(line)) is not None and "id" in current:
            current.setdefault(field["key"], field["value"].strip())
    close()
    return tuple(items.values())


def coverage(checklist_text: str, content: Content) -> Coverage:
    """Compare a checklist with the `covers` of the content's entries."""
    items = read_checklist(checklist_text, content)
    known = {item.id: item for item in items}
    covering: dict[str, list[str]] = {}
    for entry in content.entries.values():
        for item_id in entry.covers:
            covering.setdefault(item_id, []).append(entry.id)
    return Coverage(
        items=items,
        missing=tuple(item for item in items if item.id not in covering),
        elsewhere=tuple(
            (known[item_id], entry)
            for item_id, entries in covering.items()
            for entry in entries
            if item_id in known and not _serves(content, entry, known[item_id].city, entries)
        ),
        unknown=tuple(
            (entry, item_id)
            for item_id, entries in covering.items()
            for entry in entries
            if item_id not in known
        ),
        unlisted=tuple(
            entry.id for entry in content.entries.values() if not known.keys() & set(entry.covers)
        ),
    )


def report(checklist_text: str, loaded: Loaded) -> tuple[list[str], int]:
    """Lines to print (per city and topic, then each fault with its place) and the count of faults."""
    found = coverage(checklist_text, loaded.draft)
    lines = [*_counts(found, loaded.draft), *_faults(found, loaded)]
    covered = len(found.items) - len(found.missing)
    lines.append(f"知識チェックリスト {covered}／{len(found.items)} 項目に答えがあります。")
    if found.faults:
        lines.append(f"{found.faults}件の問題があります。")
    return lines, found.faults


def _serves(content: Content, entry: str, city: str, entries: Sequence[str]) -> bool:
    """A common entry may answer any item; a city's answers that city's, and beside a common
    entry (one of `entries`) a common item too.
    """
    if city == COMMON and any(content.entries[each].city == COMMON for each in entries):
        return True
    return content.entries[entry].city in (COMMON, city)


def _counts(found: Coverage, content: Content) -> Iterator[str]:
    missing = set(found.missing)
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in found.items:
        groups.setdefault((item.city, item.topic), []).append(item)
    for (city, topic), items in groups.items():
        covered = sum(item not in missing for item in items)
        yield f"{_name(city, content)}　{topic}　{covered}／{len(items)}"


def _faults(found: Coverage, loaded: Loaded) -> Iterator[str]:
    content, places = loaded.draft, loaded.places
    for item in found.missing:
        yield f"答えがありません：{item.id}（{_name(item.city, content)}・{item.topic}）"
    for item, entry in found.elsewhere:
        at, city = places[entry], _name(item.city, content)
        text = f"covers の「{item.id}」は{city}の項目です。{city}の知識に書いてください。"
        yield f"{at.path}:{at.line}: {text}"
    for entry, item_id in found.unknown:
        at = places[entry]
        yield f"{at.path}:{at.line}: covers の「{item_id}」はチェックリストにありません。直してください。"
    for entry in found.unlisted:
        at = places[entry]
        text = f"「{entry}」はチェックリストのどの項目にも当たりません。covers を直してください。"
        yield f"{at.path}:{at.line}: {text}"


def _name(city: str, content: Content) -> str:
    names: Mapping[str, str] = {each.id: each.name for each in content.cities.values()}
    return "共通" if city == COMMON else names.get(city, city)
