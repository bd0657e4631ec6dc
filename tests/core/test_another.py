"""What the bot does with its own things is not done for a thing that is another's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.another import acts_on_another_thing
from bot.core.documents import Match
from bot.services.library import Library


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
