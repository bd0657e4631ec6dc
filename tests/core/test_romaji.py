import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.language import language_written_in
from bot.core.matching import rank
from bot.core.romaji import from_romaji, hiragana_of
from bot.core.text import fold
from bot.services.library import Library
from tests.core.knowledge import INDEX, TOKENIZE


def nothing_known(word: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("mainanba-ka-do nakushita", "まいなんばーかーどなくした"),
        ("hikkoshi shimashita", "ひっこししました"),
        ("jidouteate no sinsei", "じどうてあてのしんせい"),
        ("konnichiha", "こんにちは"),
        ("konbanwa", "こんばんは"),
        ("kin'en", "きんえん"),
        ("Tōkyō", "とうきょう"),
        ("matcha", "まっちゃ"),
        ("shimbun", "しんぶん"),
    ],
)
def test_both_ways_of_romanising_are_read(typed: str, read: str) -> None:
    assert from_romaji(fold(typed), nothing_known) == read


@pytest.mark.parametrize(
    "typed",
    ["how do i report moving", "no", "asdfghjkl", "転入 todoke", "", "wi-fi", "123", "my card"],
)
def test_other_texts_are_left_alone(typed: str) -> None:
    assert from_romaji(fold(typed), {"wi-fi"}.__contains__) is None


def test_a_known_name_stays_beside_romaji() -> None:
    assert from_romaji("line touroku", {"line"}.__contains__) == "line  とうろく".replace("  ", " ")


def test_english_words_may_stand_in_a_mixed_text() -> None:
    known = {"my", "number", "card"}.__contains__
    assert from_romaji("my number card wo nakushita", known, mixed=True) == (
        "my number card をなくした"
    )
    assert from_romaji("my number card wo nakushita", known) is None
    assert from_romaji("my numbr card wo nakushita", known, mixed=True) is None


def test_particles_by_themselves_are_spelled_as_particles() -> None:
    assert from_romaji("kore wa hon o", nothing_known) == "これはほんを"


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz'-", max_size=30))
def test_any_word_is_read_or_refused(word: str) -> None:
    read = hiragana_of(word)
    assert read is None or not set(read) & set("abcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("mainanba-ka-do nakushita", "card-lost"),
        ("hikkoshi shimashita", "moving"),
        ("jido teate", "child"),
        ("my number card wo nakushita", "card-lost"),
        ("how do I report moving", "moving"),
    ],
)
def test_a_question_in_romaji_finds_its_entry(typed: str, expected: str) -> None:
    assert rank(INDEX, typed, TOKENIZE).matches[0].id == expected


def test_a_word_of_the_content_in_latin_letters_is_no_romaji(library: Library) -> None:
    assert rank(library.index("hachioji"), "MICE", TOKENIZE).matches[0].id == "term-mice"


def test_romaji_is_no_english() -> None:
    assert language_written_in("hikkoshi shimashita") is None
    assert language_written_in("I lost my card") == "en"
