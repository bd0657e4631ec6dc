"""Change one saved segment in intents/segments.yaml and leave every other byte as it is.

As `bot.services.editing` does for items with an id: only the lines of what changed are written,
and the result is read back and compared before anybody gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.content.spans import ItemSpan, KeySpan, named_spans, split_lines
from bot.content.yamlread import read_yaml
from bot.services.editing import CannotEdit, yaml_text

KEY, NAME, RULE = "segments", "name", "rule"
_BOM = b"\xef\xbb\xbf"
_WIDTH = 100
_HELP = "この条件は画面では直せない書き方です。「文で直す」を使ってください。"
Rule = Mapping[str, Any]


def add_segment(data: bytes, name: str, rule: Rule) -> bytes:
    """The file with one more segment behind the others. Raises CannotEdit."""
    known = _segments(data)
    _check_name(known, name)
    text = _Text(data)
    text.add(name, rule)
    return _proved(data, text.data(), [*known, (name, rule)])


def change_segment(data: bytes, old: str, name: str, rule: Rule) -> bytes:
    """The file with the segment `old` called `name` and meaning `rule`. Raises CannotEdit."""
    known = _segments(data)
    if name != old:
        _check_name(known, name)
    text = _Text(data)
    span = text.item(old)
    if _same(dict(known).get(old)) != _same(rule):
        text.set(span.keys.get(RULE), lambda column: _written(rule, column))
    if name != old:
        text.set(
            text.item(old).keys.get(NAME), lambda column: [f"{' ' * column}name: {yaml_text(name)}"]
        )
    wanted = [(name, rule) if each == old else (each, found) for each, found in known]
    return _proved(data, text.data(), wanted)


def remove_segment(data: bytes, name: str) -> bytes:
    """The file without a segment. Raises CannotEdit, also for the only one."""
    known = _segments(data)
    text = _Text(data)
    text.remove(text.item(name))
    left = [(each, rule) for each, rule in known if each != name]
    if not left:
        raise CannotEdit("最後の1つは画面では消せません。「文で直す」を使ってください。")
    return _proved(data, text.data(), left)


class _Text:
    """The file's lines, its byte order mark and its line ends."""

    def __init__(self, data: bytes) -> None:
        self._mark = _BOM if data.startswith(_BOM) else b""
        text = data[len(self._mark) :].decode("utf-8")  # sound: it was read before
        self._lines = split_lines(text)
        self._eol = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"

    def data(self) -> bytes:
        return self._mark + "".join(self._lines).encode("utf-8")

    def items(self) -> list[ItemSpan]:
        return named_spans("".join(self._lines), KEY, NAME)

    def item(self, name: str) -> ItemSpan:
        found = next((span for span in self.items() if span.id == name), None)
        if found is None or found.flow:
            raise CannotEdit(_HELP)
        return found

    def set(self, span: KeySpan | None, write: Callable[[int], list[str]]) -> None:
        """Write a key anew where it stands; a comment behind a value of one line stays."""
        if span is None:
            raise CannotEdit(_HELP)
        new = write(span.column)
        line = self._lines[span.end[0]].rstrip("\r\n") if span.end[0] < len(self._lines) else ""
        behind = line[span.end[1] :].rstrip() if span.style != "block" else ""
        if len(new) == 1 and behind.lstrip().startswith("#"):
            new = [new[0] + behind]
        new[0] = self._lines[span.first][: span.column] + new[0].lstrip()
        self._replace(span.first, span.last, new)

    def add(self, name: str, rule: Rule) -> None:
        spans = self.items()
        if any(span.flow for span in spans):
            raise CannotEdit(_HELP)
        column = spans[-1].column if spans else 4
        lead = " " * (column - 2)
        new = [f"{lead}- name: {yaml_text(name)}", *_written(rule, column)]
        if spans:
            self._replace(spans[-1].last, spans[-1].last, new)
        else:
            self._replace(len(self._lines), len(self._lines), ["", f"{KEY}:", *new])

    def remove(self, span: ItemSpan) -> None:
        del self._lines[span.first : span.last]

    def _replace(self, first: int, last: int, new: Sequence[str]) -> None:
        if first and not self._lines[first - 1].endswith(("\n", "\r")):
            self._lines[first - 1] += self._eol
        self._lines[first:last] = [line + self._eol for line in new]


def _written(rule: Rule, column: int) -> list[str]:
    """`rule:` on one line if it fits, else one condition a line."""
    start = f"{' ' * column}{RULE}:"
    line = f"{start} {_flow(rule)}"
    return [line] if len(line) <= _WIDTH else [start, *_block(rule, column + 2)]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _text(value)


def _block(rule: Rule, column: int) -> Iterator[str]:
    lead = " " * column
    for key, inner in rule.items():
        if key in ("all", "any") and isinstance(inner, list):
            yield f"{lead}{key}:"
            for part in inner:
                below = list(_block(part, column + 4))
                yield f"{lead}  - {below[0].lstrip()}"
                yield from below[1:]
        elif key == "not" and len(_flow(inner)) > _WIDTH - column:
            yield f"{lead}{key}:"
            yield from _block(inner, column + 2)
        else:
            yield f"{lead}{key}: {_flow(inner)}"


def _text(value: Any) -> str:
    """Numbers stay plain; a month, or a name that could be taken for something else, is quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or value == "true" or (value.isascii() and value.isdecimal()):
        return str(value)
    text = yaml_text(value)
    return text if text.startswith('"') or text.isidentifier() else f'"{text}"'


def _segments(data: bytes) -> list[tuple[str, Any]]:
    """Every saved segment. Raises CannotEdit for a file with problems."""
    value, problems = read_yaml("", data)
    if problems:
        raise CannotEdit(f"{problems[0].line}行目：{problems[0].text}\n{_HELP}")
    found = value.get(KEY, []) if isinstance(value, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise CannotEdit(_HELP)
    return [(str(each.get(NAME, "")).strip(), each.get(RULE)) for each in found]


def _check_name(known: Sequence[tuple[str, Any]], name: str) -> None:
    if not name:
        raise CannotEdit("条件の名前を書いてください。")
    if name in dict(known):
        raise CannotEdit(f"条件「{name}」はもうあります。ほかの名前にしてください。")


def _same(value: Any) -> Any:
    """Plain data as `read_yaml` would give it: every scalar is text."""
    if isinstance(value, Mapping):
        return {key: _same(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_same(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _proved(before: bytes, after: bytes, wanted: Sequence[tuple[str, Any]]) -> bytes:
    """The new file, if it says what was asked for and everything else is as it was."""
    old, _ = read_yaml("", before)
    new, problems = read_yaml("", after)
    others = not problems and all(
        new.get(key) == old.get(key) for key in {*old, *new} if key != KEY
    )
    if not others or _same(_segments(after)) != _same(list(wanted)):
        raise CannotEdit(_HELP)
    return after
