"""Whom an event speaks to: the bot, or others where the bot happens to hear it."""

from __future__ import annotations

from bot.core.ports import Event

GROUPS = ("group", "room")
_SAID = frozenset(("text", "sticker", "image", "video", "audio", "file", "location"))
# What holds words or pictures, of kinds that LINE may invent too.
_WORDS = _SAID | {"messageEdited", "unknown"}


def is_to_us(event: Event) -> bool:
    """Whether somebody speaks to the bot, and is to be answered: in a group only by its name or by a
    button, of several pictures at once only the first."""
    if event.mode != "active":
        return False
    if event.kind == "postback":
        return True
    if event.source.type in GROUPS:
        return event.kind == "text" and event.mentioned
    return event.kind in _SAID and not event.later_in_set


def is_overheard(event: Event) -> bool:
    """Whether it holds what is meant for others: said among themselves in a group, or to another
    program that has the chat (standby)."""
    among_others = event.source.type in GROUPS or event.mode != "active"
    return among_others and event.kind in _WORDS and not is_to_us(event)
