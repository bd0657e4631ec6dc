"""What was meant instead is told from what merely begins with the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.correcting import correction, refuses_answer, retyped


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
        ("違うよアプリの話だって", ("アプリ", "")),
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


@pytest.mark.parametrize(
    "text",
    ["そっちじゃなくて", "違います", "ちがうよ", "それじゃない", "いいえ、違います", "そうじゃなくて", "別のことです", "違うんだけど", "not that one",
     "やっぱり違う", "なんかちがう", "いや、知りたいのはそれじゃなくて", "別の話なんだけど", "そういう意味じゃないんだけど", "それは知ってるよ",
     "何の話？", "何の話？そんなこと聞いてない", "そんなことは聞いてないです", "聞いてることと違うんだけど", "質問に答えてない", "話が違います"],
)  # fmt: skip
def test_an_answer_can_be_refused(text: str) -> None:
    assert refuses_answer(text)


@pytest.mark.parametrize(
    "text",
    ["違う手続きを知りたい", "住所が違います", "どれ", "いいえ", "ない", "",
     "何の話を聞ける？", "そんなことある？", "質問があります", "聞いてください"],
)  # fmt: skip
def test_other_words_refuse_nothing(text: str) -> None:
    assert not refuses_answer(text)


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    refuses_answer(text)
    retyped(text)
    assert len(correction(text)) == 2
