"""Tables that people keep in Excel: read whatever it saved, say what is wrong in Japanese."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import ContentError

MAX_BYTES = 5_000_000
_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")


@dataclass(frozen=True)
class Table:
    """Rows by the names we gave the columns; `lines[i]` is row i's number in Excel."""

    rows: tuple[Mapping[str, str], ...]
    lines: tuple[int, ...]


def read_table(data: bytes, headings: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Table:
    """Read a CSV; `headings` maps our name of a column to the names it may have.

    Raises ContentError for what is no table or lacks one of the `needed` columns.
    """
    if len(data) > MAX_BYTES:
        raise ContentError("ファイルが大きすぎます（5MBまで）。分けてください。")
    text = _decoded(data)
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        head = [_plain(cell) for cell in next(reader, [])]
        found = _columns(head, headings)
        missing = [headings[name][0] for name in needed if name not in found]
        if missing:
            known = "、".join(f"「{each}」" for each in missing)
            raise ContentError(f"1行目に見出し{known}がありません。見出しを直してください。")
        rows, lines = [], []
        for number, cells in enumerate(reader, 2):  # as Excel counts rows
            values = {
                name: _text(cells[place]) if place < len(cells) else ""
                for name, place in found.items()
            }
            if any(values.values()):
                rows.append(values)
                lines.append(number)
    except csv.Error as error:
        raise ContentError(f"{reader.line_num}行目が表として読めません。") from error
    return Table(tuple(rows), tuple(lines))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ContentError("文字コードが読み取れません。UTF-8かShift_JISのCSVで保存し直してください。")


def _columns(head: Sequence[str], headings: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, words in headings.items():
        for word in map(_plain, words):
            if word in head and head.index(word) not in found.values():
                found[name] = head.index(word)
                break
    return found


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().lower()


def _text(cell: str) -> str:
    """The cell without the apostrophe that keeps Excel from calculating."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text
