import pytest

from bot.core.documents import Match, Ranking
from bot.core.wants import wants_by


def ranked(text: str) -> Ranking:
    """Sure of a message that names one thing alone."""
    known = {"転出届": "moving", "児童手当": "child", "カード": "card"}
    found = [item for word, item in known.items() if word in text]
    if not found:
        return Ranking((), 0.0, 0.0, 0.0)
    return Ranking((Match(found[0], 1.0),), 0.9 if len(found) == 1 else 0.5, 1.0, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "転出届と児童手当",
        "転出届や児童手当について",
        "転出届、児童手当",
        "転出届/児童手当",
        "転出届を出したい。それと児童手当",
    ],
)
def test_two_wants_are_told_apart_in_order(text: str) -> None:
    assert [want.id for want in wants_by(ranked, text)] == ["moving", "child"]


@pytest.mark.parametrize(
    "text",
    [
        "転出届",
        "",
        "と",
        "転出届と児童手当の違い",
        "転出届を出すと届きますか",
        "転出届と転出届",
        "転出届と天気",
        "転出届と児童手当は別ですか",
        "児童手当のカード落として",
    ],
)
def test_one_want_is_not_split(text: str) -> None:
    assert wants_by(ranked, text) == ()


def test_in_a_message_that_is_sure_only_a_word_of_joining_tells_wants_apart() -> None:
    for joined in (
        "転出届を出したい。あとカードをなくした",
        "転出届を出したいし、カードもなくした",
        "転出届を出すのと、カードを作るのを知りたい",
        "転出届の方法とカードの作り方",
        "転出届とカードのことを教えて",
        "転出届とカードを両方なくした",
    ):
        assert [want.id for want in wants_by(ranked, joined, linked=True)] == ["moving", "card"]
    assert wants_by(ranked, "転出届と児童手当", linked=True) == ()


def test_english_wants_are_told_apart() -> None:
    english = "転出届 is needed and how do I get a カード"
    assert [want.id for want in wants_by(ranked, english, linked=True)] == ["moving", "card"]


def test_a_want_keeps_its_own_words() -> None:
    first, second = wants_by(ranked, "転出届を出したい。それと児童手当")
    assert (first.text, second.text) == ("転出届を出したい", "児童手当")
