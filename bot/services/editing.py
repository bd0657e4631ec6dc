"""Change one item of a content file and leave every other byte as it is.

Only the lines of the keys that changed are written anew; comments, order, quotes, line ends and a
byte order mark stay. The result is read back and compared: anything unexpected is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from bot.content.spans import ItemSpan, KeySpan, item_spans, split_lines
from bot.content.yamlread import Located, read_yaml
from bot.errors import ContentError

Value = str | tuple[str, ...] | Mapping[str, str]
# The order in which keys stand in the files; a new key goes behind its nearest predecessor.
ORDER = (
    "id title city topic questions examples signs calm answer details choices topics action links "
    "contact phones level sensitive status plan_status online_status as_of source outside_source "
    "review_by covers related tests calm_tests"
).split()
_BOM = b"\xef\xbb\xbf"
_WIDTH = 100
_AMBIGUOUS = re.compile(  # text that other YAML readers take for a number, a truth value or nothing
    r"[-+]?[0-9][0-9_.:,eExXoO]*|[-+]?\.(?:inf|nan|[0-9]+)|true|false|yes|no|on|off|y|n|null|~",
    re.I,
)
_HELP = "この項目は画面の欄では直せない書き方です。「文で直す」を使ってください。"


class CannotEdit(ContentError):
    """The item cannot be edited line by line; the message (Japanese) says what to do."""


def values_of(data: bytes, item_id: str) -> dict[str, Value]:
    """The item's texts, lists of texts and mappings of texts; whatever else it holds is left out."""
    item = _read(data).get(item_id)
    if item is None:
        raise CannotEdit("この項目は、もうこのファイルにありません。")
    return {key: value for key, raw in item.items() if (value := _plain(raw)) is not None}


def edit_item(data: bytes, item_id: str, values: Mapping[str, Value]) -> bytes:
    """The file with the named keys of one item changed; an empty value takes the key out."""
    text = _Text(data)
    span = text.item(item_id)
    before = values_of(data, item_id)
    changed = {
        key: value
        for key, value in values.items()
        if _same(value) != _same(before.get(key, "")) or (value and key not in before)
    }
    for key in sorted(changed, key=_rank, reverse=True):
        span = text.item(item_id)
        text.set_key(span, key, changed[key])
    return _proved(data, text.data(), item_id, {**before, **changed})


def add_item(data: bytes, values: Mapping[str, Value]) -> bytes:
    """The file with one more item at its end."""
    item_id = str(values["id"])
    known = _read(data) if data.strip() else {}
    if item_id in known:
        raise CannotEdit(f"id「{item_id}」はもうあります。ほかの id にしてください。")
    text = _Text(data)
    text.append(values)
    return _proved(data, text.data(), item_id, values)


def remove_item(data: bytes, item_id: str) -> bytes:
    """The file without one item. Raises CannotEdit for the only one: delete the file instead."""
    text = _Text(data)
    text.remove(text.item(item_id))
    after = text.data()
    if set(_read(after)) != set(_read(data)) - {item_id}:
        raise CannotEdit(_HELP)
    return after


def item_at(data: bytes, line: int) -> str:
    """The id of the item that stands on a line (from 1); '' where none does."""
    for span in item_spans(_Text(data).text):
        if span.first < line <= span.last:
            return span.id
    return ""


