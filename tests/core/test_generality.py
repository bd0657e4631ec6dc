import pytest

from bot.core.generality import generality
from bot.core.matching import Document, build_index, rank
from bot.core.priors import SHIPPED
from bot.core.rerank import WEIGHTS
from bot.core.saved import from_bytes, to_bytes
from bot.core.scoring import FEATURES
from bot.core.terms import tokenize_text
from tests.core.knowledge import TOKENIZE


def of(title: str) -> int:
    return generality(tokenize_text(title, TOKENIZE))


@pytest.mark.parametrize(
    ("general", "particular"),
    [
        ("粗大ごみについて教えてください", "留守のとき粗大ごみを出せますか"),
        ("図書館はどこにありますか", "図書館に駐車できますか"),
        ("転入や転出の手続きを知りたい", "転入届を出し忘れた"),
        ("手当の申請に何がいりますか", "受給者の名字が変わったのですが"),
    ],
)
def test_a_title_for_everybody_is_more_general_than_one_of_a_case(
    general: str, particular: str
) -> None:
    assert of(general) > 0 > of(particular)


def test_a_bare_noun_is_neither_general_nor_particular() -> None:
    assert of("図書館") == of("引っ越しの届け出") == of("") == 0


def test_a_particle_after_a_noun_tells_of_no_case() -> None:
    assert of("父と母が届ける") == 0
    assert of("電話すれば届く") == of("届けるが届かない") == -1


def test_of_entries_that_fit_alike_the_general_one_comes_first() -> None:
    case = Document("case", "図書館で本を借りたのですが", (), "図書館の本のことです。")
    general = Document("general", "図書館で本を借りるには何が", (), "図書館の本のことです。")
    other = Document("other", "児童手当の額", (), "図書館にちらしがあります。")
    index = build_index((case, general, other), (), TOKENIZE)
    for each in (index, from_bytes(to_bytes(index))):
        assert rank(each, "図書館の本", TOKENIZE).matches[0].id == "general"
        assert each.generality.tolist() == [item.generality for item in each.counts] == [-2, 1, 0]


def test_entries_with_a_kind_are_ranked_without_regard_to_it() -> None:
    place = FEATURES.index("generality")
    assert WEIGHTS[place] > 0.0 == WEIGHTS[place] + SHIPPED.features[place]
