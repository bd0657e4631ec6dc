"""Which language a resident writes and which one is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.language import language_asked_for, language_written_in


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("英語で", "en"), ("English please", "en"), ("Do you speak English", "en"),
        ("やさしい日本語で", "easy_ja"), ("かんたんな にほんごで おねがいします", "easy_ja"),
        ("日本語に戻して", "ja"), ("普通の日本語にして", "ja"), ("in Japanese please", "ja"),
        ("中国語で話せますか", "zh"), ("한국어", "ko"),
        ("I don't understand Japanese", "en"),
    ],
)  # fmt: skip
def test_the_language_named_is_the_one_asked_for(text: str, language: str) -> None:
    assert language_asked_for(text) == language


@pytest.mark.parametrize(
    "text",
    ["日本語が難しい", "にほんごがわかりません", "日本語がよくわかりません", "外国語で話したい", "言葉を変える", ""],
)  # fmt: skip
def test_who_cannot_follow_japanese_is_asked_which_language(text: str) -> None:
    assert language_asked_for(text) is None


@pytest.mark.parametrize(
    "text",
    ["How do I get a My Number card?", "I lost my card", "thank you", "garbage collection", "can I apply online?"],
)  # fmt: skip
def test_an_english_message_is_english(text: str) -> None:
    assert language_written_in(text) == "en"


@pytest.mark.parametrize(
    "text",
    ["LINE Pay", "Wi-Fi", "free Wi-Fi", "PayPay", "J-ALERT", "Google Play", "iPhone", "help", "ok",
     "card wo nakushita", "nursery mitsukarimasen", "passport wa doko desuka",
     "LINEでWi-Fiは使えますか", "マイナンバー card", "Thẻ của tôi ở đâu", "", "119", "？"],
)  # fmt: skip
def test_names_in_latin_letters_are_no_english_message(text: str) -> None:
    assert language_written_in(text) is None


@given(st.text())
def test_any_text_is_looked_at_without_an_error(text: str) -> None:
    assert language_written_in(text) in (None, "en")
    language_asked_for(text)
