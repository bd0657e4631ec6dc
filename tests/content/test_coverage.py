"""A checklist and the entries that answer it."""

from __future__ import annotations

import pytest

from bot.content.coverage import coverage, report
from bot.content.loader import Loaded, load

CHECKLIST = """\
# 知識チェックリスト

### common-card
- 市: common ／ 担当レベル: 市区町村
- 話題: マイナンバー・不安
- 事実: カード。

### minato-line
- 市: 港
- 話題: チャネル・LINE

### minato-pay
- 市: 港
- 話題: 支払い

## H. 用語

| id | 市 | 用語 |
|---|---|---|
| term-ai | common | AI |
"""
CITY = """\
id: {id}
name: {name}市
names: [{name}]
prefecture: 海県
plan: {name}計画
contacts: [{{id: main, name: 市役所, phone: ""}}]
"""
ENTRY = """\
- id: {id}
  title: 題
  city: {city}
  topic: plan
  questions: [質問 {id}]
  answer: 答えです。
  as_of: 2022年
  status: in_operation
  plan_status: in_operation
  source: 港計画 1章
  review_by: 2027-03-31
  covers: [{covers}]
"""


def content(*entries: tuple[str, str, str]) -> Loaded:
    """Entries as (id, city, covered ids)."""
    text = "\n".join(ENTRY.format(id=i, city=city, covers=covers) for i, city, covers in entries)
    return load(
        {
            "knowledge/cities/minato.yaml": CITY.format(id="minato", name="港").encode(),
            "knowledge/cities/yama.yaml": CITY.format(id="yama", name="山").encode(),
            "knowledge/entries.yaml": text.encode(),
        }
    )


FULL = (
    ("card", "common", "common-card"),
    ("line", "minato", "minato-line, minato-pay"),
    ("ai", "common", "term-ai"),
)


def test_a_checklist_answered_in_full_has_no_fault() -> None:
    lines, faults = report(CHECKLIST, content(*FULL))
    assert faults == 0
    assert lines == [
        "共通　マイナンバー　1／1",
        "港市　チャネル　1／1",
        "港市　支払い　1／1",
        "共通　用語　1／1",
        "知識チェックリスト 4／4 項目に答えがあります。",
    ]


@pytest.mark.parametrize("left_out", [0, 2])
def test_an_item_without_an_entry_is_missing_with_its_city_and_topic(left_out: int) -> None:
    entries = [entry for number, entry in enumerate(FULL) if number != left_out]
    lines, faults = report(CHECKLIST, content(*entries))
    assert faults == 1
    item = ["common-card（共通・マイナンバー）", "", "term-ai（共通・用語）"][left_out]
    assert f"答えがありません：{item}" in lines
    assert "知識チェックリスト 3／4 項目に答えがあります。" in lines


def test_an_entry_of_another_city_does_not_answer_a_city_s_item() -> None:
    found = coverage(CHECKLIST, content(*FULL, ("other", "yama", "minato-pay")).draft)
    assert [(item.id, entry) for item, entry in found.elsewhere] == [("minato-pay", "other")]
    assert found.faults == 1


def test_an_unknown_id_and_an_entry_without_an_item_are_faults_with_their_place() -> None:
    lines, faults = report(CHECKLIST, content(*FULL, ("extra", "common", "no-such-item")))
    assert faults == 2
    assert (
        "knowledge/entries.yaml:40: covers の「no-such-item」はチェックリストにありません。直してください。"
        in lines
    )
    assert any(line.startswith("knowledge/entries.yaml:40: 「extra」は") for line in lines)


def test_a_city_s_entry_may_answer_a_common_item_beside_a_common_entry_only() -> None:
    beside = coverage(CHECKLIST, content(*FULL, ("other", "yama", "term-ai")).draft)
    assert beside.faults == 0
    alone = coverage(CHECKLIST, content(*FULL[:2], ("other", "yama", "term-ai")).draft)
    assert [(item.id, entry) for item, entry in alone.elsewhere] == [("term-ai", "other")]
