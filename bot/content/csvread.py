"""Tables that people keep in Excel, as Excel and others save them: bytes -> rows with their lines."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass

from bot.errors import ContentError

MAX_BYTES = 5_000_000
_ENCODINGS = ("utf-8-sig", "cp932", "euc_jp")
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Row:
    """One row: the file's line it begins on, its number in Excel, and its cells without edges."""

    line: int
    number: int
    cells: tuple[str, ...]


def decode(data: bytes) -> str:
    """The table's text: UTF-8 with or without BOM, UTF-16 with one, Shift_JIS or EUC-JP.

    Raises ContentError for what is no text, a workbook among it, and for more than MAX_BYTES.
    """
    if len(data) > MAX_BYTES:
        raise ContentError("ファイルが大きすぎます（5MBまで）。分けてください。")
    if data.startswith(_WORKBOOK):
        raise ContentError("Excelのブックのままです。「CSV UTF-8」の形式で保存し直してください。")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ContentError("文字コードが読み取れません。UTF-8かShift_JISのCSVで保存し直してください。")


def rows_of(text: str) -> list[Row]:
    """Every row that has something in it; separated by tabs where the first line is.

    Raises ContentError, with the line, for what is no table.
    """
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found, line = [], 1
    try:
        for number, cells in enumerate(reader, 1):
            plain = tuple(map(cell_text, cells))
            if any(plain):
                found.append(Row(line, number, plain))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ContentError(f"{reader.line_num}行目が表として読めません。") from error
    return found


def heading(cell: str) -> str:
    """A column's name in one spelling: width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", cell).split()).lower()


def cell_text(cell: str) -> str:
    """The cell without the apostrophe that keeps Excel from calculating."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text
