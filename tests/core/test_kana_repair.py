import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.kana_repair import mended_kana
from bot.core.matching import rank
from bot.core.romaji import slipped
from tests.core.knowledge import INDEX, TOKENIZE

DECODER = INDEX.decoder


def mended(typed: str) -> str | None:
    found = mended_kana(DECODER, DECODER.read(typed))
    return found and found.typed


@pytest.mark.parametrize(
    "typed",
    [
        "じどうてあれのもうしこみ",  # r beside t
        "じどうてあつのもうしこみ",  # the same flick key
    ],
)
def test_a_kana_that_slipped_is_mended_by_a_known_word(typed: str) -> None:
    right = "じどうてあてのもうしこみ"
    assert mended(typed) == right
    assert rank(INDEX, typed, TOKENIZE).matches[0].id == rank(INDEX, right, TOKENIZE).matches[0].id


@pytest.mark.parametrize(
    "typed",
    [
        "じごうてあてのもうしこみ",
        "じどうてあて",
        "じどうてあてをもらいたい",
        "かいごをたのむ",
    ],
)
def test_what_is_read_as_typed_is_left_as_it_is(typed: str) -> None:
    assert mended(typed) is None


def test_a_slip_is_a_key_beside_the_right_one() -> None:
    assert "ね" in slipped("め") and "じょ" in slipped("しょ") and "か" not in slipped("め")


@given(st.text(alphabet="あいうえおかきくけこしょじどうてあれー 。ん", max_size=80))
def test_any_kana_is_mended_or_left_with_as_many_kana(typed: str) -> None:
    reading = DECODER.read(typed)
    found = mended_kana(DECODER, reading)
    assert found is None or (len(found.typed) == len(reading.typed) and found.cost < reading.cost)
