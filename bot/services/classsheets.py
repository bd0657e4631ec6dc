"""A city's table of classes and events out to Excel and back: what a new table would change."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from bot.content.classes import HEADER, ROOM, is_class_file
from bot.content.csvread import decode, heading, rows_of
from bot.errors import ContentError
from bot.services.sheets import Difference

_KEY = ("イベント名", "開始日", "開始時間", "場所名称")
_NUMBER = ("ID", "NO")
_NAMELESS = "（名前のない行）"


def class_paths(paths: Iterable[str], cities: Iterable[str]) -> list[str]:
    """The tables there are, and one for each city that has none yet."""
    found = {path for path in paths if is_class_file(path)}
    return sorted({*found, *("/".join((*ROOM, f"{city}.csv")) for city in cities)})


def class_rows(data: bytes) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The file's columns and rows as they stand; the standard's columns for no file.

    Raises ContentError for what is no table.
    """
    rows = rows_of(decode(data))
    if not rows:
        return tuple(HEADER), []
    width = len(rows[0].cells)
    return rows[0].cells, [(*row.cells, *[""] * width)[:width] for row in rows[1:]]


def apply_classes(before: bytes, table: bytes) -> tuple[bytes, list[Difference]]:
    """The table as it is saved (UTF-8 with BOM, as Excel opens it), and what it changes.

    An unchanged table gives the file back byte for byte. Raises ContentError for no table.
    """
    header, rows = class_rows(table)
    if heading("イベント名") not in map(heading, header):
        raise ContentError("1行目に見出し「イベント名」がありません。見出しを直してください。")
    old_header, old_rows = class_rows(before)
    if (header, rows) == (old_header, old_rows) and before:
        return before, []
    old, new = _by_key(old_header, old_rows), _by_key(header, rows)
    found = [_change(key, old.get(key, {}), new.get(key, {})) for key in {**old, **new}]
    differences = [each for each in found if each.added or each.removed]
    if not differences and tuple(header) != tuple(old_header):
        gone = tuple(f"列：{name}" for name in old_header if name not in header)
        differences = [
            Difference("", "列", tuple(f"列：{n}" for n in header if n not in old_header), gone)
        ]
    if not differences and rows != old_rows:
        differences = [Difference("", "行の順番", (), ())]
    return _written(header, rows), differences


def _by_key(
    header: Sequence[str], rows: Iterable[Sequence[str]]
) -> dict[tuple[str, ...], dict[str, str]]:
    """Rows by their number, else by what tells sessions apart; equal ones are counted."""
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        cells = {name: cell for name, cell in zip(header, row, strict=True) if cell}
        number = next((cells[name] for name in _NUMBER if name in cells), "")
        key = (number,) if number else tuple(cells.get(name, "") for name in _KEY)
        count = 1
        while (*key, str(count)) in found:
            count += 1
        found[(*key, str(count))] = cells
    return found


def _change(key: tuple[str, ...], old: dict[str, str], new: dict[str, str]) -> Difference:
    said = new or old
    day = said.get("開始日", "")
    title = f"{said.get('イベント名') or _NAMELESS}（{day}）" if day else said.get("イベント名", "")
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    added = tuple(f"{name}：{new[name]}" for name in names if name in new)
    removed = tuple(f"{name}：{old[name]}" for name in names if name in old)
    return Difference("・".join(key), title or _NAMELESS, added, removed)


def _written(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return ("\ufeff" + out.getvalue()).encode("utf-8")
