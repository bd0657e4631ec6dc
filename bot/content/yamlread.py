"""YAML as staff write it: every scalar stays text, every value knows its line.

Plain YAML turns 8:30 into 510, no into False and 0120 into 80, and takes a later equal key
silently. Here nothing is converted, and each such trap has a message of its own (see
`yamltraps`). Anchors, aliases, merge keys and tags are refused (an anchor bomb costs nothing),
and the parser's events are read one by one, so that no nesting can exhaust the stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from bot.content.problems import Problem
from bot.content.yamltraps import decode, line_traps, rough_block_lines, syntax_problem

MAX_BYTES = 1_000_000
_MAX_DEPTH = 12
_MAX_PROBLEMS = 100  # of one file; more help nobody
_ANCHORS = "「&」「*」（アンカー）は使えません。同じ内容でも書いてください。"
_DEEP = "入れ子が深すぎます。字下げを見直してください。"


class Located(dict[str, Any]):
    """A mapping of the file: `line` is where it starts, `lines` where each key stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Where `key` stands; where the mapping starts if it is absent."""
        return self.lines.get(key, self.line)


class LocatedList(list[Any]):
    """A list of the file: `lines[i]` is where item i stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def read_yaml(path: str, data: bytes) -> tuple[Any, list[Problem]]:
    """The file's value (str, Located, LocatedList or None) and every problem found in it.

    With problems the value is None: nothing of a broken file is used. Never raises.
    """
    if len(data) > MAX_BYTES:
        text = "ファイルが大きすぎます（1MBまで）。話題ごとに分けてください。"
        return None, [Problem(path, 1, text)]
    text, problems = decode(path, data)
    if problems:
        return None, problems
    lines = text.splitlines()
    reader = _Reader(path, lines)
    try:
        value = reader.document(yaml.parse(text, Loader=yaml.CSafeLoader))
        traps = line_traps(path, lines, reader.block_lines)
    except _TooDeep:
        traps = []
    except yaml.YAMLError as error:
        traps = _why(path, lines, error)
    problems = sorted({*reader.problems, *traps})[:_MAX_PROBLEMS]
    return (None if problems else value), problems


def _why(path: str, lines: list[str], error: yaml.YAMLError) -> list[Problem]:
    """The traps of the file, and what the parser says unless a trap explains it."""
    traps = line_traps(path, lines, rough_block_lines(lines))
    stopped = syntax_problem(path, lines, error)
    if any(-2 <= trap.line - stopped.line <= 1 for trap in traps):
        return traps
    return [*traps, stopped]


class _TooDeep(Exception):
    """The nesting is deeper than any content needs."""


class _Reader:
    """Turns the parser's events into text values with their lines, collecting problems.

    `block_lines` are the numbers of lines inside a block or quoted text, where anything may stand.
    """

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.source = lines
        self.problems: list[Problem] = []
        self.block_lines: set[int] = set()

    def document(self, events: Iterator[Any]) -> Any:
        """The value of the first document; a second one is a problem."""
        value: Any = None
        started = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                assert event.start_mark is not None
                if started:
                    hint = "「---」で区切れません。区切りの行を消すか、ファイルを分けてください。"
                    self._problem(event.start_mark.line + 1, hint)
                    return None
                started = True
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, depth=0)
        return value

    def _value(self, event: Any, events: Iterator[Any], depth: int) -> Any:
        line = event.start_mark.line + 1
        if depth > _MAX_DEPTH:
            self._problem(line, _DEEP)
            raise _TooDeep
        if event.anchor is not None:  # an alias has the anchor's name too
            self._problem(line, _ANCHORS)
        if getattr(event, "tag", None) is not None:
            self._problem(line, '「!」で始まる言葉は引用符 " " で囲んでください。')
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, line, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, line, depth)
        return None

    def _scalar(self, event: Any, line: int) -> str:
        start, end = event.start_mark, event.end_mark
        if event.style in ("|", ">"):
            last = end.line if end.column == 0 else end.line + 1
            self.block_lines.update(range(line + 1, last + 1))
        elif event.style and end.line > start.line:
            self.block_lines.update(range(line + 1, end.line + 2))
        elif not event.style and self._cut_by_comment(event):
            hint = '「 #」から後ろが消えてしまいます。その値を引用符 " " で囲んでください。'
            self._problem(end.line + 1, hint)
        return str(event.value)

    def _cut_by_comment(self, event: Any) -> bool:
        """A sentence followed by ` #` was most likely meant to go on."""
        mark = event.end_mark
        rest = self.source[mark.line][mark.column :] if mark.line < len(self.source) else ""
        sentence = not event.value.isascii() or " " in event.value
        return sentence and rest[:1].isspace() and rest.lstrip().startswith("#")

    def _list(self, events: Iterator[Any], line: int, depth: int) -> LocatedList:
        result = LocatedList(line)
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            result.append(self._value(event, events, depth + 1))
            result.lines.append(event.start_mark.line + 1)
        return result

    def _mapping(self, events: Iterator[Any], line: int, depth: int) -> Located:
        result = Located(line)
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key_line = event.start_mark.line + 1
            key = self._value(event, events, depth + 1)
            value = self._value(next(events), events, depth + 1)
            if not isinstance(key, str) or not key.strip():
                hint = "キーが正しくありません。「キー: 値」の形に直してください。"
                self._problem(key_line, hint)
            elif key == "<<":
                self._problem(key_line, "「<<」は使えません。同じ内容でも書いてください。")
            elif key in result:
                first = result.lines[key]
                hint = f"「{key}」が{first}行目にもあります。どちらか一方を消してください。"
                self._problem(key_line, hint)
            else:
                result.lines[key] = key_line
                result[key] = value
        return result

    def _problem(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.path, line, text))
