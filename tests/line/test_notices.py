"""Announcements as LINE messages: as written, within the limits, readable without the picture."""

from __future__ import annotations

import pytest

from bot.core.announcements import CardMessage, Kind, TextMessage
from bot.core.conversation import read_action
from bot.core.knowledge import Link
from bot.line.limits import check_messages
from bot.line.notices import render_notices
from tests.line.openapi import OpenApi, spec_missing

TEXT = TextMessage("スマホ教室を開きます。\n参加は無料です。")
CARD = CardMessage(
    "題", "本文", (Link("開く", "https://a.example/"), Link("電話", "tel:0426263111"))
)
IMAGE = CardMessage("催し", "", (), "https://a.example/b.png", "体験会 12月5日")


@pytest.mark.parametrize("kind", list(Kind))
def test_every_message_is_one_line_takes(kind):
    messages = render_notices([TEXT, CARD, IMAGE], kind, 7)
    assert len(messages) == 3 and check_messages(messages) == []


def test_words_stay_as_they_were_written():
    (message,) = render_notices([TEXT], Kind.NORMAL, 7)
    assert message["text"] == TEXT.text


def test_who_does_not_see_the_picture_reads_its_words():
    (message,) = render_notices([IMAGE], Kind.NORMAL, 7)
    assert message["altText"] == "催し。体験会 12月5日"
    assert "体験会" in str(message["contents"]["body"])


def test_only_the_last_message_asks_why():
    first, last = render_notices([TEXT, CARD], Kind.NORMAL, 7)
    assert "quickReply" not in first
    action = last["quickReply"]["items"][0]["action"]
    assert read_action(action["data"]) == {"do": "why", "id": "7"}


def test_an_emergency_looks_like_one():
    (message,) = render_notices([CARD], Kind.EMERGENCY, 7)
    assert message["contents"]["header"]["backgroundColor"] == "#B3261E"
    (plain,) = render_notices([CARD], Kind.NORMAL, 7)
    assert "header" not in plain["contents"]


def test_the_same_announcement_is_the_same_bytes():
    assert render_notices([TEXT, CARD], Kind.DRILL, 7) == render_notices(
        [TEXT, CARD], Kind.DRILL, 7
    )


@pytest.mark.skipif(bool(spec_missing()), reason=spec_missing())
@pytest.mark.parametrize("kind", list(Kind))
def test_lines_own_schema_takes_every_message(kind):
    request = {
        "to": ["U" + "a" * 32],
        "messages": render_notices([TEXT, CARD, IMAGE], kind, 7),
        "customAggregationUnits": ["m20261121_7"],
    }
    assert OpenApi.messaging().problems("MulticastRequest", request) == []
