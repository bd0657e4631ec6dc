"""The places of a move say nothing of what is asked."""

from __future__ import annotations

import pytest

from bot.core.places import without_own_city, without_places
from bot.core.tokens import Tokenize


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("八戸から盛岡に引っ越すんだけど", "引っ越すんだけど"),
        ("東京都新宿区へ引っ越します、手続き教えて", "引っ越します、手続き教えて"),
        ("盛岡市から転入しました", "転入しました"),
        ("盛岡の美術館はどこ", "盛岡の美術館はどこ"),  # of no move
        ("引っ越しと児童手当", "引っ越しと児童手当"),
    ],
)
def test_the_places_of_a_move_are_left_out(text: str, left: str, tokenizer: Tokenize) -> None:
    assert without_places(text, tokenizer) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("大野城市の児童手当", "児童手当"),
        ("大野城 転入", "転入"),
        ("児童手当 大野城市", "児童手当"),
        ("うちの子は大野城で保育園に入れますか", "うちの子は保育園に入れますか"),
        ("大野城市役所はどこ", "市役所はどこ"),
        ("大野城跡の駐車場", "大野城跡の駐車場"),  # no mere name of the city
        ("新大野城の湯", "新大野城の湯"),
        ("大野城市", "大野城市"),  # nothing would be left
        ("おおのじょうの児童手当", "児童手当"),
        ("おおのじょう らいん", "らいん"),
        ("おおのじょうし の ごみ", "の ごみ"),
        ("おおのじょうあとの駐車場", "おおのじょうあとの駐車場"),
        ("広報おおのじょう", "広報おおのじょう"),
    ],
)
def test_this_city_s_own_name_is_left_out(text: str, left: str) -> None:
    assert without_own_city(text, ("大野城市", "大野城", "おおのじょう", "onojo city")) == left
