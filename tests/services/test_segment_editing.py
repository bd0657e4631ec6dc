"""Saved segments are changed in place: every other byte of the file stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.core.segment_rules import rule_data
from bot.core.segments import Rule
from bot.services.editing import CannotEdit
from bot.services.segment_editing import add_segment, change_segment, remove_segment
from tests.segments import rules, shipped

FILE = """\
# 上の注釈
topics:
  title:   ジャンル
  reason: えらぶ
segments:
  # ごみの注釈
  - name: gomi  # 名前の注釈
    rule: {topics: {any: [garbage]}}  # 条件の注釈

  - name: '防災: 旭町'
    rule:
      all:
        - topics: {any: [disaster]}  # なか
        - district: {in: [旭町]}
# 下の注釈
volume:
  quiet_hours: ["20:00-08:00"]
"""
CHILD: dict[str, Any] = {"topics": {"any": ["child"]}}
LONG: dict[str, Any] = {
    "all": [
        {"topics": {"any": ["event", "disaster", "crime", "child", "school", "care"]}},
        {"not": {"any": [{"life_stage": {"any": ["senior"]}}, CHILD]}},
        {"child_age_months": {"between": [3, 4]}},
        {"child_birth_month": {"in": ["2026-08"]}},
    ]
}


def test_only_the_rule_of_one_segment_is_written_anew() -> None:
    after = change_segment(FILE.encode(), "gomi", "gomi", CHILD).decode()
    assert after == FILE.replace("any: [garbage]", "any: [child]")


def test_a_new_name_keeps_the_comment_behind_it() -> None:
    rule = {"topics": {"any": ["garbage"]}}
    after = change_segment(FILE.encode(), "gomi", "gomi_2", rule).decode()
    assert after == FILE.replace("name: gomi  #", "name: gomi_2  #")


def test_a_rule_of_many_lines_becomes_one_of_a_line_and_back() -> None:
    short = change_segment(FILE.encode(), "防災: 旭町", "防災: 旭町", CHILD).decode()
    assert "    rule: {topics: {any: [child]}}\n# 下の注釈\n" in short
    long = change_segment(short.encode(), "防災: 旭町", "防災: 旭町", LONG).decode()
    assert "        - child_age_months: {between: [3, 4]}\n" in long
    assert '        - child_birth_month: {in: ["2026-08"]}\n# 下の注釈\n' in long


def test_a_segment_more_stands_behind_the_others_and_goes_again() -> None:
    more = add_segment(FILE.encode(), "子育て", CHILD)
    added = "  - name: 子育て\n    rule: {topics: {any: [child]}}\n"
    assert more.decode() == FILE.replace("# 下の注釈", f"{added}# 下の注釈")
    assert remove_segment(more, "子育て").decode() == FILE


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_and_mark_stay(end: str) -> None:
    data = b"\xef\xbb\xbf" + FILE.replace("\n", end).encode()
    after = add_segment(data, "子育て", LONG)
    assert after.startswith(b"\xef\xbb\xbf")
    assert after.count(b"\r\n") == (after.count(b"\n") if end == "\r\n" else 0)


def test_a_file_that_ends_without_a_line_end() -> None:
    data = FILE.partition("# 下の注釈")[0].rstrip().encode()
    assert add_segment(data, "子育て", CHILD).decode().endswith("[旭町]}\n  - name: 子育て\n    rule: {topics: {any: [child]}}\n")  # fmt: skip


def test_a_file_without_segments_gets_the_list() -> None:
    data = b'volume:\n  monthly_caps: ["2"]\n'
    after = add_segment(data, "子育て", CHILD)
    assert after == data + "\nsegments:\n  - name: 子育て\n    rule: {topics: {any: [child]}}\n".encode()  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda data: add_segment(data, "gomi", CHILD),
        lambda data: add_segment(data, "", CHILD),
        lambda data: change_segment(data, "gomi", "防災: 旭町", CHILD),
        lambda data: change_segment(data, "ない", "ない", CHILD),
        lambda data: remove_segment(data, "ない"),
        lambda data: add_segment(data + b"\ttab: 1\n", "x", CHILD),
        lambda data: change_segment(b"segments: [{name: a, rule: {everyone: true}}]", "a", "b", {}),
        lambda data: add_segment(b"segments: [{name: a, rule: {everyone: true}}]", "b", CHILD),
        lambda data: remove_segment(b"segments:\n  - name: a\n    rule: {everyone: true}\n", "a"),
        lambda data: add_segment(b"- id: x\n", "b", CHILD),
    ],
)
def test_what_cannot_be_changed_safely_is_refused(change: Any) -> None:
    with pytest.raises(CannotEdit):
        change(FILE.encode())


@given(rules)
def test_every_rule_can_be_written_and_is_read_back(rule: Rule) -> None:
    data = add_segment(FILE.encode(), "子育て", rule_data(rule))
    assert change_segment(data, "gomi", "gomi", rule_data(rule)).count(b"\n") >= 18


def test_the_shipped_file_can_be_edited_segment_by_segment() -> None:
    data = Path(SEGMENTS_FILE).read_bytes()
    catalog = shipped()
    for name, rule in catalog.segments.items():
        after = change_segment(data, name, f"{name}2", CHILD)
        assert change_segment(after, f"{name}2", name, rule) == data  # type: ignore[arg-type]
        assert name not in read_catalog(SEGMENTS_FILE, remove_segment(data, name)).catalog.segments
