"""What staff get wrong in YAML, each trap with a message that says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

import yaml

from bot.content.problems import Problem

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_LINE_END = re.compile(rb"\r\n|\r|\n")

_KEY = r"^\s*(?:- +)*(?P<key>[a-z_]+)"
_TAB_INDENT = re.compile(r"^[ \u3000]*\t\s*\S|^ *-[ ]*\t\s*\S")
_WIDE_INDENT = re.compile(r"^ *[\u3000\u00a0]")
_WIDE_COLON = re.compile(_KEY + "：")
_WIDE_AFTER_COLON = re.compile(_KEY + ":[\u3000\u00a0]")
_NO_BLANK_AFTER_COLON = re.compile(_KEY + r":(?![ \t/]|$)")
_WIDE_AFTER_DASH = re.compile("^ *(?:- +)*-[\u3000\u00a0]")
_NO_BLANK_AFTER_DASH = re.compile(r"^ *-(?![- \t]|$)")
_WIDE_DASH = re.compile(r"^ *[－ー−‐–—・](?=[ \u3000])")
# Nearly every line: a key and its value, or words. None of the traps above can be in it.
_HARMLESS = re.compile(r" *(?:- )?[^\s\-－ー−‐–—・a-z_]| *(?:- +)*[a-z_]+:(?: \S|$)")
_BLOCK_START = re.compile(r"^(?P<indent> *).*?(?:[:\-] +)[|>][+-]?\d?[+-]?\s*(?:#.*)?$")


def decode(path: str, data: bytes) -> tuple[str, list[Problem]]:
    """The file's text, or the one problem that says why it is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data.count(b"\0") * 4 > len(data):
        return "", [Problem(path, 1, _wrong_encoding("UTF-16 のようです"))]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(data[: error.start])) + 1
        return "", [Problem(path, line, _encoding_hint(data, error))]
    if "\x1b$" in text:
        return "", [Problem(path, 1, _wrong_encoding("JIS のようです"))]
    for number, line_text in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if _CONTROL.search(line_text):
            hint = "目に見えない制御文字があります。その行を打ち直してください。"
            return "", [Problem(path, number, hint)]
    return text, []


def _encoding_hint(data: bytes, error: UnicodeDecodeError) -> str:
    if error.reason == "unexpected end of data":
        return "ファイルが途中で切れています。もう一度保存し直してください。"
    for encoding, name in (("euc_jp", "EUC-JP"), ("cp932", "Shift_JIS")):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _wrong_encoding(f"{name} のようです")
    return _wrong_encoding("こわれた文字があります")


def _wrong_encoding(what: str) -> str:
    return f"{what}。文字コードを UTF-8 にして保存し直してください。"


def line_traps(path: str, lines: list[str], block_lines: Set[int]) -> list[Problem]:
    """Traps that only the raw line shows; lines inside a block or quoted text are free text."""
    return [
        Problem(path, number, hint)
        for number, line in enumerate(lines, 1)
        if not _HARMLESS.match(line)
        and number not in block_lines
        and not line.lstrip().startswith("#")
        for hint in _traps_of(line)
    ]


def _traps_of(line: str) -> Iterator[str]:
    if _TAB_INDENT.match(line):
        yield "タブで字下げされています。半角の空白2つに直してください。"
    elif _WIDE_INDENT.match(line):
        yield "全角の空白で字下げされています。半角の空白2つに直してください。"
    elif _WIDE_AFTER_DASH.match(line):
        yield "「-」のあとの空白が全角です。半角の空白1つに直してください。"
    elif _WIDE_DASH.match(line):
        yield "行の先頭の「-」が全角です。半角の「- 」に直してください。"
    elif _NO_BLANK_AFTER_DASH.match(line):
        yield "「-」のあとに半角の空白を1つ入れてください。"
    elif match := _WIDE_COLON.match(line):
        yield f"「{match['key']}：」のコロンが全角です。半角の「{match['key']}: 」に直してください。"
    elif match := _WIDE_AFTER_COLON.match(line):
        yield f"「{match['key']}:」のあとの空白が全角です。半角の空白1つに直してください。"
    elif match := _NO_BLANK_AFTER_COLON.match(line):
        yield f"「{match['key']}:」のあとに半角の空白を1つ入れてください。"


def rough_block_lines(lines: list[str]) -> set[int]:
    """The lines inside block texts (`|`), guessed from their indent where no parser can tell."""
    found: set[int] = set()
    parent = -1
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip(" "))
        if parent >= 0 and (not line.strip() or indent > parent):
            found.add(number)
            continue
        match = None if line.lstrip().startswith("#") else _BLOCK_START.match(line)
        parent = len(match["indent"]) if match else -1
    return found


def syntax_problem(path: str, lines: list[str], error: yaml.YAMLError) -> Problem:
    """Where the parser gave up and why, in words for staff."""
    mark = getattr(error, "problem_mark", None)
    begun = getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    if begun is not None and re.search("quoted|flow|simple key", context):
        mark = begun  # where the open quote, bracket or line began
    number = min(mark.line + 1 if mark else 1, max(1, len(lines)))
    line = lines[number - 1] if lines else ""
    return Problem(path, number, _syntax_hint(said, context, line))


def _syntax_hint(said: str, context: str, line: str) -> str:
    """The parser's English to a hint; libyaml has about forty messages, these are met in life."""
    if "quoted scalar" in context:
        if "end of stream" in said:
            return '引用符 " が閉じていません。閉じる引用符を足してください。'
        return "引用符の中の「\\」が使えません。消すか「\\\\」にしてください。"
    if "flow" in context:
        return "括弧 [ ] か { } が閉じていません。閉じる括弧を足してください。"
    if "anchor" in context or "alias" in context or "alias" in said:
        return '「*」「&」で始まる言葉は引用符 " " で囲んでください。'
    if "tag" in context:
        return '「!」で始まる言葉は引用符 " " で囲んでください。'
    if "mapping values" in said and len(re.findall(r":(?: |$)", line)) > 1:
        return '「: 」（コロンと空白）が文の中にあります。その値を引用符 " " で囲んでください。'
    if "cannot start any token" in said:
        return '値の先頭の記号が使えません。その値を引用符 " " で囲んでください。'
    if "tab" in said:
        return "タブで字下げされています。半角の空白2つに直してください。"
    if "block sequence entries" in said:
        return "「キー:」と同じ行に「- 」は書けません。次の行に書いてください。"
    if "block scalar" in context:
        return "「|」のあとは改行してください。文は次の行から、字下げして書きます。"
    if "expected ':'" in said:
        return "「キー: 値」の形になっていません。前の行の続きなら、字下げをそろえてください。"
    if "expected key" in said and re.search(r":\s+[\"'].*[\"']", line):
        return '引用符の外に文字があります。値の全体を引用符 " " で囲んでください。'
    if re.search("mapping values|indicator|expected key|block", said):
        return "字下げがそろっていません。半角の空白2つずつでそろえてください。"
    return "書き方（YAML）が正しくありません。前後の行の字下げ・引用符・コロンを見直してください。"
