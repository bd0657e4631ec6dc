"""Danger without a sign: the card first, or a line under the answer, which itself stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.alarm import danger_by_wording, explain_danger, hidden_danger, with_danger_line
from bot.core.danger_score import danger_level
from bot.core.replies import Card, Cards, Part, Reply, Text
from bot.core.turn import Speaker, Turn
from bot.core.view import CityView
from bot.line.limits import check_messages
from bot.line.render import render
from bot.services.answering import speak
from bot.services.library import Library
from tests.conftest import NOW

ROUNDABOUT = "体育館の梁から生徒が落ちた"  # no sign stands in it
NEARLY = "マンホールが外れてる"


@pytest.fixture
def view(library: Library) -> CityView:
    return library.view("hachioji")


def without_card(view: CityView) -> CityView:
    kept = tuple(each for each in view.content.emergencies if not each.learned)
    return replace(view, content=replace(view.content, emergencies=kept))


def with_calm(view: CityView, *words: str) -> CityView:
    found = view.content.emergencies
    dangers = tuple(replace(each, calm=words) if each.learned else each for each in found)
    return replace(view, content=replace(view.content, emergencies=dangers))


def test_danger_in_words_nobody_thought_of_gets_the_numbers_and_is_asked_back(
    view: CityView,
) -> None:
    assert view.lookout.find(ROUNDABOUT) == []
    turn = speak(view, ROUNDABOUT, None, NOW).turn
    card = turn.reply.parts[0]
    assert isinstance(card, Card)
    assert card.tone == "emergency"
    assert {"119", "110", "118"} <= {phone.phone for phone in card.phones}
    labels = [button.label for button in turn.reply.quick_replies]
    assert "急病・けが・救急車" in labels
    assert turn.candidates[0].id == "danger"


def test_a_button_under_it_gives_the_card_of_that_danger(view: CityView) -> None:
    asked = speak(view, ROUNDABOUT, None, NOW)
    chosen = speak(view, "急病・けが・救急車", asked.state, NOW)
    assert chosen.turn.candidates[0].id == "ambulance"


def test_the_line_stands_under_an_answer_that_is_as_it_would_be_without(view: CityView) -> None:
    plain = speak(without_card(view), NEARLY, None, NOW).turn
    turn = speak(view, NEARLY, None, NOW).turn
    line = Text(view.wording("ja").say("danger_line"))
    assert turn.reply.parts == (*plain.reply.parts, line)
    assert replace(turn, reply=plain.reply) == plain


@pytest.mark.parametrize(
    ("text", "calm"),
    [(ROUNDABOUT, "なにか|梁からせいと|梁から生徒"), (NEARLY, "まんホール|外れテル")],
)
def test_staff_can_say_what_is_never_danger(view: CityView, text: str, calm: str) -> None:
    assert hidden_danger(view, text, lambda: 0.3) != "none"
    assert hidden_danger(with_calm(view, calm), text, lambda: 0.3) == "none"
    assert hidden_danger(with_calm(view, "なにか"), text, lambda: 0.3) != "none"


@pytest.mark.parametrize("text", ["ほな、また", "おばんです！", "火", "娘が", "12345"])
def test_small_talk_and_scraps_bring_no_line(view: CityView, text: str) -> None:
    line = Text(view.wording("ja").say("danger_line"))
    turn = speak(view, text, None, NOW).turn
    assert line not in turn.reply.parts
    assert "danger" not in [candidate.id for candidate in turn.candidates]


def test_a_flood_is_let_through_where_the_wording_alone_tells_of_danger(view: CityView) -> None:
    assert danger_by_wording(view, "天井落ちてきて母さんが埋まってる")
    assert not danger_by_wording(view, "住民票がほしい")


def test_content_without_the_card_says_nothing_of_it(view: CityView) -> None:
    assert hidden_danger(without_card(view), ROUNDABOUT, lambda: 0.0) == "none"
    assert danger_level(ROUNDABOUT, lambda: 0.0) == "card"


@pytest.mark.parametrize("last", [Text("五"), Card("五", "五", "五"), Cards((), "五")])
def test_the_line_fits_into_five_messages(view: CityView, last: Part) -> None:
    turn = speak(view, "図書館", None, NOW).turn
    parts = (*(Text(f"答え{number}") for number in range(4)), last)
    full = with_danger_line_of(view, replace(turn, reply=Reply(parts)))
    assert len(full.parts) == 5
    assert "119" in str(full.parts)
    messages = render(full)
    check_messages(messages)
    assert len(messages) <= 5


def with_danger_line_of(view: CityView, turn: Turn) -> Reply:
    speaker = Speaker(view, turn.state, "ja", "図書館", NOW.date())
    return with_danger_line(speaker, turn).reply


def test_staff_read_why(view: CityView) -> None:
    card = "\n".join(explain_danger(view, ROUNDABOUT, 0.1))
    assert "緊急の案内を先に出しました" in card
    assert "calm" in card
    line = "\n".join(explain_danger(view, NEARLY, 0.6))
    assert "119・110の一行" in line
    signs = "\n".join(explain_danger(view, "家が燃えています", 0.1))
    assert "signs" in signs
    assert list(explain_danger(view, "住民票がほしい", 0.9)) == []


REPORTS = ["母がさっき帰ってきました", "間違えて送っちゃった", "もう払っちゃった",
           "締め切り過ぎちゃってた", "アプリ消しちゃった", "一時間待っちゃった"]  # fmt: skip


@pytest.mark.parametrize("text", REPORTS)
def test_what_somebody_has_done_is_no_danger_in_a_matter(view: CityView, text: str) -> None:
    before = speak(view, "児童手当をもらいたい", None, NOW)
    assert speak(view, text, before.state, NOW).turn.candidates[0].id != "danger"


def test_danger_is_heard_in_the_middle_of_a_matter(view: CityView) -> None:
    before = speak(view, "児童手当をもらいたい", None, NOW)
    assert speak(view, ROUNDABOUT, before.state, NOW).turn.candidates[0].id == "danger"


def test_the_matter_goes_on_after_the_card_of_what_only_sounds_like_danger(view: CityView) -> None:
    before = speak(view, "児童手当をもらいたい", None, NOW)
    card = speak(view, ROUNDABOUT, before.state, NOW)
    assert speak(view, "いくら？", card.state, NOW).turn.candidates[0].id == "proc-child-01"
