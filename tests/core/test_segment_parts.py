"""A rule in a form and back means the same; what a form lacks is said beside its condition."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.core.segment_parts import (
    ALL,
    ANY,
    IS,
    IS_NOT,
    NOT_ANY,
    Group,
    Parts,
    Place,
    Row,
    build,
    parts_of,
)
from bot.core.segment_rules import rule_data
from bot.core.segments import Everyone, Rule, evaluate
from tests.segments import TODAY, catalog, residents, rule, rules
from tests.segments import resident as chosen


@given(rules, residents)
def test_a_rule_in_a_form_means_what_it_meant(wanted: Rule, resident: object) -> None:
    parts = parts_of(wanted)
    if parts is None:
        return
    built = build(parts, catalog())
    assert built.problems == () and built.rule is not None
    assert evaluate(built.rule, resident, TODAY) == evaluate(wanted, resident, TODAY)  # type: ignore[arg-type]
    assert parts_of(built.rule) is not None


@pytest.mark.parametrize(
    "data",
    [
        {"everyone": True},
        {"topics": {"any": ["event", "child"]}},
        {"all": [{"topics": {"all": ["event", "child"]}}, {"life_stage": {"any": ["senior"]}}]},
        {"any": [{"district": {"in": ["旭町"]}}, {"child_age_months": {"between": [3, 4]}}]},
        {"not": {"any": [{"language": {"in": ["en"]}}, {"topics": {"any": ["crime"]}}]}},
        {
            "all": [
                {"topics": {"any": ["child"]}},
                {"any": [{"life_stage": {"any": ["infant"]}}, {"district": {"in": ["旭町"]}}]},
                {"not": {"child_birth_month": {"in": ["2026-08", "2026-10"]}}},
            ]
        },
    ],
)
def test_a_rule_one_level_deep_comes_back_word_for_word(data: object) -> None:
    parts = parts_of(rule(data))
    assert parts is not None
    built = build(parts, catalog())
    assert built.rule is not None and rule_data(built.rule) == data


def test_a_rule_nested_deeper_has_no_form() -> None:
    inner = {"any": [{"topics": {"any": ["child"]}}, {"topics": {"any": ["crime"]}}]}
    middle = {"all": [{"district": {"in": ["旭町"]}}, inner]}
    assert parts_of(rule({"any": [{"topics": {"any": ["event"]}}, middle]})) is None


def test_not_chosen_stands_in_the_relation_of_the_row() -> None:
    parts = parts_of(rule({"not": {"topics": {"any": ["child"]}}}))
    assert parts == Parts((Group((Row("topics", "none", ("child",)),)),))
    parts = parts_of(rule({"not": {"life_stage": {"any": ["senior"]}}}))
    assert parts == Parts((Group((Row("life_stage", IS_NOT, ("senior",)),)),))


def test_a_group_that_is_left_out_gives_everybody_else() -> None:
    rows = (Row("topics", "any", ("child",)), Row("life_stage", IS, ("senior",)))
    built = build(Parts((Group(rows, NOT_ANY),)), catalog())
    assert built.rule is not None
    assert evaluate(built.rule, chosen(), TODAY)
    assert not evaluate(built.rule, chosen(topics=["child"]), TODAY)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row("topics", "any"), "ジャンルを1つ以上選ぶか"),
        (Row("district", IS), "地区を1つ以上選ぶか"),
        (Row("district", IS, ("あ い",)), "使えません"),
        (Row("child_birth_month", IS), "誕生月を書くか"),
        (Row("child_birth_month", IS, ("2026-8",)), "2026-08 の形"),
        (Row("child_age_months", IS, ("", "")), "0から227の数字"),
        (Row("child_age_months", IS, ("３", "4")), "0から227の数字"),
        (Row("child_age_months", IS, ("5", "4")), "入れかえて"),
        (Row("child_age_months", IS, ("0", "228")), "0から227の数字"),
    ],
)
def test_what_is_wrong_is_said_beside_its_condition(row: Row, said: str) -> None:
    good = Row("topics", "any", ("child",))
    parts = Parts((Group((good,)), Group((good, row), ANY)), ALL)
    built = build(parts, catalog())
    assert built.rule is None
    assert [place for place, _ in built.problems] == [Place(1, 1)]
    assert said in built.at(1, 1)[0]


def test_a_problem_of_the_rule_language_finds_its_row_too() -> None:
    good, bad = Row("topics", "any", ("child",)), Row("topics", "none", ("ch1ld",))
    for parts in (
        Parts((Group((bad,)),)),
        Parts((Group((good, bad)),)),
        Parts((Group((good,)), Group((good, bad), NOT_ANY)), ANY),
    ):
        built = build(parts, catalog())
        number = len(parts.groups) - 1
        place = Place(number, len(parts.groups[number].rows) - 1)
        assert [p for p, _ in built.problems] == [place]
        assert "child" in built.at(place.group, place.row)[0]


def test_an_empty_form_or_group_never_sends_to_everybody() -> None:
    assert build(Parts(), catalog()).rule is None
    assert build(Parts((Group(),)), catalog()).at() == ["条件を1つ以上足してください。"]
    built = build(Parts((Group((Row("topics", "any", ("child",)),)), Group())), catalog())
    assert built.rule is None and built.at(1)
    assert build(Parts(everyone=True), catalog()).rule == Everyone()
