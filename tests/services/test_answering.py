"""What each kind of LINE event is answered, remembered and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.content.loader import load
from bot.content.sudachi import SudachiTokenizer
from bot.core.conversation import State, action, state_from_json
from bot.core.ports import Answered
from bot.core.reactions import Reaction
from bot.core.text import _folded
from bot.line.events import Event, EventKind, Source
from bot.line.limits import check_messages
from bot.line.render import render
from bot.services.answering import Answering, speak
from bot.services.library import Library, Terms
from tests.builders import content, wording
from tests.conftest import NOW

USER = Source(type="user", user_id="U" + "a" * 32)
GROUP = Source(type="group", user_id="U" + "a" * 32, chat_id="C" + "b" * 32)
NOBODY_IN_GROUP = replace(GROUP, user_id=None)


@pytest.fixture(scope="module")
def answering(tokenizer: SudachiTokenizer) -> Iterator[Answering]:
    """The made-up city's account."""
    said = wording(
        follow="友だち登録ありがとう。{city}です。{days}日残します。",
        group_private="個人のことは1対1で",
        sticker="スタンプどうも",
        media="写真は見られません",
        location="位置は使いません",
        group_joined="よろしく",
        gone="もうありません",
        empty="何を知りたいですか",
        erase_ask="消してよろしいですか",
        erased="消しました",
        erase_elsewhere="ここでは消せません",
        privacy_button="個人情報",
    )
    files = content({"intents/wording/ja.yaml": said})
    library = Library(load(files).draft, tokenizer, Terms(30, "https://minato.example.jp/privacy"))
    yield Answering(lambda: library.view("minato"), render)


def event(kind: EventKind = EventKind.TEXT, **changes: Any) -> Event:
    values: dict[str, Any] = {
        "event_id": "e1",
        "kind": kind,
        "mode": "active",
        "reply_token": "token",
        "source": USER,
    }
    return Event(**(values | changes))


def words(answered: Answered) -> str:
    return json.dumps(answered.messages, ensure_ascii=False)


def test_a_question_is_answered_and_kept_for_statistics(answering: Answering) -> None:
    answered = answering.answer(event(text="図書館カードを作りたい"), None, NOW)
    assert answered.outcome == "answer"
    assert answered.candidates[0] == "library-card"
    assert answered.question == "図書館カードを作りたい"
    assert state_from_json(answered.state).last == "library-card"
    assert check_messages(answered.messages) == []
    assert not answered.erase


def test_no_words_stay_in_memory_once_they_are_answered(answering: Answering) -> None:
    answering.answer(event(text="給付金をもらいたい"), None, NOW)
    assert _folded.cache_info().currsize == 0


def test_the_state_of_before_is_understood(answering: Answering) -> None:
    first = answering.answer(event(text="図書館カードを作りたい"), None, NOW)
    second = answering.answer(event(text="いくら？"), first.state, NOW + timedelta(minutes=1))
    assert "無料" in words(second)
    forgotten = answering.answer(event(text="いくら？"), None, NOW)
    assert "無料" not in words(forgotten)


def test_a_number_is_masked_before_anything_is_kept(answering: Answering) -> None:
    answered = answering.answer(event(text="番号は123456789012 図書館カード"), None, NOW)
    assert "123456789012" not in words(answered)
    assert "123456789012" not in str(answered.question)
    assert "123456789012" not in str(answered.state)


def test_a_button_shows_its_item_and_keeps_no_words(answering: Answering) -> None:
    pressed = event(EventKind.POSTBACK, postback_data=action("show", id="library-card"))
    answered = answering.answer(pressed, None, NOW)
    assert answered.candidates == ("library-card",)
    assert answered.question is None


@pytest.mark.parametrize("data", [None, "", "do=show&id=gone", "hello", "do=fly"])
def test_a_button_whose_target_is_gone_gets_an_honest_answer(
    answering: Answering, data: str | None
) -> None:
    answered = answering.answer(event(EventKind.POSTBACK, postback_data=data), None, NOW)
    assert "もうありません" in words(answered)
    assert answered.outcome == "fallback"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (EventKind.STICKER, "スタンプどうも"),
        (EventKind.IMAGE, "写真は見られません"),
        (EventKind.VIDEO, "写真は見られません"),
        (EventKind.AUDIO, "写真は見られません"),
        (EventKind.FILE, "写真は見られません"),
        (EventKind.LOCATION, "位置は使いません"),
    ],
)
def test_what_is_no_text_gets_a_kind_word_and_changes_no_state(
    answering: Answering, kind: EventKind, said: str
) -> None:
    before = State(last="library-card").to_json()
    answered = answering.answer(event(kind), before, NOW)
    assert said in words(answered)
    assert answered.state == before
    assert answered.question is None


