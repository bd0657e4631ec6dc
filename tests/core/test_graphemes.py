"""Lengths as LINE counts them: never less than LINE's count, never half a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.graphemes import clusters, cut_graphemes, cut_utf16, grapheme_len, utf16_len

# Characters that join to others, and ordinary ones between them.
JOINING = st.text(
    st.sampled_from("\u200d\u200c\ufe0f\u0301\u3099\r\n👨👩🏻🇯🇵❤がﾞｶa 葛\U000e0100あ。")
    | st.characters()
)


@pytest.mark.parametrize(
    "one",
    [
        "あ",
        "が",
        "か\u3099",
        "ｶﾞ",
        "e\u0301",
        "👍🏽",
        "👨‍👩‍👧‍👦",
        "❤️‍🔥",
        "🇯🇵",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "葛\U000e0100",
        "\r\n",
    ],
)
def test_what_a_reader_sees_as_one_character_counts_one(one):
    assert grapheme_len(one) == 1
    assert list(clusters(one + "ん")) == [one, "ん"]


def test_characters_side_by_side_count_one_by_one():
    assert grapheme_len("粗大ごみ") == 4
    assert grapheme_len("👍👍") == 2
    assert grapheme_len("🇯🇵🇯🇵🇯") == 3
    assert grapheme_len("a\u200d👩") == 2  # a joiner joins emoji only


def test_utf16_counts_rare_kanji_and_emoji_twice():
    assert [utf16_len(text) for text in ("", "ごみ", "🍎", "𠮟る")] == [0, 2, 2, 3]


def test_a_cut_text_ends_with_an_ellipsis_inside_the_limit():
    assert cut_graphemes("粗大ごみの出し方", 5) == "粗大ごみ…"
    assert cut_utf16("🍎🍎🍎", 5) == "🍎🍎…"
    assert cut_utf16("🍎🍎🍎", 4) == "🍎…"
    assert cut_graphemes("ごみ", 2) == cut_utf16("ごみ", 2) == "ごみ"


def test_no_room_gives_nothing():
    assert cut_utf16("ごみ", 0) == cut_graphemes("ごみ", 0) == ""
    assert cut_utf16("🍎", 1) == "…"


@given(JOINING)
def test_clusters_lose_nothing(text):
    assert "".join(clusters(text)) == text
    assert grapheme_len(text) == len(list(clusters(text))) <= len(text)


@given(JOINING, st.integers(0, 20))
def test_a_cut_text_never_exceeds_its_limit(text, limit):
    for cut, size in ((cut_utf16, utf16_len), (cut_graphemes, grapheme_len)):
        shorter = cut(text, limit)
        assert size(shorter) <= limit
        assert shorter == text or (
            size(text) > limit and text.startswith(shorter.removesuffix("…"))
        )
