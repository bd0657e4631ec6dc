"""The places of a move say nothing of what is asked."""

from __future__ import annotations

import pytest

from bot.core.places import without_places
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