def test_a_sticker_leaves_what_was_to_choose_from(answering: Answering) -> None:
    before = State(shown=(("図書館", action("show", id="library-card")),)).to_json()
    answered = answering.answer(event(EventKind.STICKER), before, NOW)
    assert action("show", id="library-card") in words(answered)
    assert check_messages(answered.messages) == []


def test_a_new_friend_is_told_what_is_kept(answering: Answering) -> None:
    answered = answering.answer(event(EventKind.FOLLOW), None, NOW)
    assert "湊市" in words(answered)
    assert "30日" in words(answered)
    assert "https://minato.example.jp/privacy" in words(answered)
    assert state_from_json(answered.state) == State()
    assert answered.question is None


def test_leaving_erases_everything_in_silence(answering: Answering) -> None:
    answered = answering.answer(event(EventKind.UNFOLLOW, reply_token=None), "{}", NOW)
    assert answered.messages == ()
    assert answered.erase
    assert answered.state is None


@pytest.mark.parametrize(
    "silent",
    [
        event(text="こんにちは", mode="standby"),
        event(text="こんにちは", mode="unknown"),
        event(text="こんにちは", reply_token=None),
        event(EventKind.UNKNOWN),
        event(EventKind.LEAVE, source=GROUP),
        event(EventKind.MEMBER_JOINED, source=GROUP),
        event(text="こんにちは", source=GROUP),
        event(EventKind.STICKER, source=GROUP),
        event(EventKind.IMAGE, source=GROUP),
        event(EventKind.IMAGE, later_in_set=True),
    ],
)
def test_what_is_not_for_us_is_passed_over(answering: Answering, silent: Event) -> None:
    before = State(misses=1).to_json()
    answered = answering.answer(silent, before, NOW)
    assert answered.messages == ()
    assert answered.state == before
    assert answered.question is None


@pytest.mark.parametrize("source", [GROUP, NOBODY_IN_GROUP])
def test_a_group_is_answered_when_it_mentions_us_and_told_once(
    answering: Answering, source: Source
) -> None:
    asked = event(text="図書館カードを作りたい", mentioned=True, source=source)
    first = answering.answer(asked, None, NOW)
    assert "個人のことは1対1で" in words(first)
    assert first.candidates[0] == "library-card"
    second = answering.answer(asked, first.state, NOW)
    assert "個人のことは1対1で" not in words(second)
    assert "図書館の窓口" in words(second)
    assert check_messages(first.messages) == []


def test_who_only_mentions_us_is_asked_what_for(answering: Answering) -> None:
    called = event(text="", mentioned=True, source=GROUP)
    said = words(answering.answer(called, State(group_told=True).to_json(), NOW))
    assert "何を知りたいですか" in said and "もうありません" not in said


def test_a_group_that_invites_us_is_greeted(answering: Answering) -> None:
    assert "よろしく" in words(answering.answer(event(EventKind.JOIN, source=GROUP), None, NOW))


def test_a_group_can_erase_nobody_and_is_promised_nothing(answering: Answering) -> None:
    for data in (action("erase"), action("erase", sure="yes")):
        pressed = event(EventKind.POSTBACK, postback_data=data, source=GROUP)
        answered = answering.answer(pressed, None, NOW)
        assert not answered.erase
        assert "ここでは消せません" in words(answered)
        assert "消しました" not in words(answered) and "よろしいですか" not in words(answered)


def test_erasing_keeps_neither_words_nor_state(answering: Answering) -> None:
    pressed = event(EventKind.POSTBACK, postback_data=action("erase", sure="yes"))
    answered = answering.answer(pressed, State(last="library-card").to_json(), NOW)
    assert answered.erase
    assert answered.state is None
    assert answered.question is None


def test_today_is_the_day_in_japan(library: Library) -> None:
    eve = NOW.replace(month=12, day=31, hour=15, minute=30)  # half past midnight in Japan
    spoken = speak(library.view("onojo"), "今年は令和何年ですか", None, eve)
    assert "令和9年" in str(spoken.turn.reply)


def test_that_it_helped_is_kept_as_no_question_and_of_nobody(answering: Answering) -> None:
    first = answering.answer(event(text="図書館カードを作りたい"), None, NOW)
    told = answering.answer(event(text="解決しました"), first.state, NOW)
    assert told.reaction == Reaction("solved", "library-card")
    assert told.question is None and told.private
    again = answering.answer(event(text="解決しました"), told.state, NOW)
    assert again.reaction is None and again.question is None


def test_in_a_group_nobody_is_asked_whether_it_helped(answering: Answering) -> None:
    asked = event(text="図書館カードを作りたい", source=GROUP, mentioned=True)
    answered = answering.answer(asked, None, NOW)
    assert answered.messages and "do=solved" not in words(answered)
    alone = answering.answer(event(text="図書館カードを作りたい"), None, NOW)
    assert "do=solved" in words(alone)
