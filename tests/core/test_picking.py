"""A button is chosen by its place or part of its words, and by nothing that asks for something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.picking import chooses_all, chosen_place, pointed_at, refuses_choices

TITLES = {
    "a": "コンビニで証明書を取る（コンビニ交付）",
    "b": "住民票・課税証明書をスマホで申請し郵送",
    "c": "罹災証明書の申請（家の被害の証明）",
}


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("コンビニのやつ", "a"),
        ("課税証明書のほうです", "b"),
        ("罹災証明書の方をお願いします", "c"),
        ("証明書のやつ", None),  # of several
        ("保険証のやつ", None),  # of none
        ("コンビニで証明書を取るやつ", "a"),
        ("申請し方", None),
        ("コンビニ", None),  # a question of its own after an answer
    ],
)
def test_words_that_point_choose_the_one_title_that_has_them(text: str, chosen: str | None) -> None:
    assert pointed_at(text, TITLES, asked_back=False) == chosen


def test_after_a_question_back_the_bare_part_of_a_title_suffices() -> None:
    assert pointed_at("コンビニ", TITLES, asked_back=True) == "a"
    assert pointed_at("住民票でお願いします", TITLES, asked_back=True) == "b"
    assert pointed_at("コンビニはどこ", TITLES, asked_back=True) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1", 0), ("１番", 0), ("1番で", 0), ("①", 0), ("(2)", 1), ("２番目", 1), ("2番目の方", 1),
        ("3つ目でお願いします", 2), ("No.3", 2), ("1がいい", 0), ("上から2番目", 1), ("一番", 0),
        ("一番上", 0), ("上の", 0), ("上のやつ", 0), ("最初の", 0), ("真ん中", 1), ("二番目のやつ", 1),
        ("三つ目", 2), ("下の", -1), ("一番下", -1), ("最後のやつ", -1), ("the last one", -1),
        ("first", 0), ("second", 1), ("2つめ", 1), ("二個目", 1), ("上から二番目", 1), ("さんばんめ", 2), ("上のでいい", 0),
    ],
)  # fmt: skip
def test_a_place_in_the_list_selects_a_choice(text: str, place: int) -> None:
    assert chosen_place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "10",
        "0",
        "1歳",
        "119",
        "一番近い窓口",
        "上履き",
        "2年生",
        "1番窓口はどこ",
        "下水道",
        "二人目",
        "三人家族",
        "五所川原",
        "いつ",
        "ひとり",
        "",
    ],
)
def test_other_words_select_nothing(text: str) -> None:
    assert chosen_place(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "どれでもない",
        "どれでもないです",
        "どれも違います",
        "全部ちがう",
        "この中にない",
        "none of these",
    ],
)
def test_all_choices_can_be_refused(text: str) -> None:
    assert refuses_choices(text)


@pytest.mark.parametrize(
    "text", ["違う手続きを知りたい", "住所が違います", "どれ", "いいえ", "ない", ""]
)
def test_other_words_refuse_no_choice(text: str) -> None:
    assert not refuses_choices(text)


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    refuses_choices(text)
    place = chosen_place(text)
    assert place is None or -1 <= place <= 8


@pytest.mark.parametrize(
    "text", ["どっちも", "両方です", "両方とも教えてください", "全部", "どれも見たい", "both"]
)
def test_all_choices_can_be_wanted(text: str) -> None:
    assert chooses_all(text)
    assert not refuses_choices(text)


@pytest.mark.parametrize(
    "text", ["どれも違う", "どれでもない", "全部ちがう", "両方できる？", "全部でいくら", ""]
)
def test_other_words_want_not_all(text: str) -> None:
    assert not chooses_all(text)
