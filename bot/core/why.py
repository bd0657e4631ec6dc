"""「なぜ届いた？」: the choices for which an announcement came, or honestly that there are none."""

from __future__ import annotations

from dataclasses import replace

from bot.core.replies import Text
from bot.core.resident import Received
from bot.core.segment_words import why
from bot.core.segments import Everyone
from bot.core.turn import Speaker, Turn


def why_received(speaker: Speaker, announcement: str) -> Turn:
    """Why the resident got the announcement of that number."""
    resident = speaker.resident
    if resident is None:
        return speaker.say("settings_elsewhere", "answer")
    known = announcement.isascii() and announcement.isdecimal() and len(announcement) <= 15
    received = resident.received(int(announcement)) if known else None
    text = _reason(speaker, received) if received else speaker.words.say("why_unknown")
    buttons = (*speaker.settings_buttons(), speaker.menu_button())
    return replace(speaker.done((Text(text),), buttons), decision="answer")


def _reason(speaker: Speaker, received: Received) -> str:
    words = speaker.words
    if received.kind != "announcement":
        return words.say(f"why_{received.kind}")
    if received.rule is None or isinstance(received.rule, Everyone):
        return words.say("why_everyone")
    assert speaker.resident is not None
    chosen = speaker.resident.profile().attributes
    catalog = speaker.view.catalog.in_language(speaker.language)
    reasons = why(received.rule, chosen, received.sent_on, catalog)
    if not reasons:
        return words.say("why_changed")
    return "\n".join([words.say("why_chosen"), *(f"・{reason}" for reason in reasons)])
