"""intents/segments.yaml as staff edit it: every mistake has its line and its mending."""

import pytest

from bot.content.loader import load
from bot.content.segments import SEGMENTS_FILE, check_cities, read_catalog, read_rule
from bot.core.attributes import ATTRIBUTES, LIFE_STAGE
from bot.core.segment_rules import parse_rule
from bot.core.segments import Everyone
from tests.segments import catalog, shipped

SMALL = """\
topics:
  title: ジャンル
  reason: 選んだものだけ届きます。
  choices:
    - id: child
      label: 子育て
      words: [育児, 保育]
    - id: care
      label: 介護
life_stage:
  title: くらし
  reason: 合うお知らせに使います。
  choices:
    - id: senior
      label: 60代以上
    - id: pregnant
      label: 妊娠中
      web_only: true
district: {title: 地区, reason: 地区のお知らせに使います。}
child_birth_month: {title: 誕生月, reason: 健診に使います。}
language:
  title: ことば
  reason: ことばを選びます。
  choices:
    - {id: ja, label: 日本語}
volume:
  quiet_hours: ["21:00-07:00"]
  monthly_caps: ["4"]
districts:
  - city: hachioji
    complete: true
    choices:
      - label: 旭町
segments:
  - name: 子育て
    rule: {topics: {any: [child]}}
"""


def read(text=SMALL):
    return read_catalog("s.yaml", text.encode())


def broken(old, new):
    assert old in SMALL
    problems = read(SMALL.replace(old, new, 1)).problems
    assert problems
    return [str(problem) for problem in problems]


def test_the_shipped_file_has_every_attribute_and_only_rules_that_can_be_read():
    found = shipped()
    assert tuple(found.attributes) == ATTRIBUTES
    assert all(each.title and each.reason for each in found.attributes.values())
    for city in found.districts:
        for rule in found.segments.values():
            assert parse_rule(rule, found.in_city(city)).rule is not None


def test_what_is_sensitive_is_for_the_web_form_alone_and_support_is_not_asked():
    stages = catalog().choices(LIFE_STAGE)
    assert {each.id for each in stages if each.web_only} == {"pregnant", "caregiver", "bereaved"}
    assert "support" not in ATTRIBUTES


def test_a_small_file_is_read_whole():
    result = read()
    assert result.problems == ()
    city = result.catalog.in_city("hachioji")
    assert city.complete_districts and city.knows("district", "旭町")
    assert not city.knows("district", "中央")
    assert result.catalog.in_city("onojo").knows("district", "中央")
    assert city.quiet_hours == ((1260, 420),) and city.monthly_caps == (4,)
    assert city.choices("topics")[0].words == ("育児", "保育")
    assert result.catalog.segments["子育て"] == {"topics": {"any": ["child"]}}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("topics:\n", "topcs:\n", 1, "「topcs」というキーはありません"),
        ("  title: ジャンル\n", "", 2, "「title」がありません"),
        ("  title: ジャンル\n", "  title: ジャンル（題）\n", 2, "使えません"),
        ("- id: care", "- id: child", 8, "2つあります"),
        ("- id: care", "- id: Care", 8, "半角の英小文字"),
        ("label: 介護", "label: 子育て", 9, "「子育て」は「child」にもあります"),
        ("label: 介護", "label: 「介護」", 9, "使えません"),
        ("label: 介護", "label: 介護\n      words: [保育]", 10, "「保育」は「child」にもあります"),
        ("web_only: true", "web_only: yes", 18, "true・false"),
        ("  title: くらし\n", "  title: ジャンル\n", 11, "ほかの項目と同じ"),
        ("{title: 地区,", "{choices: [a], title: 地区,", 19, "choices は書けません"),
        ('"21:00-07:00"', '"21:00-21:00"', 27, "21:00-07:00"),
        ('"21:00-07:00"', '"25:00-07:00"', 27, "21:00-07:00"),
        ('"4"', '"0"', 28, "1から99"),
        ("      - label: 旭町\n", "      - label: 旭町\n      - label: 旭町\n", 34, "2つあります"),
        ("label: 旭町", "label: 旭町・a b", 33, "地区の名前に使えません"),
        ("    choices:\n      - label: 旭町\n", "", 31, "complete: false"),
        ("  - city: hachioji\n", "  - city: hachioji\n  - city: hachioji\n", 31, "2つあります"),
        ("{any: [child]}", "{any: [chld]}", 36, "「child」ではありませんか"),
        ("    rule: {topics: {any: [child]}}\n", "", 35, "条件を"),
        (
            "- name: 子育て",
            "- name: 子育て\n    rule: {everyone: true}\n  - name: 子育て",
            37,
            "名前を変えて",
        ),
    ],
)
def test_a_mistake_has_its_line_and_its_mending(old, new, line, words):
    found = broken(old, new)
    assert any(each.startswith(f"s.yaml:{line}: ") and words in each for each in found), found


def test_a_missing_part_is_named():
    problems = read("topics: {title: a, reason: b, choices: [{id: x, label: y}]}\n").problems
    missing = {each for each in ATTRIBUTES if each != "topics"}
    assert {problem.text.split("」")[0].strip("「") for problem in problems} == missing
    assert "から始めて" in read("- id: a\n").problems[0].text


def test_a_district_list_of_a_city_without_a_profile_is_a_problem():
    (problem,) = check_cities(read(), ["onojo"], "s.yaml")
    assert str(problem).startswith("s.yaml:30: 市「hachioji」はありません。onojo")
    assert check_cities(read(), ["hachioji"], "s.yaml") == []


def test_the_loader_reads_it_with_the_rest_and_lists_its_problems():
    files = {SEGMENTS_FILE: SMALL.encode()}
    loaded = load(files)
    assert loaded.segments.in_city("hachioji").complete_districts
    texts = [str(problem) for problem in loaded.problems]
    assert any(text.startswith(f"{SEGMENTS_FILE}:30: 市「hachioji」") for text in texts)
    wrong = load({SEGMENTS_FILE: SMALL.replace("id: care", "id: child").encode()})
    assert any(problem.path == SEGMENTS_FILE and problem.line == 8 for problem in wrong.problems)


def test_a_rule_file_may_be_yaml_or_json():
    yaml = b"all:\n  - topics: {any: [child]}\n  - child_age_months: {between: [3, 4]}\n"
    json = b'{"all":[{"topics":{"any":["child"]}},{"child_age_months":{"between":[3,4]}}]}'
    one, other = (read_rule("r", data, catalog()) for data in (yaml, json))
    assert one.rule == other.rule is not None
    assert read_rule("r", b'{"everyone":true}', catalog()).rule == Everyone()


def test_a_mistake_in_a_rule_file_has_its_line():
    text = "all:\n  - topics:\n      any: [child]\n  - district:\n      in:\n        - 旭町\n        - ''\n"
    read = read_rule("rule.yaml", text.encode(), catalog())
    assert read.rule is None
    (problem,) = read.problems
    assert str(problem).startswith("rule.yaml:7: all › 2番目 › district › in › 2番目：")


@pytest.mark.parametrize("text", ["", "# nothing\n", "all: [", "everyone: true\neveryone: true\n"])
def test_an_empty_or_broken_rule_file_is_no_rule(text):
    read = read_rule("rule.yaml", text.encode(), catalog())
    assert read.rule is None and read.problems
