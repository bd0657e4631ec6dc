from bot.core.kana import build_decoder
from tests.core.knowledge import INDEX

DECODER = build_decoder(
    [("ジドウ", "児童", 9), ("テアテ", "手当", 9), ("カイゴ", "介護", 5), ("カイゴ", "解雇", 1)]
)


def test_a_question_in_kana_is_read_back_into_known_words() -> None:
    assert DECODER.decode("じどうてあてはどこですか") == "児童手当はどこですか"


def test_the_commonest_written_form_wins() -> None:
    assert DECODER.decode("かいごをたのむ").startswith("介護を")


def test_blanks_are_word_borders() -> None:
    assert DECODER.decode("じどう てあて") == "児童 手当"


def test_unknown_kana_stays_as_typed() -> None:
    assert DECODER.decode("ほげほげ") == "ほげほげ"


def test_only_kana_questions_are_read_back() -> None:
    assert DECODER.applies("じどうてあてください")
    assert DECODER.applies("かいご")
    assert not DECODER.applies("児童てあて")
    assert not DECODER.applies("めにゅー")
    assert not DECODER.applies("")


def test_an_index_reads_its_own_words_and_the_word_lists() -> None:
    assert "転入届" in INDEX.decoder.decode("てんにゅうとどけをだしたい")