class _Text:
    """A file's lines with what the editor must keep: its mark and its line ends."""

    def __init__(self, data: bytes) -> None:
        self._mark = _BOM if data.startswith(_BOM) else b""
        try:
            self.text = data[len(self._mark) :].decode("utf-8")
        except UnicodeDecodeError:
            raise CannotEdit("このファイルは文字コードが UTF-8 ではありません。") from None
        self._lines = split_lines(self.text)
        self._eol = "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"

    def data(self) -> bytes:
        return self._mark + "".join(self._lines).encode("utf-8")

    def item(self, item_id: str) -> ItemSpan:
        """Where the item stands now."""
        found = [s for s in item_spans("".join(self._lines)) if s.id == item_id]
        if not found or found[0].flow:
            raise CannotEdit(_HELP)
        return found[0]

    def set_key(self, item: ItemSpan, key: str, value: Value) -> None:
        """Write, change or take out one key."""
        span = item.keys.get(key)
        if span is None:
            if value:
                self._insert(item, key, value)
        elif not value:
            self._take_out(item, span)
        elif isinstance(value, tuple) and span.parts:
            self._change_list(item, span, value)
        else:
            self._change(span, value)

    def append(self, values: Mapping[str, Value]) -> None:
        """One more item at the end."""
        spans = item_spans("".join(self._lines))
        column = spans[-1].column if spans else 2
        written = _item_lines(values, column)
        if self._lines:
            self._close_last_line()
            if self._lines[-1].strip():
                self._lines.append(self._eol)
        self._lines += [line + self._eol for line in written]

    def remove(self, item: ItemSpan) -> None:
        """Without the item, and without the blank lines behind it."""
        last = item.last
        while last < len(self._lines) and not self._lines[last].strip():
            last += 1
        del self._lines[item.first : last]

    def _insert(self, item: ItemSpan, key: str, value: Value) -> None:
        before = [span for span in item.keys.values() if _rank(span.name) < _rank(key)]
        place = max(before, key=lambda span: span.last).last if before else item.last
        self._replace(place, place, _written(key, value, item.column))

    def _take_out(self, item: ItemSpan, span: KeySpan) -> None:
        if span.first == item.first:
            raise CannotEdit(_HELP)  # the dash stands here
        del self._lines[span.first : span.last]

    def _change(self, span: KeySpan, value: Value) -> None:
        head = self._lines[span.first][: span.column]
        if isinstance(value, str) and span.style == "|" and self._plain_header(span):
            kept = self._lines[span.first].rstrip("\r\n")
            new = [kept, *_block(value, span.column)]
        else:
            like = span.style if isinstance(value, str) else ""
            if isinstance(value, tuple) and span.style not in ("flow", "block") and len(value) == 1:
                new = _written(span.name, value[0], span.column, span.style)
            else:
                new = _written(span.name, value, span.column, like, flow=span.style == "flow")
            if len(new) == 1:
                new[0] += self._comment_behind(span)
            new[0] = head + new[0].lstrip()
        self._replace(span.first, span.last, new)

    def _change_list(self, item: ItemSpan, span: KeySpan, value: tuple[str, ...]) -> None:
        """Items that stay keep their lines, quotes and comments; only others are written."""
        raw = _read(self.data())[item.id][span.name]
        old = tuple(text.strip() for text in raw)
        lines: list[str] = []
        end = span.first + 1
        chunks = []
        for first, last in span.parts:
            chunks.append((self._lines[end:first], self._lines[first:last]))
            end = last
        matcher = SequenceMatcher(None, old, value, autojunk=False)
        for _, a, b, c, d in matcher.get_opcodes():
            if old[a:b] == value[c:d]:
                lines += [line for above, own in chunks[a:b] for line in (*above, *own)]
                continue
            lines += [line for above, _ in chunks[a:b] for line in above]
            dash = " " * span.part_column + "- "
            lines += [dash + _scalar(text) + self._eol for text in value[c:d]]
        self._splice(span.first + 1, span.last, lines)

    def _plain_header(self, span: KeySpan) -> bool:
        header = self._lines[span.start[0]][span.start[1] :].split("#")[0].strip()
        return span.start[0] == span.first and header in ("|", "|-", "|+")

    def _comment_behind(self, span: KeySpan) -> str:
        line = self._lines[span.end[0]].rstrip("\r\n") if span.end[0] < len(self._lines) else ""
        rest = line[span.end[1] :] if span.style not in ("|", ">", "block") else ""
        return rest.rstrip() if rest.lstrip().startswith("#") else ""

    def _replace(self, first: int, last: int, new: Sequence[str]) -> None:
        self._splice(first, last, [line + self._eol for line in new])

    def _splice(self, first: int, last: int, new: list[str]) -> None:
        at_end = last == len(self._lines) and bool(self._lines)
        open_end = at_end and not self._lines[-1].endswith(("\n", "\r"))
        if open_end and first == last:
            self._close_last_line()
        self._lines[first:last] = new
        for place in range(len(self._lines) - 1):
            if not self._lines[place].endswith(("\n", "\r", "\x85", "\u2028", "\u2029")):
                self._lines[place] += self._eol
        if open_end and self._lines:
            self._lines[-1] = self._lines[-1].rstrip("\r\n")

    def _close_last_line(self) -> None:
        if self._lines and not self._lines[-1].endswith(("\n", "\r")):
            self._lines[-1] += self._eol


def _item_lines(values: Mapping[str, Value], column: int) -> list[str]:
    written: list[str] = []
    for key in sorted((k for k, v in values.items() if v), key=_rank):
        written += _written(key, values[key], column)
    written[0] = " " * (column - 2) + "- " + written[0].lstrip()
    return written


def written_item(values: Mapping[str, Value]) -> str:
    """A new item as text, as `add_item` would write it."""
    return "".join(f"{line}\n" for line in _item_lines(values, 2))


