from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from bot.web.bubbles import language_of
from bot.web.live import live


def test_phone_numbers_in_an_answer_can_be_called() -> None:
    assert live("電話は0120-95-0178（無料）です。") == (
        '電話は<a href="tel:0120950178">0120-95-0178</a>（無料）です。'
    )


def test_addresses_end_where_japanese_begins() -> None:
    assert live("https://a.example.jp/x?b=1&c=2。次") == (
        '<a href="https://a.example.jp/x?b=1&amp;c=2" target="_blank" rel="noopener noreferrer">'
        "https://a.example.jp/x?b=1&amp;c=2</a>。次"
    )


@pytest.mark.parametrize(
    "text", ["2026-11-21", "0-1-2", "90120-95-01789", "令和6年", 'javascript:alert(1)"', "1-1"]
)
def test_other_numbers_and_schemes_stay_text(text: str) -> None:
    assert live(text) == escape(text)


@given(st.text(alphabet="<>&\"'0-9h:/.https-あ1 "))
def test_no_markup_of_the_text_itself_survives(text: str) -> None:
    made = live(text)
    rest = made.replace("<a ", "").replace("</a>", "").replace('">', "")
    assert "<" not in rest
    assert made.striptags() == escape(text).striptags()


@pytest.mark.parametrize(
    ("text", "language", "tag"),
    [
        ("カードをなくした", "ja", "ja"),
        ("My Number Card", "ja", "en"),
        ("English", "en", "en"),
        ("番号", "easy_ja", "ja"),
        ("申请", "zh", "zh"),
        ("市の案内", "zh", "ja"),
        ("119", "ja", "ja"),
        ("DX", "ja", "en"),
    ],
)
def test_screen_readers_are_told_the_language(text: str, language: str, tag: str) -> None:
    assert language_of(text, language) == tag
