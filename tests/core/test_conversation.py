"""The remembered state survives storage, and nothing broken ever stops an answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import State, action, read_action, state_from_json

states = st.builds(
    State,
    last=st.text(max_size=20),
    shown=st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=13).map(tuple),
    asked=st.text(max_size=50),
    refused=st.lists(st.text(max_size=9), max_size=3).map(tuple),
    misses=st.integers(0, 9),
    language=st.sampled_from(["ja", "en", "easy_ja"]),
    group_told=st.booleans(),
    judged=st.lists(st.text(max_size=9), max_size=3).map(tuple),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(states)
def test_a_stored_state_comes_back_as_it_was(state: State) -> None:
    assert state_from_json(state.to_json()) == state


@pytest.mark.parametrize(
    "stored",
    [None, "", "{", "[]", "null", "3", '"x"', '{"misses": "many"}', '{"shown": [1]}',
     '{"shown": [["a"]]}', '{"last": 3}', '{"language": null}', '{"misses": 1e999}', "[" * 5000],
)  # fmt: skip
def test_an_unreadable_state_is_forgotten(stored: str | None) -> None:
    assert state_from_json(stored) == State()


def test_state_of_an_older_version_still_counts() -> None:
    older = {"last": "a", "shown": [["はい", "do=menu"]], "asked": "b", "misses": 1}
    assert state_from_json(json.dumps(older)) == State("a", (("はい", "do=menu"),), "b", (), 1)


def test_keys_of_another_version_are_ignored() -> None:
    assert state_from_json('{"last": "a", "mood": "good"}') == State(last="a")


@given(st.dictionaries(st.sampled_from(list(json.loads(State().to_json()))), json_values))
def test_any_stored_json_gives_a_usable_state(values: dict[str, object]) -> None:
    state = state_from_json(json.dumps(values))
    assert isinstance(state.misses, int)
    assert isinstance(state.language, str)
    assert all(isinstance(text, str) for pair in state.shown for text in pair)
    assert state_from_json(state.to_json()) == state


@given(st.text(min_size=1, max_size=60).filter(str.isascii))
def test_a_button_gives_back_what_it_was_made_of(item_id: str) -> None:
    assert read_action(action("show", id=item_id)) == {"do": "show", "id": item_id}


@pytest.mark.parametrize("data", ["", "hello", "id=3", "%%%", "do", "&&&", "x" * 5000])
def test_data_that_is_not_ours_says_nothing(data: str) -> None:
    assert read_action(data) == {}


@given(st.text())
def test_any_data_is_read_without_an_error(data: str) -> None:
    assert all(isinstance(value, str) for value in read_action(data).values())
