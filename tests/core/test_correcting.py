"""What was meant instead is told from what merely begins with the same words."""

from __future__ import annotations

import pytest

from bot.core.correcting import correction, retyped


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ちがう、更新のほう", ("更新", "")),
        ("それじゃない、名前が変わったとき", ("名前が変わったとき", "")),
        ("違います。車庫証明です", ("車庫証明", "")),
        ("そっちじゃなくて転入の話", ("転入", "")),
        ("いや、二人目のほうです", ("二人目", "")),
        ("間違えました、負担割合証のほう", ("負担割合証", "")),
        ("窓口じゃなくて郵送で", ("郵送で", "窓口")),
        ("違う市に引っ越す", ("", "")),
        ("そっちじゃなくて", ("", "")),
        ("スマホじゃなくてもいい？", ("", "")),
        ("本人じゃなくて私が申し込んでもいいんですか", ("", "")),
        ("違いを教えて", ("", "")),
        ("いやがらせを受けている", ("", "")),
    ],
)
def test_a_correction_gives_what_was_meant(text: str, meant: tuple[str, str]) -> None:
    assert correction(text) == meant


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("カードの間違いです", "カード"),
        ("ごめん、手帳の打ち間違い", "手帳"),
        ("＊マイナンバー", "マイナンバー"),
        ("住所が間違っています", ""),
        ("間違えました", ""),
        ("2024年*1回", ""),
    ],
)
def test_a_word_spelled_anew_is_told_from_a_mistake_of_the_city(text: str, word: str) -> None:
    assert retyped(text) == word
