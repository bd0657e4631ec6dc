import json

import numpy as np
import pytest

from bot.core.matching import Document, build_index, rank
from bot.core.priors import KINDS, SHIPPED, TYPES, question_types, read_priors
from bot.core.saved import from_bytes, to_bytes
from tests.core.knowledge import TOKENIZE

TERM = Document("term", "プッシュ型通知", (), "市から先に知らせる仕組みです。", kind="term")
OWN = Document("own", "プッシュ型通知", (), "市から先に知らせる仕組みです。", kind="own")


def first(text: str) -> str:
    index = from_bytes(to_bytes(build_index((OWN, TERM), (), TOKENIZE)))
    return rank(index, text, TOKENIZE).matches[0].id


def test_a_question_for_a_meaning_prefers_the_glossary_to_the_city_entry() -> None:
    assert first("プッシュ型通知ってどういう意味？") == "term"


def lead(text: str) -> float:
    index = build_index((OWN, TERM), (), TOKENIZE)
    scores = {match.id: match.score for match in rank(index, text, TOKENIZE).matches}
    return scores["own"] - scores["term"]


def test_a_question_that_names_the_city_favours_its_own_entry() -> None:
    assert lead("市のプッシュ型通知は？") > lead("プッシュ型通知は？")


def test_documents_without_kinds_are_scored_alike_whatever_is_asked() -> None:
    plain = [Document(name, "プッシュ型通知", (), "市の通知です。") for name in ("a", "b")]
    index = build_index(plain, (), TOKENIZE)
    one, two = rank(index, "プッシュ型って何？", TOKENIZE).matches
    assert one.score == two.score


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("プッシュ型って何?", "definition"),
        ("BODIKとは", "definition"),
        ("市の手続き", "city"),
        ("マイナンバーカード", "bare"),
        ("LINEで払えますか", "polar"),
        ("手数料はいくら", "facet"),
    ],
)
def test_a_question_is_of_its_type(text: str, kind: str) -> None:
    assert question_types(text)[TYPES.index(kind)] == 1.0


def test_a_weights_file_for_other_kinds_is_refused() -> None:
    with pytest.raises(ValueError, match="other kinds"):
        read_priors(json.dumps({"kinds": ["x"], "types": []}))
    assert SHIPPED.kinds.shape == (len(KINDS) + 1, len(TYPES))
    assert not np.any(SHIPPED.kinds[-1])
