"""Grams of sounds by their numbers, beside the same looked up by name."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.sounds import sounds_of
from bot.core.terms import sound_grams

SOUNDS = st.text("アイヴーン09azァヺ", max_size=12)


def _numbered(known: list[str]) -> dict[str, int]:
    grams = dict.fromkeys(gram for sound in known for gram in sound_grams(sound))
    return {gram: 7 + 3 * place for place, gram in enumerate(grams)}


@given(st.lists(SOUNDS), SOUNDS)
def test_a_sound_has_the_numbers_of_its_known_grams(known: list[str], asked: str) -> None:
    numbers = _numbered(known)
    found = sounds_of(numbers).find(asked)
    assert len(found) == len(set(found))
    assert set(found) == {numbers[gram] for gram in sound_grams(asked) if gram in numbers}


def test_every_gram_of_a_known_sound_is_found_once() -> None:
    numbers = _numbered(["コウコウ"])
    assert sorted(sounds_of(numbers).find("コウコウ")) == sorted(numbers.values())


def test_without_any_known_sound_nothing_is_found() -> None:
    assert sounds_of({}).find("アイ") == ()
    assert sounds_of({}).find("") == ()
