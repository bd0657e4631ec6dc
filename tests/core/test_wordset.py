from hypothesis import given
from hypothesis import strategies as st

from bot.core.wordset import Words

SHORT = st.text("あいうab", max_size=4)


@given(st.lists(SHORT), st.text("あいうab\n", max_size=20))
def test_the_words_that_stand_in_a_text_are_found(words: list[str], text: str) -> None:
    expected = {word for word in words if word and word in text}
    assert Words(words).standing_in(text) == expected
    assert Words(words).any_in(text) is bool(expected)
