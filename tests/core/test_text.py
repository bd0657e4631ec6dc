from hypothesis import given
from hypothesis import strategies as st

from bot.core.text import (
    MAX_CHARS,
    fold,
    has_kanji,
    hiragana,
    hiragana_share,
    katakana,
    sentences,
    squeeze,
    without_courtesy,
)


@given(st.text(max_size=300))
def test_folding_never_raises_and_is_stable(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert len(once) <= MAX_CHARS


def test_widths_and_cases_become_one() -> None:
    assert fold("ﾏｲﾅﾝﾊﾞｰｶｰﾄﾞ　ＡＢＣ") == "マイナンバーカード abc"


def test_invisible_characters_and_lone_surrogates_are_no_words() -> None:
    assert fold("転\u200b入\ufeff届") == "転入届"
    assert fold("転入\ud800届") == "転入 届"


def test_endless_combining_marks_are_cut_short() -> None:
    assert len(fold("が" + "\u0301" * 4000)) < 10


def test_dashes_after_katakana_are_long_vowels() -> None:
    assert fold("カ−ド") == "カード"
    assert fold("03-1234") == "03-1234"


def test_blanks_between_japanese_words_vanish_but_english_keeps_its_own() -> None:
    assert squeeze("カードを なくした とき") == "カードをなくしたとき"
    assert squeeze("lost my card") == "lost my card"


def test_sentences_keep_their_marks() -> None:
    assert sentences("引っ越しました。何をしますか？\nはい") == [
        "引っ越しました。",
        "何をしますか？",
        "はい",
    ]


def test_courtesy_around_a_question_is_set_aside() -> None:
    text = "お忙しいところ恐れ入ります。転入届はどこですか。よろしくお願いします。"
    assert without_courtesy(text) == "転入届はどこですか。"
    assert without_courtesy("すみません、転入届は?") == "転入届は?"


def test_a_closing_without_a_full_stop_does_not_take_the_question_with_it() -> None:
    text = "保育園の申し込みを知りたいどうぞよろしくお願いいたします。"
    assert without_courtesy(text) == "保育園の申し込みを知りたい"
    assert without_courtesy("転入届について、宜しくお願い致します") == "転入届について"


def test_what_leads_to_a_question_and_who_asks_it_are_set_aside() -> None:
    for text in (
        "ちょっと聞きたいんだけど 転入届は",
        "聞きたいことがあります。転入届は",
        "質問です、転入届は",
        "こんにちは😊 転入届は",
        "市民ですが、転入届は",
        "もしもし 転入届は",
        "あのー、転入届は",
        "初めてLINEします。転入届は",
        "教えてください。転入届は",
        "市内に住んでいる者です。転入届は",
        "80歳のおばあさんです。転入届は",
    ):
        assert without_courtesy(fold(text)) == "転入届は"
    assert without_courtesy("体育館の予約のしかた 困っています。") == "体育館の予約のしかた"
    for text in ("生活に困っています", "お金 困っています", "聞き取れない防災無線", "質問の仕方"):
        assert without_courtesy(text) == text


def test_courtesy_alone_is_what_the_resident_said() -> None:
    assert without_courtesy("よろしくお願いします") == "よろしくお願いします"


def test_kana_turn_into_each_other() -> None:
    assert katakana("じどう手当") == "ジドウ手当"
    assert hiragana("ジドウ手当") == "じどう手当"


def test_scripts_are_told_apart() -> None:
    assert has_kanji("じどう手当")
    assert not has_kanji("じどうてあて")
    assert hiragana_share("じどう abc") == 0.5
    assert hiragana_share("") == 0.0


@given(st.text("ぁんゔァヺー々一龥鿿、。「」・？！?!az09ｱＡ〜 ", max_size=20))
def test_what_folding_takes_for_folded_is(text: str) -> None:
    # The blank at the end is trimmed, and keeps the text from being taken as it is.
    assert fold(text) == fold(text + " ")
