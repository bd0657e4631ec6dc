"""Pasted lures are told from questions about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.core.lures import OF_FRAUD, is_lure
from bot.services.answering import speak
from bot.services.library import Library

NOON = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "lures"),
    [
        ("お荷物の住所が確認できません。こちらからお手続きください http://a.example.com/x", True),
        ("おめでとうございます！あなたが選ばれました", True),
        ("スマホだけで簡単に月30万円稼げます", True),
        ("副業に興味ある方募集", True),
        ("未納の料金があります。法的手続きに入ります", True),
        ("当選しましたというメールが来た", False),
        ("副業で稼げるというのは詐欺ですか", False),
        ("https://www.city.example.lg.jp/ このページの手続きをお願いします", False),
        ("市税の未納があります", False),
        ("http://a.example.com/", False),
        ("児童手当の手続き", False),
    ],
)
def test_a_lure_is_told_from_a_question(text: str, lures: bool) -> None:
    assert is_lure(text) is lures


def test_a_lure_is_answered_by_whom_to_ask_before_paying(library: Library) -> None:
    text = "税金の未払いがあります。至急クリックしてください http://pay.example.net/"
    turn = speak(library.view("hachioji"), text, None, NOON).turn
    assert (turn.decision, turn.candidates[0].id) == ("answer", OF_FRAUD)
