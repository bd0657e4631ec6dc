"""A ranking that is remembered is the one that would be found again."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.documents import Match, Ranking
from bot.services.remembering import Remembering


def ranked(text: str) -> Ranking:
    """A ranking that tells its message."""
    return Ranking((Match(text, 1.0),), 1.0, 1.0, 1.0)


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=3)))
def test_whatever_was_asked_before_the_ranking_is_the_messages_own(texts):
    remembering = Remembering(ranked, most=3)
    assert [remembering(text) for text in texts] == [ranked(text) for text in texts]


def test_the_latest_messages_are_remembered_and_long_ones_are_not():
    counted = []

    def rank(text: str) -> Ranking:
        counted.append(text)
        return ranked(text)

    remembering = Remembering(rank, most=2)
    for text in ("ごみ", "避難所", "ごみ", "税", "ごみ", "避難所", "長" * 101, "長" * 101):
        remembering(text)
    assert counted == ["ごみ", "避難所", "税", "避難所", "長" * 101, "長" * 101]


def test_no_words_are_kept():
    remembering = Remembering(lambda text: Ranking((), 0.0, 0.0, 0.0))
    remembering("妻には内緒です")
    assert "内緒" not in repr(vars(remembering))
