"""What a single message says is meant, and what it says is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.instead import meant_instead
from bot.services.answering import speak
from bot.services.library import Library

NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("入園の申し込みじゃなくて、認定の申請", "認定の申請"),
        ("住民票はコンビニじゃなくて窓口で取れますか", "住民票は窓口で取れますか"),
        ("保育園の現況届じゃなくて児童手当のほう", "児童手当の現況届"),
        ("カードではなく通知カードをなくした", "通知カードをなくした"),
        ("カードじゃなくても本人確認できますか", ""),
        ("なくしたのはカードではなくなった", ""),
        ("児童手当の現況届", ""),
    ],
)
def test_what_is_not_meant_is_left_out(text: str, meant: str) -> None:
    assert meant_instead(text)[0] == meant


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("区分変更じゃなくて更新の申請", "proc-care-02"),
        ("保育園の入園じゃなくて認定の申請", "proc-child-11"),
        ("保育園のじゃなくて児童手当の現況届", "proc-child-10"),
        ("機械じゃなくて人がいい", "handoff"),
    ],
)
def test_a_message_is_answered_by_what_it_means(library: Library, text: str, first: str) -> None:
    turn = speak(library.view("yachiyo"), text, None, NOON).turn
    assert (turn.decision, turn.candidates[0].id) == ("answer", first)
