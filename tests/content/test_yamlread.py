"""YAML as staff write it: nothing is converted, each trap has a message with its line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import yamltraps
from bot.content.yamlread import MAX_BYTES, Located, read_yaml

PATH = "knowledge/common/x.yaml"


def read(text: str | bytes) -> Any:
    value, problems = read_yaml(PATH, text.encode() if isinstance(text, str) else text)
    assert problems == []
    return value


def refused(text: str | bytes) -> list[tuple[int, str]]:
    value, problems = read_yaml(PATH, text.encode() if isinstance(text, str) else text)
    assert value is None
    assert problems
    assert all(problem.path == PATH for problem in problems)
    return [(problem.line, problem.text) for problem in problems]


@pytest.mark.parametrize(
    "scalar",
    ["9:00", "8:30", "no", "NO", "yes", "on", "off", "true", "null", "~", "0120", "0o17", "1e3",
     "2024-04-01", "2024-04-01 10:00:00", "1_000", "0x1F", ".inf", "=", "119", "1.0", "+81"],
)  # fmt: skip
def test_a_plain_value_stays_the_text_that_was_typed(scalar: str) -> None:
    assert read(f"- key: {scalar}\n") == [{"key": scalar}]


def test_every_key_and_item_knows_its_line() -> None:
    value = read("# はじめに\n- id: a\n  list:\n    - x\n    - y\n\n- id: b\n")
    assert value.lines == [2, 7]
    assert value[0].lines == {"id": 2, "list": 3}
    assert value[0]["list"].lines == [4, 5]
    assert value[1].line_of("missing") == 7


def test_a_block_text_keeps_whatever_stands_in_it() -> None:
    text = "answer: |-\n  注意：全角\n    字下げ\n  -行頭の線\n  a:b #1 「*」 &\n　ではない\n"
    block, _, _ = text.rpartition("　")
    assert read(block)["answer"] == "注意：全角\n  字下げ\n-行頭の線\na:b #1 「*」 &"


def test_a_block_text_may_hold_a_wide_indent_on_its_last_line() -> None:
    assert read("answer: |-\n  一行目\n  　二行目")["answer"] == "一行目\n　二行目"


def test_a_quoted_text_keeps_whatever_stands_in_it() -> None:
    assert read('key: "a: b #c　*d\n  -e"\n') == {"key": "a: b #c　*d -e"}


@pytest.mark.parametrize("text", ["", "\n\n", "# 説明だけ\n", "---\n", "\ufeff"])
def test_an_empty_file_is_nothing(text: str) -> None:
    assert read(text) in (None, "")


def test_dos_line_ends_and_a_byte_order_mark_are_fine() -> None:
    value = read("\ufeff- id: a\r\n  title: あ\r\n- id: b\r\n")
    assert value == [{"id": "a", "title": "あ"}, {"id": "b"}]
    assert value.lines == [1, 3]


def test_old_mac_line_ends_are_fine() -> None:
    assert read("- id: a\r- id: b\r").lines == [1, 2]


def test_a_comment_after_a_word_of_ours_is_fine() -> None:
    assert read("status: planned # まだ\n") == {"status": "planned"}


TRAPS = [
    ("tab", "- id: a\n\ttitle: b\n", 2, "タブ"),
    ("tab after blanks", "- id: a\n  \ttitle: b\n", 2, "タブ"),
    ("wide indent", "- id: a\n　　title: b\n", 2, "全角の空白で字下げ"),
    ("wide indent after blank", "- id: a\n 　title: b\n", 2, "全角の空白で字下げ"),
    ("no-break space", "- id: a\n\u00a0\u00a0title: b\n", 2, "全角の空白で字下げ"),
    ("wide colon", "- id: a\n  title：b\n", 2, "「title：」のコロンが全角"),
    ("wide colon of the first key", "- id：a\n  title: b\n", 1, "「id：」のコロンが全角"),
    ("no blank after colon", "- id: a\n  title:b\n", 2, "「title:」のあとに半角の空白"),
    ("no blank before Japanese", "- id: a\n  title:題名\n  city: c\n", 2, "「title:」のあとに"),
    ("wide blank after colon", "- id: a\n  title:　b\n", 2, "「title:」のあとの空白が全角"),
    ("no blank after dash", "- a\n-b\n- c\n", 2, "「-」のあとに半角の空白"),
    ("dash glued inside a list", "q:\n  - a\n   -b\n", 3, "「-」のあとに半角の空白"),
    ("dash before a digit", "q:\n  - a\n  -9時\n", 3, "「-」のあとに半角の空白"),
    ("wide blank after dash", "-　id: a\n  title: b\n", 1, "「-」のあとの空白が全角"),
    ("wide dash", "q:\n  - a\n  － b\n", 3, "「-」が全角"),
    ("equal keys", "- id: a\n  title: b\n  id: c\n", 3, "「id」が1行目にもあります"),
    ("merge key", "- <<: a\n  id: b\n", 1, "「<<」は使えません"),
    ("anchor", "- id: &a b\n", 1, "「&」「*」"),
    ("unknown alias", "- id: *b\n", 1, "「&」「*」"),
    ("Japanese after a star", "- title: *重要\n", 1, "「*」「&」で始まる言葉"),
    ("tag", "- id: !secret b\n", 1, "「!」で始まる言葉"),
    ("python tag", "- !!python/object:os.system x\n", 1, "「!」で始まる言葉"),
    ("Japanese after an exclamation mark", "- title: !重要\n", 1, "「!」で始まる言葉"),
    ("comment inside a sentence", "- answer: 三番窓口 #3 へ\n", 1, "「 #」から後ろが消え"),
    ("comment inside English", "- answer: Go to desk #3\n", 1, "「 #」から後ろが消え"),
    ("comment inside a list item", "q:\n  - ごみ #1\n", 2, "「 #」から後ろが消え"),
    ("colon inside a sentence", "- id: a\n  answer: 時間: 9時から\n", 2, "「: 」（コロンと空白）が文の中"),
    ("open quote", '- id: a\n  title: "b\n- id: c\n', 2, '引用符 " が閉じていません'),
    ("open bracket", "- id: a\n  links: [b, c\n- id: d\n", 2, "括弧"),
    ("open brace", "- tests: {a: b\n", 1, "括弧"),
    ("words after a quote", '- title: "b"です\n  id: a\n', 1, "引用符の外に文字"),
    ("backslash in quotes", '- title: "C:\\data"\n', 1, "「\\」"),
    ("at sign", "- title: @city\n", 1, "値の先頭の記号"),
    ("percent", "- title: %引き\n", 1, "値の先頭の記号"),
    ("backquote", "- title: `x`\n", 1, "値の先頭の記号"),
    ("list on the key's line", "questions: - a\n", 1, "次の行に書いて"),
    ("deeper key", "- id: a\n   title: b\n", 2, "字下げがそろっていません"),
    ("shallower key", "- id: a\n title: b\n", 2, "字下げがそろっていません"),
    ("key left of the list", "- id: a\n  title: b\ncity: c\n", 3, "字下げがそろっていません"),
    ("text left of its block", "a: |\n b\nc\n", 3, "「キー: 値」の形"),
    ("words after the bar", "a: |b\n", 1, "「|」のあとは改行"),
    ("two documents", "- id: a\n---\n- id: b\n", 2, "「---」で区切れません"),
    ("key that is a list", "? [a]\n: b\n", 1, "キーが正しくありません"),
    ("empty key", '"": b\n', 1, "キーが正しくありません"),
    ("null byte", "- id: a\n  title: b\0c\n", 2, "制御文字"),
    ("escape", "- id: a\n  title: \x1b[1m\n", 2, "制御文字"),
    ("C1 control", "- id: a\n  title: \u009bx\n", 2, "制御文字"),
    ("deep nesting", "[" * 100_000, 1, "入れ子が深すぎます"),
    ("deep mappings", "".join(" " * n + "a:\n" for n in range(400)), 13, "入れ子が深すぎます"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "said"), [trap[1:] for trap in TRAPS], ids=[trap[0] for trap in TRAPS]
)
def test_a_trap_is_named_alone_at_its_line(text: str, line: int, said: str) -> None:
    (problem,) = refused(text)
    assert problem[0] == line
    assert said in problem[1]


TEXT = "- id: a\n  title: ごみの出し方\n  answer: 燃えるごみは月曜日です。\n"
ENCODINGS = [
    ("Shift_JIS", TEXT.encode("cp932"), 2, "Shift_JIS のようです"),
    ("EUC-JP", TEXT.encode("euc_jp"), 2, "EUC-JP のようです"),
    ("JIS", TEXT.encode("iso2022_jp"), 1, "JIS のようです"),
    ("UTF-16", TEXT.encode("utf-16"), 1, "UTF-16 のようです"),
    ("UTF-16 without a mark", TEXT.encode("utf-16-le"), 1, "UTF-16 のようです"),
    ("one bad byte", TEXT.encode() + b"# \xff\xff\n", 4, "こわれた文字"),
    ("cut inside a character", TEXT.encode()[:-5], 3, "途中で切れています"),
    ("ten megabytes", b"# " + b"a" * 10_000_000, 1, "大きすぎます"),
]


@pytest.mark.parametrize(
    ("data", "line", "said"), [each[1:] for each in ENCODINGS], ids=[each[0] for each in ENCODINGS]
)
def test_a_wrong_encoding_says_what_to_do(data: bytes, line: int, said: str) -> None:
    (problem,) = refused(data)
    assert problem[0] == line
    assert said in problem[1]


def test_an_anchor_bomb_costs_nothing() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    problems = refused("\n".join(["a0: &a0 [x]", *levels]))
    assert {line for line, _ in problems} == set(range(1, 13))
    assert {text for _, text in problems} == {
        "「&」「*」（アンカー）は使えません。同じ内容でも書いてください。"
    }


def test_a_file_that_bites_its_tail_is_refused() -> None:
    assert refused("a: &a [*a]\n")[0][0] == 1


def test_all_traps_of_a_file_are_named_in_one_run() -> None:
    text = "- id：a\n　title: b\n- id: c\n\tcity: d\n  answer:e\n"
    assert [line for line, _ in refused(text)] == [1, 2, 4, 5]


def test_a_syntax_error_is_not_hidden_by_a_trap_far_away() -> None:
    text = "- id：a\n" + "- id: b\n" * 20 + '- title: "open\n'
    assert [line for line, _ in refused(text)] == [1, 22]


def test_a_trap_like_line_inside_a_block_hides_no_error() -> None:
    text = 'answer: |\n  -これは文\n  ほかも：文\nid: [a\ntitle: "b"\n'
    ((line, said),) = refused(text)
    assert line == 4
    assert "括弧" in said


def test_a_file_full_of_traps_gives_a_readable_number_of_problems() -> None:
    assert len(refused("-a\n" * 5000)) == 100


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_refused() -> None:
    item = f"- id: {'a' * 1993}\n"
    text = item * (MAX_BYTES // len(item))
    assert len(text) == MAX_BYTES
    assert len(read(text)) == 500
    assert "大きすぎます" in refused(text + "#")[0][1]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    value, problems = read_yaml(PATH, data)
    assert value is None or problems == []


YAML_PIECES = st.sampled_from(
    ["- ", "id", ": ", ":", "\n", "  ", "　", "\t", "[", "]", "{", "}", "&a ", "*a", "!", "|", "|-",
     ">", '"', "'", "#", " #", "あ", "：", "?", "? ", "<<", "---\n", "...", "%", "@", "\\", "\r\n",
     "\u2028", "\x85", "\ufeff", "-", "=", ",", "\0", "～"],
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(YAML_PIECES, max_size=40).map("".join))
def test_any_text_is_read_or_refused_with_a_line_of_the_file(text: str) -> None:
    value, problems = read_yaml(PATH, text.encode())
    assert value is None or problems == []
    lines = max(1, len(text.splitlines()))
    assert all(1 <= problem.line <= lines for problem in problems)


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=30,
)
keys = st.text("abcdefghij_漢字", min_size=1, max_size=8)


@given(st.lists(st.dictionaries(keys, st.one_of(texts, st.lists(texts, max_size=3)), max_size=4)))
def test_what_yaml_writes_is_read_back_as_text(items: list[dict[str, Any]]) -> None:
    written = yaml.safe_dump(items, allow_unicode=True, sort_keys=False)
    value, problems = read_yaml(PATH, written.encode())
    assert problems == []
    assert value == items


def test_a_mapping_is_a_plain_dictionary_with_lines() -> None:
    assert isinstance(read("a: b\n"), Located)


_PIECES = [
    "- ",
    "-",
    " ",
    "\t",
    "\u3000",
    "\u00a0",
    "title",
    ":",
    "：",
    "－",
    "・",
    "市",
    "A",
    "#",
    "|",
    "1",
]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
def test_no_trap_is_in_a_line_taken_for_harmless(line: str) -> None:
    if yamltraps._HARMLESS.match(line):
        assert list(yamltraps._traps_of(line)) == []
