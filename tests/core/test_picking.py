"""A button is chosen by part of its words, and by nothing that asks for something else."""

from __future__ import annotations

import pytest

from bot.core.picking import pointed_at

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
        ("コンビニ", None),  # a question of its own after an answer
    ],
)
def test_words_that_point_choose_the_one_title_that_has_them(text: str, chosen: str | None) -> None:
    assert pointed_at(text, TITLES, asked_back=False) == chosen


def test_after_a_question_back_the_bare_part_of_a_title_suffices() -> None:
    assert pointed_at("コンビニ", TITLES, asked_back=True) == "a"
    assert pointed_at("住民票でお願いします", TITLES, asked_back=True) == "b"
    assert pointed_at("コンビニはどこ", TITLES, asked_back=True) is None
