"""Long text is broken where a reader would pause, and nothing of it is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.graphemes import utf16_len
from bot.line.sentences import one_line, split_text, tidy

PROSE = st.text(st.sampled_from("あごみ。！、」「\n a.🍎👨\u200d👩\u0301"), max_size=200)


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("一つ目です。二つ目です。", 8, ["一つ目です。", "二つ目です。"]),
        ("「本当ですか？」はい。", 8, ["「本当ですか？」", "はい。"]),
        ("一行目\n二行目\n", 5, ["一行目", "二行目"]),
        ("長い文で、句読点が、ある", 6, ["長い文で、", "句読点が、", "ある"]),
        ("句読点がない", 4, ["句読点が", "ない"]),
        ("約3.5kmです。", 20, ["約3.5kmです。"]),
        ("One. Two.", 5, ["One.", "Two."]),
        ("🍎🍎🍎", 3, ["🍎", "🍎", "🍎"]),
        (" \n", 5, []),
    ],
)
def test_text_is_broken_at_sentences_lines_phrases_and_characters(text, limit, pieces):
    assert list(split_text(text, limit)) == pieces


@given(PROSE, st.integers(2, 40))
def test_pieces_fit_and_together_are_the_text(text, limit):
    pieces = list(split_text(text, limit))
    assert all(piece.strip() and utf16_len(piece) <= limit for piece in pieces)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)


def test_tidy_removes_what_cannot_be_shown():
    assert tidy(" a\x00\tb\r\nc\x85\ud83d ") == "a b\nc\ufffd"
    assert tidy("\u200b　\n") == tidy("") == ""
    assert one_line("題名の\n 続き") == "題名の 続き"
