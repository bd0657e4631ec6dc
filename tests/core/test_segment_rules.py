"""A rule is read strictly: nothing quietly falls away, every mistake has its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.attributes import Attribute, CityCatalog
from bot.core.segment_rules import MAX_CONDITIONS, parse_rule
from bot.core.segments import Everyone, TopicsChosen
from tests.segments import catalog, rule

TOPIC = {"topics": {"any": ["child"]}}


def deep(levels):
    data = TOPIC
    for _ in range(levels):
        data = {"not": data}
    return data


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        (None, (), "条件を"),
        ("everyone", (), "条件を"),
        ([], (), "条件を"),
        ([TOPIC], (), "条件を"),
        ({}, (), "空です"),
        ({"everyone": False}, ("everyone",), "everyone: true"),
        ({"everyone": "yes"}, ("everyone",), "everyone: true"),
        ({"everyone": None}, ("everyone",), "everyone: true"),
        ({"everyone": 1.0}, ("everyone",), "everyone: true"),
        ({"all": []}, ("all",), "1つもありません"),
        ({"any": []}, ("any",), "1つもありません"),
        ({"all": TOPIC}, ("all",), "並べて"),
        ({"not": {}}, ("not",), "空です"),
        ({"not": [TOPIC]}, ("not",), "条件を"),
        ({"all": [TOPIC, {}]}, ("all", 1), "空です"),
        ({"all": [TOPIC, {"everyone": True}]}, ("all", 1, "everyone"), "組み合わせ"),
        ({"not": {"everyone": True}}, ("not", "everyone"), "組み合わせ"),
        ({**TOPIC, "everyone": True}, (), "2つのキー"),
        ({"topic": {"any": ["child"]}}, ("topic",), "「topics」ではありませんか"),
        ({1: TOPIC}, ("1",), "という条件はありません"),
        ({"topics": ["child"]}, ("topics",), "topics: {any: […]}"),
        ({"topics": {}}, ("topics",), "any・all・none のどれか1つ"),
        ({"topics": {"any": ["child"], "none": ["care"]}}, ("topics",), "どれか1つ"),
        ({"topics": {"in": ["child"]}}, ("topics", "in"), "使えるもの：any・all・none"),
        ({"topics": {"any": []}}, ("topics", "any"), "1つもありません"),
        ({"topics": {"any": "child"}}, ("topics", "any"), "[ ]"),
        ({"topics": {"any": ["childs"]}}, ("topics", "any", 0), "「child」ではありませんか"),
        ({"topics": {"any": ["child", "子育て"]}}, ("topics", "any", 1), "「child」と書いて"),
        ({"topics": {"any": [None]}}, ("topics", "any", 0), "ありません"),
        ({"topics": {"any": [["child"]]}}, ("topics", "any", 0), "ありません"),
        ({"life_stage": {"all": ["senior"]}}, ("life_stage", "all"), "使えるもの：any"),
        ({"district": {"in": [""]}}, ("district", "in", 0), "地区の名前に使えません"),
        ({"district": {"in": ["=1+1"]}}, ("district", "in", 0), "地区の名前に使えません"),
        ({"language": {"in": ["fr"]}}, ("language", "in", 0), "ことばに「fr」はありません"),
        ({"child_age_months": {"between": [3]}}, ("child_age_months", "between"), "2つ"),
        ({"child_age_months": {"between": [3, 4, 5]}}, ("child_age_months", "between"), "2つ"),
        ({"child_age_months": {"between": [4, 3]}}, ("child_age_months", "between"), "[3, 4]"),
        ({"child_age_months": {"between": [-1, 3]}}, ("child_age_months", "between"), "2つ"),
        ({"child_age_months": {"between": ["３", "４"]}}, ("child_age_months", "between"), "半角"),
        ({"child_age_months": {"between": [True, 3]}}, ("child_age_months", "between"), "2つ"),
        ({"child_age_months": {"between": [0, 228]}}, ("child_age_months", "between"), "227か月"),
        ({"child_birth_month": {"in": ["2026-8"]}}, ("child_birth_month", "in", 0), "2026-08"),
        ({"child_birth_month": {"in": []}}, ("child_birth_month", "in"), "1つもありません"),
        ({"support": {"any": ["hearing"]}}, ("support",), "という条件はありません"),
    ],
)
def test_a_mistake_has_its_place_and_its_mending(data, path, words):
    parsed = parse_rule(data, catalog())
    assert parsed.rule is None
    assert [problem.path for problem in parsed.problems] == [path]
    assert words in str(parsed.problems[0])


def test_all_mistakes_are_listed_in_one_run():
    data = {
        "all": [
            {"topics": {"any": ["x", "child", "y"]}},
            {"any": [{"district": {"in": []}}, {"nothing": 1}]},
            TOPIC,
        ]
    }
    paths = {problem.path for problem in parse_rule(data, catalog()).problems}
    assert paths == {
        ("all", 0, "topics", "any", 0),
        ("all", 0, "topics", "any", 2),
        ("all", 1, "any", 0, "district", "in"),
        ("all", 1, "any", 1, "nothing"),
    }


def test_numbers_and_true_may_be_text_as_content_files_give_them():
    assert rule({"everyone": "true"}) == Everyone()
    text = {"child_age_months": {"between": ["3", "4"]}}
    assert rule(text) == rule({"child_age_months": {"between": [3, 4]}})


def test_equal_meanings_are_equal_rules():
    topics = TopicsChosen("any", ("disaster", "child"))
    assert rule({"topics": {"any": ["child", "disaster", "child"]}}) == topics
    assert rule({"all": [{"any": [{"topics": {"any": ["disaster", "child"]}}]}]}) == topics
    assert rule({"topics": {"all": ["child"]}}) == rule(TOPIC)
    assert rule({"all": [TOPIC, TOPIC]}) == rule(TOPIC)


def test_how_deep_and_how_long_a_rule_may_be():
    assert parse_rule(deep(8), catalog()).rule is not None
    assert "入れ子が深すぎます" in str(parse_rule(deep(40), catalog()).problems[0])
    many = {"any": [{"child_age_months": {"between": [n, n]}} for n in range(MAX_CONDITIONS)]}
    assert parse_rule(many, catalog()).rule is not None
    parsed = parse_rule({"any": [many, {"any": [TOPIC]}]}, catalog())
    assert parsed.rule is None and "多すぎます" in str(parsed.problems[0])


def test_once_a_city_lists_all_its_districts_no_other_name_is_taken():
    shipped = catalog()
    complete = CityCatalog(shipped.attributes, complete_districts=True)
    data = {"district": {"in": ["旭町", "旭丁"]}}
    assert parse_rule(data, shipped).rule is not None
    problems = parse_rule(data, complete).problems
    assert [problem.path for problem in problems] == [("district", "in", 1)]
    assert "使えるもの：南大沢・旭町・明神町" in problems[0].text


def test_without_a_catalog_nothing_can_be_asked_for():
    empty = CityCatalog({"topics": Attribute("topics", "ジャンル", "")})
    assert parse_rule(TOPIC, empty).rule is None


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.sampled_from(["child", "true", "旭町"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "not", "everyone", "topics", "in", "none", "child_age_months", "x"]
            ),
            inner,
            max_size=2,
        )
    ),
    max_leaves=12,
)


@given(plain)
def test_anything_is_either_a_rule_or_problems_and_only_everyone_is_everyone(data):
    parsed = parse_rule(data, catalog())
    assert (parsed.rule is None) is bool(parsed.problems)
    if isinstance(parsed.rule, Everyone):
        assert list(data) == ["everyone"]
