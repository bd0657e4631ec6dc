"""Reply -> what a page shows of it, with the same buttons and lines that LINE gets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.core.replies import Card, Cards, Part, QuickReply, Reply, Text
from bot.core.wording import JAPANESE
from bot.line.actions import Button, buttons_of
from bot.line.sentences import one_line, tidy
from bot.web.transcript import Exchange

PAGE_LANGUAGE = "ja"
_JAPANESE_LETTER = re.compile(r"[぀-ヿ㐀-鿿々〆]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_KANA = re.compile(r"[぀-ヿ]")


@dataclass(frozen=True)
class Bubble:
    """One speech bubble: plain words where only `body` is set, else a card."""

    body: str
    title: str = ""
    lines: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    note: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Shown:
    """One exchange as the page shows it."""

    said: str
    bubbles: tuple[Bubble, ...]
    quick_replies: tuple[QuickReply, ...]
    language: str = JAPANESE


def shown(exchange: Exchange) -> Shown:
    """The exchange ready for the template; parts in which nothing can be seen are left out."""
    parts = [each for part in exchange.reply.parts for each in _single(part)]
    bubbles = tuple(bubble for part in parts if (bubble := _bubble(part)))
    said = tidy(exchange.said)
    return Shown(said, bubbles, _quick_replies(exchange.reply), exchange.language)


def language_of(text: str, set_language: str = JAPANESE) -> str:
    """The BCP 47 tag a screen reader needs for `text`.

    A text with kana is Japanese, one of Latin words alone is English unless the resident set
    another language; anything else is in the language set.
    """
    own = PAGE_LANGUAGE if set_language in (JAPANESE, "easy_ja") else set_language
    if _KANA.search(text):
        return PAGE_LANGUAGE
    if _JAPANESE_LETTER.search(text) or not _LATIN_WORD.search(text):
        return own
    return "en" if own == PAGE_LANGUAGE else own


def _single(part: Part) -> tuple[Text | Card, ...]:
    """Cards that LINE shows side by side stand below one another."""
    return part.cards if isinstance(part, Cards) else (part,)


def _bubble(part: Text | Card) -> Bubble | None:
    if isinstance(part, Text):
        body = tidy(part.text)
        return Bubble(body) if body else None
    buttons, lines = buttons_of(part)
    bubble = Bubble(
        body=tidy(part.body),
        title=one_line(part.title),
        lines=lines,
        buttons=buttons,
        note=tidy(part.note),
        urgent=part.tone == "emergency",
    )
    return bubble if any((bubble.body, bubble.title, lines, buttons, bubble.note)) else None


def _quick_replies(reply: Reply) -> tuple[QuickReply, ...]:
    return tuple(button for button in reply.quick_replies if tidy(button.label))
