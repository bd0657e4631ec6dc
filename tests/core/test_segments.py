"""What a rule says about one resident, and that its sentence says all of it."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.attributes import Volume, is_grown, month_number, month_text
from bot.core.segment_rules import parse_rule, rule_data
from bot.core.segment_words import Reason, describe, explain, why
from bot.core.segments import Everyone, Not, attributes_used, conditions, evaluate
from tests.segments import TODAY, catalog, resident, residents, rule, rules

SAMPLE = {
    "all": [
        {"topics": {"any": ["smartphone_class"]}},
        {"district": {"in": ["中央", "南"]}},
        {"child_age_months": {"between": [3, 4]}},
        {"not": {"life_stage": {"any": ["student"]}}},
    ]
}
MATCHING = {
    "topics": ["smartphone_class", "child"],
    "district": "南",
    "children": ["2026-08", "2019-01"],
    "life_stages": ["infant"],
}


def gives(data, who, today=TODAY):
    return evaluate(rule(data), who, today)


def test_every_part_of_the_sample_counts():
    assert gives(SAMPLE, resident(**MATCHING))
    for change in (
        {"topics": ["child"]},
        {"district": "北"},
        {"district": ""},
        {"children": ["2026-06"]},
        {"children": []},
        {"life_stages": ["student", "infant"]},
    ):
        assert not gives(SAMPLE, resident(**MATCHING | change))


@pytest.mark.parametrize(
    ("topics", "any_", "all_", "none"),
    [
        ([], False, False, True),
        (["child"], True, False, False),
        (["child", "care"], True, True, False),
        (["garbage"], False, False, True),
    ],
)
def test_topics_any_all_none(topics, any_, all_, none):
    who = resident(topics=topics)
    values = ["child", "care"]
    assert gives({"topics": {"any": values}}, who) is any_
    assert gives({"topics": {"all": values}}, who) is all_
    assert gives({"topics": {"none": values}}, who) is none


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 10, 31), False),  # 2 months
        (date(2026, 11, 1), True),  # 3: the whole month, whatever the day
        (date(2026, 11, 30), True),
        (date(2026, 12, 31), True),  # 4
        (date(2027, 1, 1), False),  # 5
    ],
)
def test_ages_are_counted_in_months_both_ends_included(today, expected):
    data = {"child_age_months": {"between": [3, 4]}}
    assert gives(data, resident(children=["2026-08"]), today) is expected


def test_one_of_several_children_is_enough_but_not_two_halves():
    data = {"child_age_months": {"between": [3, 4]}}
    assert gives(data, resident(children=["2026-08", "2010-01"]))
    assert not gives(data, resident(children=["2026-09", "2026-06"]))  # 2 and 5 months


def test_a_child_not_born_yet_has_no_age():
    assert not gives({"child_age_months": {"between": [0, 227]}}, resident(children=["2026-12"]))
    assert gives({"child_age_months": {"between": [0, 0]}}, resident(children=["2026-11"]))


def test_birth_months():
    data = {"child_birth_month": {"in": ["2026-08", "2026-09"]}}
    assert gives(data, resident(children=["2026-09"]))
    assert not gives(data, resident(children=["2025-09"]))


def test_no_language_chosen_is_no_language():
    assert not gives({"language": {"in": ["ja"]}}, resident())
    assert gives({"not": {"language": {"in": ["en"]}}}, resident())


@pytest.mark.parametrize(
    ("born", "last_day"),
    [
        ("2008-03", date(2026, 3, 31)),
        ("2008-04", date(2027, 3, 31)),
        ("2008-12", date(2027, 3, 31)),
    ],
)
def test_children_are_kept_to_the_end_of_the_school_year_of_their_18th_birthday(born, last_day):
    month = month_number(born)
    assert not is_grown(month, last_day)
    assert is_grown(month, date(last_day.year, 4, 1))


@pytest.mark.parametrize(
    "text", ["2026-8", "2026-13", "2026-00", "26-08", "2026-08-01", "２０２６-08", ""]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError, match="month"):
        month_number(text)


@given(st.integers(0, 9999 * 12))
def test_months_there_and_back(month):
    assert month_number(month_text(month)) == month


@given(rules)
def test_a_rule_survives_storing(wanted):
    assert parse_rule(rule_data(wanted), catalog()).rule == wanted


@settings(max_examples=300)
@given(rules, rules)
def test_different_rules_have_different_sentences(one, other):
    assert (explain(one, catalog()) == explain(other, catalog())) is (one == other)


@given(rules)
def test_every_condition_is_in_the_sentence(wanted):
    sentence = explain(wanted, catalog())
    assert sentence.endswith("に届きます。")
    rest = sentence
    for condition in conditions(wanted):
        said = explain(condition, catalog()).removesuffix("に届きます。")
        assert said in rest
        rest = rest.replace(said, "", 1)
    assert ("以外の人" in sentence) is ("not" in str(rule_data(wanted)))


@given(rules, residents)
def test_reasons_are_given_exactly_to_those_who_get_it_and_are_their_own(wanted, who):
    reasons = why(wanted, who, TODAY, catalog())
    assert bool(reasons) is evaluate(wanted, who, TODAY)
    own = str(describe(who, Volume(), catalog()))
    for reason in reasons:
        assert reason.title == "届く人" or reason.label.split("（いま")[0] in own


def test_the_sample_as_a_sentence():
    assert explain(rule(SAMPLE), catalog()) == (
        "ジャンルで「スマホ教室」を選んだ人、かつ、地区で「中央」「南」のどれかを選んだ人、"
        "かつ、3か月から4か月の子がいる人、かつ、（くらしで「学生」を選んだ人）以外の人に届きます。"
    )


def test_the_choices_that_matched_are_named():
    reasons = why(rule(SAMPLE), resident(**MATCHING), TODAY, catalog())
    assert [str(reason) for reason in reasons] == [
        "ジャンル：スマホ教室",
        "地区：南",
        "お子さんの誕生月：2026年8月生まれ（いま3か月）",
    ]


def test_who_got_it_for_not_having_chosen_is_told_so():
    reasons = why(rule({"not": {"topics": {"any": ["child"]}}}), resident(), TODAY, catalog())
    assert reasons == (Reason("届く人", "（ジャンルで「子育て」を選んだ人）以外の人"),)
    assert why(Everyone(), resident(), TODAY, catalog()) == (Reason("届く人", "友だち全員"),)
    double = Not(Not(rule({"topics": {"any": ["child"]}})))
    assert why(double, resident(topics=["child"]), TODAY, catalog()) == (
        Reason("ジャンル", "子育て"),
    )


def test_only_the_branch_that_holds_is_a_reason():
    data = {"any": [{"topics": {"any": ["child"]}}, {"district": {"in": ["旭町"]}}]}
    reasons = why(rule(data), resident(topics=["care"], district="旭町"), TODAY, catalog())
    assert [str(reason) for reason in reasons] == ["地区：旭町"]


def test_everything_chosen_is_described():
    who = resident(**MATCHING, language="en")
    said = describe(who, Volume(22 * 60, 7 * 60 + 30, 4), catalog())
    assert [str(reason) for reason in said] == [
        "ジャンル：子育て・スマホ教室",
        "地区：南",
        "くらし：0〜2歳の子がいる",
        "お子さんの誕生月：2019年1月生まれ・2026年8月生まれ",
        "ことば：English",
        "受け取らない時間：22:00から7:30まで",
        "1か月の上限：4通",
    ]
    assert describe(resident(), Volume(), catalog()) == ()


@pytest.mark.parametrize(
    ("start", "end", "quiet", "loud"),
    [(1260, 420, (1260, 1439, 0, 419), (420, 1259)), (60, 120, (60, 119), (59, 120, 1439))],
)
def test_quiet_hours_may_go_over_midnight(start, end, quiet, loud):
    volume = Volume(start, end)
    assert all(volume.is_quiet(minute) for minute in quiet)
    assert not any(volume.is_quiet(minute) for minute in loud)
    assert not any(Volume().is_quiet(minute) for minute in (*quiet, *loud))


def test_the_attributes_a_rule_asks_about():
    assert attributes_used(rule(SAMPLE)) == {
        "topics",
        "district",
        "child_birth_month",
        "life_stage",
    }
    assert attributes_used(Everyone()) == frozenset()