def _written(
    key: str, value: Value, column: int, like: str = "", *, flow: bool | None = None
) -> list[str]:
    """A key with its value as new lines, without line ends."""
    start = f"{' ' * column}{key}:"
    if isinstance(value, str):
        if "\n" in value or like in ("|", ">"):
            return [f"{start} |-", *_block(value, column)]
        return [f"{start} {_scalar(value, like)}"]
    if isinstance(value, tuple):
        if flow is None:
            flow = key not in ("questions", "examples", "source", "signs", "tests")
        line = f"{start} [{', '.join(_scalar(text, inside=True) for text in value)}]"
        if flow and len(line) <= _WIDTH:
            return [line]
        return [start, *(f"{' ' * (column + 2)}- {_scalar(text)}" for text in value)]
    pairs = (f"{' ' * (column + 2)}{_scalar(k)}: {_scalar(v)}" for k, v in value.items())
    return [start, *pairs]


def _block(value: str, column: int) -> list[str]:
    indent = " " * (column + 2)
    return [indent + line.rstrip() if line.strip() else "" for line in value.strip().splitlines()]


def yaml_text(text: str) -> str:
    """One line of text as a YAML value that any reader takes for exactly this text."""
    return _scalar(text)


def _scalar(text: str, like: str = "", *, inside: bool = False) -> str:
    """One text as YAML: plain where any reader takes it for exactly this text, else quoted."""
    text = " ".join(text.split("\n"))
    if like == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    quoted = json.dumps(text, ensure_ascii=False)
    if like == '"' or _AMBIGUOUS.fullmatch(text):
        return quoted
    sample = f"- id: [{text}]\n" if inside else f"- id: {text}\n"
    value, problems = read_yaml("", sample.encode("utf-8", "replace"))
    wanted: Any = [text] if inside else text
    return text if not problems and value == [{"id": wanted}] else quoted


def _read(data: bytes) -> dict[str, Located]:
    """The items by id. Raises CannotEdit for a file with problems."""
    value, problems = read_yaml("", data)
    if problems:
        raise CannotEdit(f"{problems[0].line}行目：{problems[0].text}\n{_HELP}")
    if not isinstance(value, list):
        raise CannotEdit(_HELP)
    items = [item for item in value if isinstance(item, Located)]
    return {item["id"].strip(): item for item in items if isinstance(item.get("id"), str)}


def _plain(raw: Any) -> Value | None:
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return tuple(each.strip() for each in raw)
    if isinstance(raw, dict) and all(isinstance(each, str) for each in raw.values()):
        return {key: text.strip() for key, text in raw.items()}
    return None


def _same(value: Value) -> Value:
    """A single text and a list of one are the same."""
    if isinstance(value, str):
        return (value.strip(),) if value.strip() else ()
    if isinstance(value, tuple):
        return tuple(text.strip() for text in value)
    return {key: text.strip() for key, text in value.items()} or ()


def _proved(before: bytes, after: bytes, item_id: str, wanted: Mapping[str, Value]) -> bytes:
    """The new file, if it says what was asked for and everything else is as it was."""
    old, new = (_read(before) if before.strip() else {}), _read(after)
    others = all(new.get(key) == item for key, item in old.items() if key != item_id)
    found = {key: value for key, raw in new[item_id].items() if (value := _plain(raw)) is not None}
    keys: Iterable[str] = {*found, *(key for key, value in wanted.items() if value)}
    asked = all(_same(found.get(key, "")) == _same(_line(wanted.get(key, ""))) for key in keys)
    if not others or not asked or set(new) != {*old, item_id}:
        raise CannotEdit(_HELP)
    return after


def _line(value: Value) -> Value:
    """A text as a block keeps it: no blanks at the ends of lines."""
    if isinstance(value, str) and "\n" in value:
        return "\n".join(line.rstrip() for line in value.strip().splitlines())
    return value


def _rank(key: str) -> int:
    return ORDER.index(key) if key in ORDER else len(ORDER)


@dataclass(frozen=True)
class Line:
    """One line of a comparison: `mark` is " ", "+" or "-"; numbers from 1, 0 where it is not."""

    mark: str
    before: int
    after: int
    text: str


def compare(before: bytes, after: bytes, around: int = 3) -> list[list[Line]]:
    """What changed, as groups of lines with `around` lines about them."""
    old = before.decode("utf-8", "replace").splitlines()
    new = after.decode("utf-8", "replace").splitlines()
    groups = []
    for codes in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(around):
        group: list[Line] = []
        for tag, a, b, c, d in codes:
            if tag == "equal":
                group += [Line(" ", a + n + 1, c + n + 1, old[a + n]) for n in range(b - a)]
                continue
            group += [Line("-", n + 1, 0, old[n]) for n in range(a, b)]
            group += [Line("+", 0, n + 1, new[n]) for n in range(c, d)]
        groups.append(group)
    return groups


def item_ids(data: bytes) -> list[str]:
    """The ids of the file's items in order. Raises CannotEdit for a file with problems."""
    return list(_read(data)) if data.strip() else []
