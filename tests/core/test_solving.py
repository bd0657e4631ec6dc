"""「解決しましたか」: what is understood, when it is asked, what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conversation import State, action, state_from_json
from bot.core.reactions import Reaction, choice, read_verdict
from bot.core.replies import QuickReply
from bot.core.solving import verdict_buttons
from bot.core.turn import Speaker, Turn
from bot.core.view import CityView
from bot.services.answering import speak
from bot.services.library import Library
from tests.conftest import NOW

LOST = action("show", id="mynumber-lost")


@pytest.mark.parametrize(
    "text",
    [
        "解決した",
        "解決しました！",
        "解決です",
        "ありがとう、解決しました",
        "ありがとうございました。おかげさまで無事に解決できました。",
        "はい、解決しましたよ",
        "解決しました、ありがとうございます",
        "かいけつした",
        "Solved, thanks!",
    ],
)
def test_words_that_say_it_helped(text: str) -> None:
    assert read_verdict(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "解決しない",
        "解決しません",
        "まだ解決しません。",
        "いいえ、解決しなかったです",
        "解決していない",
        "解決できませんでした",
        "未解決です",
        "解決してないよ",
        "解決にならない",
        "not solved",
    ],
)
def test_words_that_say_it_did_not(text: str) -> None:
    assert read_verdict(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ありがとう",
        "解決しましたか",
        "解決方法を教えて",
        "解決しない場合はどこに相談しますか",
        "近所の騒音を解決したい",
        "問題解決の窓口",
        "空き家の問題が解決しない",
        "解決した" * 50,
    ],
)
def test_other_words_are_questions(text: str) -> None:
    assert read_verdict(text) is None


@given(st.text(alphabet="解決しましたないせんでありがとう、。はまだ solved", max_size=60))
def test_reading_never_fails_or_hangs(text: str) -> None:
    assert read_verdict(text) in (True, False, None)


@pytest.fixture
def view(library: Library) -> CityView:
    return library.view("hachioji")


def pressed(
    view: CityView, data: str, state: State | None = None, *, in_group: bool = False
) -> Turn:
    kept = state.to_json() if state else None
    return speak(view, "", kept, NOW, data, in_group=in_group).turn


def labels(turn: Turn) -> list[str]:
    return [button.label for button in turn.reply.quick_replies]


def test_pair_stands_last_and_is_not_asked_in_a_group(view: CityView) -> None:
    assert labels(pressed(view, LOST))[-2:] == ["解決した", "解決しない"]
    assert "解決した" not in labels(pressed(view, LOST, in_group=True))


@pytest.mark.parametrize("beside", [11, 12, 13])
def test_pair_needs_room_for_both(view: CityView, beside: int) -> None:

    entry = view.entry("mynumber-lost")
    assert entry is not None
    speaker = Speaker(view, State(), "ja", "", NOW.date())
    assert len(verdict_buttons(speaker, entry, beside)) == (2 if beside == 11 else 0)


def test_who_may_be_in_distress_is_not_asked(view: CityView) -> None:
    entry = view.entry("mynumber-lost")
    assert entry is not None
    entries = {**view.content.entries, entry.id: replace(entry, sensitive=True)}
    other = replace(view, content=replace(view.content, entries=entries))
    assert "解決した" not in labels(pressed(other, LOST))


def test_meaning_of_a_word_is_not_asked_about(view: CityView) -> None:
    terms = [e for e in view.content.entries.values() if e.topic == "glossary"]
    found = labels(pressed(view, action("show", id=terms[0].id)))
    assert found and "解決した" not in found


def test_button_pressed_long_after_counts_for_its_own_answer(view: CityView) -> None:
    data = action("solved", id="mynumber-lost", yes="0")
    turn = pressed(view, data)
    assert turn.reaction == Reaction("unsolved", "mynumber-lost")
    assert state_from_json(turn.state.to_json()).judged == ("mynumber-lost",)
    assert pressed(view, data, turn.state).reaction is None


def test_button_of_an_entry_that_is_gone_is_answered_honestly(view: CityView) -> None:
    turn = pressed(view, action("solved", id="no-such-entry", yes="1"))
    assert turn.reaction is None and turn.decision == "fallback"


def test_unsolved_offers_what_came_next_for_the_same_words(view: CityView) -> None:
    first = speak(view, "マイナンバーカードをなくしました", None, NOW)
    turn = speak(view, "解決しない", first.state, NOW).turn
    shown = [button.data for button in turn.reply.quick_replies if "do=show" in button.data]
    ranked = [each.id for each in view.rank("マイナンバーカードをなくしました").matches]
    assert shown == [action("show", id=each) for each in ranked if each != "mynumber-lost"][:3]
    assert turn.reaction == Reaction("unsolved", "mynumber-lost") and turn.remark


def test_verdict_in_a_group_is_thanked_and_not_kept(view: CityView) -> None:
    first = speak(view, "マイナンバーカードをなくしました", None, NOW, in_group=True)
    turn = speak(view, "解決しました", first.state, NOW, in_group=True).turn
    assert turn.reaction is None and turn.remark and turn.decision == "answer"


_BACK = (
    QuickReply("A", action("show", id="a")),
    QuickReply("B", action("show", id="b")),
    QuickReply("どれでもない", action("none")),
)


@pytest.mark.parametrize(
    ("data", "item"), [(_BACK[1].data, "b"), (_BACK[2].data, "")], ids=["one", "none"]
)
def test_choice_is_kept_with_what_was_offered(data: str, item: str) -> None:
    shown = [(each.label, each.data) for each in _BACK]
    assert choice(shown, data) == Reaction("chosen", item, ("a", "b"))


def test_other_buttons_tell_nothing_of_a_choice() -> None:
    shown = [(each.label, each.data) for each in _BACK]
    assert choice(shown, action("show", id="c")) is None
    assert choice(shown, action("menu")) is None
    assert choice(shown[:2], _BACK[0].data) is None  # a menu, no question back
