"""Examples of a content file as a table and back: one row for each phrase."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import ContentError
from bot.services.editing import edit_item, item_ids, values_of
from bot.services.tables import read_table

HEADER = ("id", "題名", "言い方")
_HEADINGS = {
    "id": ("id", "項目"),
    "title": ("題名", "title", "見出し"),
    "phrase": ("言い方", "例文", "質問", "phrase"),
}


@dataclass(frozen=True)
class Difference:
    """What a table would change in one item."""

    id: str
    title: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def phrase_rows(data: bytes) -> Iterator[tuple[str, str, str]]:
    """The table's rows: id, title, phrase."""
    for item_id in item_ids(data):
        values = values_of(data, item_id)
        title = str(values.get("title", ""))
        for phrase in _phrases(values.get(_key(values), ())):
            yield item_id, title, phrase


def apply_table(data: bytes, table: bytes) -> tuple[bytes, list[Difference]]:
    """The file with the phrases of the table, and what changed. Items not in the table stay.

    Raises ContentError for a table that cannot be used or names unknown items.
    """
    rows = read_table(table, _HEADINGS, ("id", "phrase"))
    wanted: dict[str, list[str]] = {}
    known = set(item_ids(data))
    for line, row in zip(rows.lines, rows.rows, strict=True):
        if row["id"] not in known:
            raise ContentError(f"{line}行目：id「{row['id']}」はこのファイルにありません。")
        phrases = wanted.setdefault(row["id"], [])
        if row["phrase"] and row["phrase"] not in phrases:
            phrases.append(row["phrase"])
    differences = []
    for item_id, phrases in wanted.items():
        values = values_of(data, item_id)
        key = _key(values)
        before = _phrases(values.get(key, ()))
        if not phrases:
            raise ContentError(f"id「{item_id}」の言い方が1つもありません。")
        if tuple(phrases) != before:
            data = edit_item(data, item_id, {key: tuple(phrases)})
            added = tuple(p for p in phrases if p not in before)
            removed = tuple(p for p in before if p not in phrases)
            title = str(values.get("title", ""))
            differences.append(Difference(item_id, title, added, removed))
    return data, differences


def _key(values: object) -> str:
    return "examples" if isinstance(values, dict) and "examples" in values else "questions"


def _phrases(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value) if isinstance(value, Sequence) else ()
