"""What the bot says, before any channel gives it a form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bot.core.knowledge import Contact, Link


@dataclass(frozen=True)
class Text:
    """A plain message."""

    text: str


@dataclass(frozen=True)
class Card:
    """An answer: title, body, buttons, small print.

    `alt` is what a lock screen shows; it is neutral for sensitive topics.
    `phones` become call buttons (those with a number), `links` web buttons. `fixed`: everybody is
    told the same, so a channel may keep what it makes of the card.
    """

    title: str
    body: str
    alt: str
    links: tuple[Link, ...] = ()
    phones: tuple[Contact, ...] = ()
    note: str = ""
    tone: Literal["normal", "emergency"] = "normal"
    fixed: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Cards:
    """Small cards of one kind side by side; `alt` is what a lock screen shows.

    A channel shows as many as it can, the first ones first; keep it to five.
    """

    cards: tuple[Card, ...]
    alt: str


Part = Text | Card | Cards


class QuickReply(NamedTuple):
    """A button under the last message: `label` is shown and echoed, `data` is the postback.

    `label` fits LINE's 20 grapheme clusters; `data` its 300 characters.
    """

    label: str
    data: str


@dataclass(frozen=True)
class Reply:
    """One answer to a resident: its parts in order, and the buttons under the last of them."""

    parts: tuple[Part, ...]
    quick_replies: tuple[QuickReply, ...] = ()
