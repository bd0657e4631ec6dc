"""YAML as staff write it: every scalar stays text, every value knows its line.

Plain YAML turns 8:30 into 510, no into False and 0120 into 80, and takes a later equal key
silently. Here nothing is converted, and each such trap has a message of its own. Anchors,
aliases, merge keys and tags are refused (an anchor bomb costs nothing).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.content.problems import Problem

MAX_BYTES = 1_000_000
_MAX_DEPTH = 12
_FULL_WIDTH_INDENT = re.compile(r"^[ ]*　")
_TAB_INDENT = re.compile(r"^[ 　]*\t")
_FULL_WIDTH_COLON = re.compile(r"^\s*(?:- )?(?P<key>[A-Za-z_][\w-]*)：")
_NO_BLANK_AFTER_COLON = re.compile(r"^\s*(?:- )?(?P<key>[A-Za-z_]+):(?![\s/]|$)")
_NO_BLANK_AFTER_DASH = re.compile(r"^\s*-(?![-\s\d])")


class Located(dict[str, Any]):
    """A mapping of the file: `line` is where it starts, `lines` where each key stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class LocatedList(list[Any]):
    """A list of the file: `lines[i]` is where item i stands."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def read_yaml(path: str, data: bytes) -> tuple[Any, list[Problem]]:
    """The file's value (str, Located, LocatedList or None) and every problem found in it.

    With problems the value is None: nothing of a broken file is used.
    """
    text, problems = _decode(path, data)
    if problems:
        return None, problems
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        # The message for the trap says more than the parser's; the parser's stands alone else.
        traps = list(_line_traps(path, text, block_lines=set()))
        return None, traps or [_syntax_problem(path, error)]
    except RecursionError:
        return None, [Problem(path, 1, "入れ子が深すぎます。字下げを見直してください。")]
    if node is None:
        return None, []
    reader = _Reader(path, text.splitlines())
    value = reader.value(node, depth=0)
    problems = sorted({*reader.problems, *_line_traps(path, text, reader.block_lines)})
    return (None if problems else value), problems


def _decode(path: str, data: bytes) -> tuple[str, list[Problem]]:
    if len(data) > MAX_BYTES:
        return "", [
            Problem(path, 1, "ファイルが大きすぎます（1MBまで）。話題ごとに分けてください。")
        ]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        kind = "Shift_JIS のようです" if _is_shift_jis(data) else "こわれた文字があります"
        hint = "文字コードを UTF-8 にして保存し直してください。"
        return "", [Problem(path, line, f"{kind}。{hint}")]
    for number, line_text in enumerate(text.split("\n"), 1):
        if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", line_text):
            hint = "目に見えない制御文字があります。その行を打ち直してください。"
            return "", [Problem(path, number, hint)]
    return text, []


def _is_shift_jis(data: bytes) -> bool:
    try:
        data.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True


def _syntax_problem(path: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else 1
    said = str(getattr(error, "problem", "") or "")
    if "alias" in said:
        text = '「*」で始まる言葉は引用符 " " で囲んでください。'
    elif "mapping values" in said:
        text = '「: 」（コロンと空白）が文の中にあります。その値を引用符 " " で囲んでください。'
    elif "cannot start any token" in said:
        text = '行の先頭の記号が使えません。その値を引用符 " " で囲んでください。'
    elif "end of stream" in said or "unexpected end" in said:
        text = '引用符 " か括弧が閉じていません。閉じる記号を足してください。'
    elif "block" in said or "indent" in said:
        text = "字下げがそろっていません。半角の空白2つずつでそろえてください。"
    else:
        text = (
            "書き方（YAML）が正しくありません。前後の行の字下げ・引用符・コロンを見直してください。"
        )
    return Problem(path, line, text)


def _line_traps(path: str, text: str, block_lines: set[int]) -> Iterator[Problem]:
    """Traps that only the raw line shows; lines inside a block text (`|`) are free text."""
    for number, line in enumerate(text.splitlines(), 1):
        if number in block_lines or line.lstrip().startswith("#"):
            continue
        if _TAB_INDENT.match(line):
            hint = "タブで字下げされています。半角の空白2つに直してください。"
            yield Problem(path, number, hint)
        elif _FULL_WIDTH_INDENT.match(line):
            hint = "全角の空白で字下げされています。半角の空白2つに直してください。"
            yield Problem(path, number, hint)
        elif match := _FULL_WIDTH_COLON.match(line):
            hint = f"「{match['key']}：」のコロンが全角です。半角の「{match['key']}: 」に直してください。"
            yield Problem(path, number, hint)
        elif match := _NO_BLANK_AFTER_COLON.match(line):
            hint = f"「{match['key']}:」のあとに半角の空白を1つ入れてください。"
            yield Problem(path, number, hint)
        elif _NO_BLANK_AFTER_DASH.match(line):
            yield Problem(path, number, "「-」のあとに半角の空白を1つ入れてください。")


class _Reader:
    """Turns composed nodes into text values with their lines, collecting problems."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path = path
        self.source = lines
        self.problems: list[Problem] = []
        self.block_lines: set[int] = set()
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, depth: int) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            self._problem(line, "「&」「*」（アンカー）は使えません。同じ内容でも書いてください。")
            return None
        if depth > _MAX_DEPTH:
            self._problem(line, "入れ子が深すぎます。字下げを見直してください。")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        if isinstance(node, yaml.SequenceNode):
            return self._list(node, line, depth)
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, line, depth)

    def _scalar(self, node: yaml.ScalarNode, line: int) -> str:
        if node.style in ("|", ">"):
            self.block_lines.update(range(line + 1, node.end_mark.line + 1))
        elif node.end_mark.line > node.start_mark.line:
            self.block_lines.update(range(line + 1, node.end_mark.line + 2))
        if node.tag and not node.tag.startswith("tag:yaml.org,2002:"):
            self._problem(line, '「!」で始まる言葉は引用符 " " で囲んでください。')
        if not node.style and self._cut_by_comment(node):
            hint = '「 #」から後ろが消えてしまいます。その値を引用符 " " で囲んでください。'
            self._problem(line, hint)
        return str(node.value)

    def _cut_by_comment(self, node: yaml.ScalarNode) -> bool:
        """A Japanese value followed by ` #` was most likely meant to go on."""
        mark = node.end_mark
        rest = self.source[mark.line][mark.column :] if mark.line < len(self.source) else ""
        return bool(re.match(r"\s+#", rest)) and not node.value.isascii()

    def _list(self, node: yaml.SequenceNode, line: int, depth: int) -> LocatedList:
        result = LocatedList(line)
        for child in node.value:
            result.append(self.value(child, depth + 1))
            result.lines.append(child.start_mark.line + 1)
        return result

    def _mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Located:
        result = Located(line)
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(
                    key_line, "キーが正しくありません。「キー: 値」の形に直してください。"
                )
                continue
            key = str(key_node.value)
            if key == "<<":
                self._problem(key_line, "「<<」は使えません。同じ内容でも書いてください。")
            elif key in result:
                first = result.lines[key]
                text = f"「{key}」が{first}行目にもあります。どちらか一方を消してください。"
                self._problem(key_line, text)
            else:
                result.lines[key] = key_line
                result[key] = self.value(value_node, depth + 1)
        return result

    def _problem(self, line: int, text: str) -> None:
        self.problems.append(Problem(self.path, line, text))
