"""Where the items of a content file and their keys stand, in lines, so that only those change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.content.yamlread import read_yaml

_BREAK = re.compile("(?<=\n)|(?<=\r)(?!\n)|(?<=[\x85\u2028\u2029])")


@dataclass(frozen=True)
class KeySpan:
    """One key with its value: lines `first` up to `last` (not included), counted from 0.

    `start` and `end` are the value's (line, column) pairs; `style` is the scalar's mark
    ("", '"', "'", "|", ">") or "flow" or "block"; `parts` are the lines of a block list's items.
    """

    name: str
    first: int
    last: int
    column: int
    start: tuple[int, int]
    end: tuple[int, int]
    style: str
    parts: tuple[tuple[int, int], ...] = ()
    part_column: int = 0


@dataclass(frozen=True)
class ItemSpan:
    """One item of the file's list. `flow` items (`- {id: x}`) stand on shared lines."""

    id: str
    first: int
    last: int
    column: int
    flow: bool
    keys: Mapping[str, KeySpan]


def split_lines(text: str) -> list[str]:
    """The lines with their ends, as YAML counts them."""
    return [line for line in _BREAK.split(text) if line]


def item_spans(text: str) -> list[ItemSpan]:
    """Every item that has an id, in order; [] where the text is not a sound list of items."""
    value, problems = read_yaml("", text.encode("utf-8", "replace"))
    if problems or not isinstance(value, list):
        return []
    lines = split_lines(text)
    root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)  # sound: read above
    found = (_item(node, lines) for node in root.value if isinstance(node, yaml.MappingNode))
    return [item for item in found if item.id]


def named_spans(text: str, key: str, name: str) -> list[ItemSpan]:
    """The items of the list that stands under `key`, each known by its key `name`.

    [] where the text is not a sound mapping with such a list.
    """
    value, problems = read_yaml("", text.encode("utf-8", "replace"))
    if problems or not isinstance(value, dict) or not isinstance(value.get(key), list):
        return []
    lines = split_lines(text)
    root: Any = yaml.compose(text, Loader=yaml.CSafeLoader)  # sound: read above
    inner = next(below for above, below in root.value if above.value == key)
    maps = (node for node in inner.value if isinstance(node, yaml.MappingNode))
    found = (_item(node, lines, name, shared=inner.flow_style) for node in maps)
    return [item for item in found if item.id]


def _item(node: Any, lines: list[str], name: str = "id", *, shared: bool = False) -> ItemSpan:
    keys = [_key(key, value, lines) for key, value in node.value]
    flow = bool(node.flow_style or shared)
    ids = [v.value for k, v in node.value if k.value == name and isinstance(v, yaml.ScalarNode)]
    first = node.start_mark.line
    while first > 0 and not lines[first].lstrip().startswith("-"):
        first -= 1  # the dash stands on a line of its own
    last = node.end_mark.line + 1 if flow else max((key.last for key in keys), default=first + 1)
    column = node.start_mark.column
    return ItemSpan(
        ids[0].strip() if ids else "", first, last, column, flow, {k.name: k for k in keys}
    )


def _key(key: Any, value: Any, lines: list[str]) -> KeySpan:
    style, part_column = _style(value), 0
    parts: tuple[tuple[int, int], ...] = ()
    if style == "block" and isinstance(value, yaml.SequenceNode):
        parts = tuple((part.start_mark.line, _last(part, lines)) for part in value.value)
        part_column = value.start_mark.column
    return KeySpan(
        name=str(key.value),
        first=key.start_mark.line,
        last=max(_last(value, lines), key.start_mark.line + 1),
        column=key.start_mark.column,
        start=(value.start_mark.line, value.start_mark.column),
        end=(value.end_mark.line, value.end_mark.column),
        style=style,
        parts=parts,
        part_column=part_column,
    )


def _style(node: Any) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.style or "")
    return "flow" if node.flow_style else "block"


def _last(node: Any, lines: list[str]) -> int:
    """The line after the node's last line; blank lines and comments behind it are not its own."""
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        last = min(node.end_mark.line + (node.end_mark.column > 0), len(lines))
        while last > node.start_mark.line + 1 and not lines[last - 1].strip():
            last -= 1
        return last
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.line) + 1
    children = node.value if isinstance(node, yaml.SequenceNode) else [v for _, v in node.value]
    return max(_last(child, lines) for child in children)
