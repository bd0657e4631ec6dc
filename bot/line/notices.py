"""An announcement's messages as LINE message objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.core.announcements import CardMessage, Kind, TextMessage
from bot.core.announcements import Message as Notice
from bot.core.conversation import action
from bot.core.graphemes import cut_utf16
from bot.line.limits import MAX_ALT_TEXT
from bot.line.sentences import one_line, tidy

Message = dict[str, Any]

WHY_LABEL = "なぜ届いた？"
WHY = "why"  # the postback's `do`; `id` is the announcement
_INK, _PAPER = "#1A1A1A", "#FFFFFF"
_GREEN, _RED = "#0B6B3A", "#B3261E"


def render_notices(notices: Sequence[Notice], kind: Kind, announcement: int) -> list[Message]:
    """One LINE message for each, as they are; the last one has the button 「なぜ届いた？」.

    Nothing is cut or left out: `bot.line.limits.check_messages` says what would not fit.
    """
    messages = [_message(notice, kind) for notice in notices]
    if messages:
        data = action(WHY, id=str(announcement))
        why = {"type": "postback", "label": WHY_LABEL, "data": data, "displayText": WHY_LABEL}
        messages[-1]["quickReply"] = {"items": [{"type": "action", "action": why}]}
    return messages


def _message(notice: Notice, kind: Kind) -> Message:
    if isinstance(notice, TextMessage):
        return {"type": "text", "text": tidy(notice.text)}
    return {"type": "flex", "altText": _alt(notice), "contents": _bubble(notice, kind)}


def _alt(card: CardMessage) -> str:
    """What the notification and a screen reader say: title, then the words."""
    parts = (one_line(part) for part in (card.title, card.words, card.text))
    return cut_utf16("。".join(part for part in parts if part), MAX_ALT_TEXT)


def _bubble(card: CardMessage, kind: Kind) -> Message:
    bubble: Message = {"type": "bubble", "size": "mega"}
    urgent = kind is Kind.EMERGENCY
    title = one_line(card.title)
    words = []
    if urgent:
        band = _words(title, size="lg", weight="bold", color=_PAPER)
        bubble["header"] = _box([band], backgroundColor=_RED, paddingAll="lg")
    else:
        words.append(_words(title, size="lg", weight="bold"))
    if card.image:
        bubble["hero"] = {
            "type": "image",
            "url": card.image,
            "size": "full",
            "aspectRatio": "20:13",
            "aspectMode": "fit",
        }
        words.append(_words(tidy(card.words)))
    if card.text:
        words.append(_words(tidy(card.text)))
    if words:
        bubble["body"] = _box(words, spacing="md")
    if card.links:
        buttons = [
            _button(link.label, link.url, first=number == 0, urgent=urgent)
            for number, link in enumerate(card.links)
        ]
        bubble["footer"] = _box(buttons, spacing="sm")
    return bubble


def _box(contents: list[Message], **style: str) -> Message:
    return {"type": "box", "layout": "vertical", "contents": contents, **style}


def _words(text: str, *, size: str = "md", color: str = _INK, weight: str = "") -> Message:
    component: Message = {"type": "text", "text": text, "size": size, "color": color}
    if weight:
        component["weight"] = weight
    return {**component, "wrap": True, "scaling": True, "lineSpacing": "6px"}


def _button(label: str, url: str, *, first: bool, urgent: bool) -> Message:
    component: Message = {
        "type": "button",
        "style": "primary" if first else "secondary",
        "adjustMode": "shrink-to-fit",
        "scaling": True,
        "action": {"type": "uri", "label": label, "uri": url},
    }
    return {**component, "color": _RED if urgent else _GREEN} if first else component
