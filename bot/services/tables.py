"""Tables that people keep in Excel: read whatever it saved, say what is wrong in Japanese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.content.csvread import decode, heading, rows_of
from bot.errors import ContentError


@dataclass(frozen=True)
class Table:
    """Rows by the names we gave the columns; `lines[i]` is row i's number in Excel."""

    rows: tuple[Mapping[str, str], ...]
    lines: tuple[int, ...]


def read_table(data: bytes, headings: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Table:
    """Read a CSV; `headings` maps our name of a column to the names it may have.

    Raises ContentError for what is no table or lacks one of the `needed` columns.
    """
    every = rows_of(decode(data))
    head = [heading(cell) for cell in every[0].cells] if every else []
    found = _columns(head, headings)
    missing = [headings[name][0] for name in needed if name not in found]
    if missing:
        known = "、".join(f"「{each}」" for each in missing)
        raise ContentError(f"1行目に見出し{known}がありません。見出しを直してください。")
    rows, lines = [], []
    for row in every[1:]:
        values = {
            name: row.cells[place] if place < len(row.cells) else ""
            for name, place in found.items()
        }
        if any(values.values()):
            rows.append(values)
            lines.append(row.number)
    return Table(tuple(rows), tuple(lines))


def _columns(head: Sequence[str], headings: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, words in headings.items():
        for word in map(heading, words):
            if word in head and head.index(word) not in found.values():
                found[name] = head.index(word)
                break
    return found
