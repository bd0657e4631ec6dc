from collections.abc import Sequence

import pytest

from bot.core.matching import rank
from bot.core.query import mended, read_query
from bot.core.repair import build_repairer, suspects
from bot.core.terms import tokenize_text
from bot.core.tokens import Token
from tests.core.knowledge import INDEX, TOKENIZE

REPAIRER = build_repairer(["児童手当", "住民票", "サービス", "手当"])


def test_one_wrong_character_is_mended_with_a_known_word() -> None:
    assert REPAIRER.repair("児童手ゆの申請", [3]) == "児童手当の申請"


def test_a_slip_to_a_neighbouring_key_goes_first() -> None:
    repairer = build_repairer(["カメラ", "カモメ", "カメリ"])
    assert repairer.repair("カメル", [2]) in ("カメラ", "カメリ")
    assert build_repairer(["サービス", "サーカス"]).repair("サービヌ", [3]) == "サービス"


def test_a_right_word_is_left_alone() -> None:
    assert REPAIRER.repair("住民票", [0, 1, 2]) is None
    assert REPAIRER.repair("まったく別の話", [0, 1]) is None


def test_short_words_are_not_guessed() -> None:
    assert REPAIRER.repair("手を", [1]) is None


def test_unknown_words_are_suspected_and_known_ones_are_not() -> None:
    known = {"児童", "手当"}.__contains__
    assert suspects(TOKENIZE("児童手当"), known) == []
    assert suspects(TOKENIZE("ブロッチュ"), known) != []


def test_a_mistyped_question_finds_its_entry() -> None:
    assert rank(INDEX, "を童手当を申し込みたい", TOKENIZE).matches[0].id == "child"


@pytest.mark.parametrize(
    "text",
    ["を童手当を申し込みたい", "手続き、を童手当を申し込みたい", "を童手当、カードは?"]
    + ["転入で、を童手当を申し込みたい。どこですか?", "転入は?、を童手当!、はい"],
)
def test_only_the_clause_that_is_mended_is_cut_into_words_again(text: str) -> None:
    cut: list[str] = []

    def tokenize(text: str) -> Sequence[Token]:
        cut.append(text)
        return TOKENIZE(text)

    query = read_query(INDEX, text, TOKENIZE)
    other = mended(INDEX, query, tokenize)
    assert other is not None and "児童手当" in other.folded
    assert list(other.tokens) == list(tokenize_text(other.folded, TOKENIZE))
    assert len(cut[0]) <= len("、児童手当を申し込みたい。")


def test_a_particle_before_a_whole_word_is_no_slip() -> None:
    known = {"住民", "児童", "手当"}.__contains__
    text = "コンビニだけで住民票"
    assert text.index("で") not in suspects(TOKENIZE(text), known)
    assert text.index("で") in suspects(TOKENIZE(text), {"コンビニ"}.__contains__)
    assert suspects(TOKENIZE("を童手当"), known) != []
