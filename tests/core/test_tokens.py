from bot.content.sudachi import SudachiTokenizer
from bot.core.terms import gram_terms, phrase_terms, spoken, text_grams, tokenize_text, word_terms
from bot.core.tokens import content_words
from tests.core.knowledge import TOKENIZE


def test_only_words_with_meaning_are_kept() -> None:
    assert content_words(TOKENIZE("児童手当をもらいたいのですが")) == ["児童", "手当"]


def test_english_function_words_and_emoji_carry_no_meaning() -> None:
    assert content_words(TOKENIZE("how do i get a card")) == content_words(TOKENIZE("card"))
    assert content_words(TOKENIZE("カード😭❓")) == content_words(TOKENIZE("カード"))


def test_greetings_count_as_words() -> None:
    assert content_words(TOKENIZE("こんにちは")) == ["今日は"]


def test_words_outside_the_dictionary_are_marked() -> None:
    tokens = TOKENIZE("ﾌﾞﾛｯﾁｭ")
    assert any(not token.known for token in tokens)


def test_kanji_grams_stop_at_function_words() -> None:
    grams = set(gram_terms(TOKENIZE("市民税の課税")))
    assert {"k:市民", "k:民税", "k:課税"} <= grams
    assert "k:税課" not in grams


def test_grams_of_a_question_are_those_that_documents_are_counted_by() -> None:
    tokens = TOKENIZE("市民税とマイナンバーカードの市民窓口")
    assert sorted("k:" + gram for gram in text_grams(tokens)) == sorted(gram_terms(tokens))


def test_sound_is_the_same_in_kana_and_kanji() -> None:
    assert spoken(TOKENIZE("児童手当")) == spoken(TOKENIZE("じどうてあて")) == "ジドウテアテ"


def test_polite_closings_are_no_part_of_the_sound() -> None:
    closings = "を教えて を知りたい はどうすればいいの はどうしたらいいですか についておしえてほしいです を知りたいのですが"
    for closing in ("を教えてください", *closings.split()):
        assert spoken(TOKENIZE("転入届" + closing)) == spoken(TOKENIZE("転入届"))


def test_phrase_grams_mark_start_and_end() -> None:
    assert phrase_terms("アイ") == ["p:^ア", "p:アイ", "p:イ$", "p:^アイ", "p:アイ$"]


def test_a_text_spaced_letter_by_letter_is_read_as_one() -> None:
    assert "w:児童" in set(word_terms(tokenize_text("児 童 手 当", TOKENIZE)))


def test_hostile_text_is_cut_and_never_raises() -> None:
    assert len(TOKENIZE("漢" * 60_000)) <= 5000
    assert TOKENIZE("\ud800") is not None
    assert list(SudachiTokenizer()("")) == []
