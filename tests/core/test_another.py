"""What the bot does with its own things is not done for a thing that is another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.another import acts_on_another_thing
from bot.core.documents import Match
from bot.services.answering import speak
from bot.services.library import Library

NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "intent", "another"),
    [
        ("戸籍の記録を消したい", "erase", True),
        ("ピアノ教室の一覧", "class-list", True),
        ("会話の記録を消したい", "erase", False),
        ("スマホ教室の一覧", "class-list", False),
        ("全部消して", "erase", False),
        ("保健所の電話番号", "phone-number", True),
        ("市役所の電話番号", "phone-number", False),
        ("戸籍の担当の人と話したい", "handoff", False),
    ],
)
def test_a_thing_no_example_has_is_anothers(
    library: Library, text: str, intent: str, another: bool
) -> None:
    view = library.view("hachioji")
    ranking = replace(view.rank(text), matches=(Match(intent, 1.0), Match("thanks", 0.5)))
    assert acts_on_another_thing(view, text, ranking) is another


@pytest.mark.parametrize("city", ["hachinohe", "goshogawara", "hachioji"])
def test_what_is_next_to_another_things_hours_is_not_answered_as_if_it_were_likely(
    library: Library, city: str
) -> None:
    turn = speak(library.view(city), "エルムの営業時間", None, NOON).turn
    assert turn.decision == "choices"
