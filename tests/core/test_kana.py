from hypothesis import given
from hypothesis import strategies as st

from bot.core.kana import build_decoder
from tests.core.knowledge import INDEX

NOUN = "名詞-普通名詞"
DECODER = build_decoder(
    [
        ("ジドウ", "児童", NOUN, 9),
        ("テアテ", "手当", NOUN, 9),
        ("カイゴ", "介護", NOUN, 5),
        ("カイゴ", "解雇", NOUN, 1),
        ("ジュウミンヒョウ", "住民票", f"{NOUN}>接尾辞-名詞的", 3),
    ]
)


def test_a_question_in_kana_is_read_back_into_known_words() -> None:
    assert DECODER.decode("じどうてあてはどこですか") == "児童手当はどこですか"


def test_the_commonest_written_form_wins() -> None:
    assert DECODER.decode("かいごをたのむ").startswith("介護を")


def test_blanks_are_word_borders() -> None:
    assert DECODER.decode("じどう てあて") == "児童 手当"


def test_other_words_of_the_same_sound_are_named() -> None:
    assert DECODER.read("かいごをたのむ").others == ("解雇",)
    assert DECODER.read("じどうてあて").others == ()


def test_what_usually_follows_tells_words_apart() -> None:
    decoder = build_decoder([("ショウガイ", "障害", NOUN, 3), ("カイシャ", "会社", NOUN, 90)])
    assert "障害でしょうか" in decoder.decode("しょうがいでしょうか")


def test_romaji_may_leave_long_vowels_out() -> None:
    assert DECODER.decode("じゅみんひょ", romaji=True) == "住民票"
    assert DECODER.decode("じゅみんひょ") != "住民票"


def test_small_kana_may_be_typed_large() -> None:
    assert DECODER.decode("じゆうみんひよう") == "住民票"
    decoder = build_decoder([("ヒッコシ", "引っ越し", NOUN, 3), ("ヨヤク", "予約", NOUN, 3)])
    assert decoder.decode("ひつこしのよやく") == "引っ越しの予約"


@given(st.text(alphabet="あいかがきしじょんっー、。? \u3000ゝぁ", max_size=80))
def test_reading_back_never_fails_and_keeps_marks(text: str) -> None:
    read = DECODER.decode(text)
    assert [char for char in read if char in "、。?"] == [c for c in text if c in "、。?"]


def test_unknown_kana_stays_as_typed() -> None:
    assert DECODER.decode("ほげほげ") == "ほげほげ"


def test_only_kana_questions_are_read_back() -> None:
    assert DECODER.applies("じどうてあてください")
    assert DECODER.applies("かいご")
    assert not DECODER.applies("児童てあて")
    assert DECODER.applies("カードのかいご")
    assert DECODER.applies("lineのかいごは")
    assert not DECODER.applies("マイナンバーカードは")
    assert not DECODER.applies("めにゅー")
    assert not DECODER.applies("")


def test_an_index_reads_its_own_words_and_the_word_lists() -> None:
    assert "転入届" in INDEX.decoder.decode("てんにゅうとどけをだしたい")
