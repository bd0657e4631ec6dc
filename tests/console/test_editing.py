"""Changing one item's lines in a file that people wrote by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.yamlread import read_yaml
from bot.services.editing import (
    CannotEdit,
    add_item,
    compare,
    edit_item,
    item_at,
    remove_item,
    values_of,
)
from tests import builders

FILE = """\
# 図書館のこと。直したら点検を押してください。

- id: library-hours   # あとで変えない
  title: '図書館の時間'
  questions:
    # よく聞かれる順
    - "図書館は何時まで"   # 電話で多い
    - "開館: 時間"

    - としょかん いつ
  answer: |-
    午前9時から午後7時までです。

    月曜は休みです。
  links: [city_top, nation]
  review_by: 2027-03-31

# ここから駐車場
- id: parking
  title: 駐車場
  questions: [車で行きたい]
  answer: 20台分あります。
"""


def edited(text: str, item: str = "library-hours", **values: object) -> str:
    return edit_item(text.encode(), item, values).decode()  # type: ignore[arg-type]


def test_unchanged_values_leave_the_file_byte_for_byte() -> None:
    for item in ("library-hours", "parking"):
        data = FILE.encode()
        assert edit_item(data, item, values_of(data, item)) == data


def test_only_the_changed_line_changes_and_its_comment_and_quotes_stay() -> None:
    after = edited(FILE, title="図書館の開館時間")
    assert after == builders.replaced(FILE, "'図書館の時間'", "'図書館の開館時間'")


def test_phrases_that_stay_keep_comments_quotes_and_blank_lines() -> None:
    after = edited(
        FILE, questions=("図書館は何時まで", "夜もあいていますか", "開館: 時間", "としょかん いつ")
    )
    line = '    - "図書館は何時まで"   # 電話で多い\n'
    assert after == builders.replaced(FILE, line, line + "    - 夜もあいていますか\n")


def test_phrase_taken_out_leaves_the_comment_above_it() -> None:
    after = edited(FILE, questions=("開館: 時間", "としょかん いつ"))
    assert after == builders.replaced(FILE, '    - "図書館は何時まで"   # 電話で多い\n', "")


def test_longer_answer_keeps_its_form() -> None:
    after = edited(FILE, answer="午前9時から午後8時までです。\n\n月曜は休みです。")
    assert after == builders.replaced(FILE, "午後7時", "午後8時")


def test_one_line_answer_of_several_lines_becomes_a_block() -> None:
    after = edited(FILE, "parking", answer="20台分あります。\n無料です。")
    assert after.endswith("  answer: |-\n    20台分あります。\n    無料です。\n")


def test_new_key_goes_to_its_place_and_an_empty_one_goes_away() -> None:
    after = edited(FILE, contact="digital", links=())
    assert "    月曜は休みです。\n  contact: digital\n  review_by" in after
    assert "links" not in after.split("# ここから")[0]


@pytest.mark.parametrize(
    "text", ["yes", "8:30", "0120", "~", "- a", "a: b", "a #b", "'x", "[x", "*x"]
)
def test_text_that_yaml_reads_otherwise_is_quoted(text: str) -> None:
    after = edited(FILE, "parking", title=text)
    value, problems = read_yaml("", after.encode())
    assert problems == [] and value[1]["title"] == text


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("closed", [True, False])
def test_line_ends_mark_and_an_open_last_line_stay(ending: str, mark: bytes, closed: bool) -> None:
    text = FILE.replace("\n", ending)
    data = mark + (text if closed else text[: -len(ending)]).encode()
    after = edit_item(data, "parking", {"answer": "30台分あります。"})
    assert after == data.replace("20台".encode(), "30台".encode())


def test_new_item_is_written_behind_the_last() -> None:
    after = add_item(
        FILE.encode(), {"id": "cafe", "title": "喫茶", "questions": ("お茶",)}
    ).decode()
    assert after == FILE + "\n- id: cafe\n  title: 喫茶\n  questions:\n    - お茶\n"
    with pytest.raises(CannotEdit, match="もうあります"):
        add_item(after.encode(), {"id": "cafe", "title": "喫茶"})


def test_item_taken_out_leaves_the_others_and_comments() -> None:
    after = remove_item(FILE.encode(), "library-hours").decode()
    assert after.startswith("# 図書館のこと。") and "# ここから駐車場\n- id: parking" in after
    assert "library" not in after


def test_item_on_one_line_is_left_to_the_text_editor() -> None:
    with pytest.raises(CannotEdit, match="文で直す"):
        edit_item("- {id: a, title: い}\n".encode(), "a", {"title": "う"})


@pytest.mark.parametrize(
    "data", [b"", b"\x83\x81", b"a: &x 1\nb: *x\n", b"- id: a\n\ttitle: b\n", b"- id: a\n  id: b\n"]
)
def test_broken_file_is_never_changed_by_a_form(data: bytes) -> None:
    with pytest.raises(CannotEdit):
        edit_item(data, "a", {"title": "う"})


def test_line_belongs_to_its_item() -> None:
    assert item_at(FILE.encode(), builders.line_of(FILE, "2027-03-31")) == "library-hours"
    assert item_at(FILE.encode(), builders.line_of(FILE, "20台")) == "parking"
    assert item_at(FILE.encode(), 1) == ""


_LETTERS = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Cn"], exclude_characters="\ufeff"
    ),
    min_size=1,
    max_size=30,
).map(lambda text: " ".join(text.split()))
_TEXTS = _LETTERS.filter(bool)


@settings(deadline=None, max_examples=150)
@given(title=_TEXTS, phrases=st.lists(_TEXTS, min_size=1, max_size=5, unique=True), lines=st.lists(_TEXTS, min_size=1, max_size=4))  # fmt: skip
def test_whatever_is_typed_is_what_is_read_and_nothing_else_moves(
    title: str, phrases: list[str], lines: list[str]
) -> None:
    wanted = {"title": title, "questions": tuple(phrases), "answer": "\n".join(lines)}
    after = edit_item(FILE.encode(), "library-hours", wanted)
    found = values_of(after, "library-hours")
    for key, value in wanted.items():
        assert found[key] == value or found[key] == (value,)
    assert FILE[FILE.index("  links:") :].encode() in after
    assert edit_item(after, "library-hours", values_of(FILE.encode(), "library-hours")) != b""


def test_comparison_names_lines_on_both_sides() -> None:
    (group,) = compare(b"a\nb\nc\n", b"a\nx\nc\n")
    assert [(line.mark, line.before, line.after, line.text) for line in group] == [
        (" ", 1, 1, "a"),
        ("-", 2, 0, "b"),
        ("+", 0, 2, "x"),
        (" ", 3, 3, "c"),
    ]
