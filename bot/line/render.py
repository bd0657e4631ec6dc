"""Reply -> LINE message objects for a phone, inside LINE's limits whatever the content says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from bot.core.graphemes import cut_graphemes, cut_utf16, utf16_len
from bot.core.ports import Written
from bot.core.replies import Card, Cards, Part, QuickReply, Reply, Text
from bot.line.actions import Button, buttons_of
from bot.line.events import clean
from bot.line.limits import (
    MAX_ALT_TEXT,
    MAX_BUBBLES,
    MAX_CAROUSEL,
    MAX_MESSAGES,
    MAX_POSTBACK_DATA,
    MAX_QUICK_REPLIES,
    MAX_QUICK_REPLY_LABEL,
    json_size,
)
from bot.line.sentences import one_line, split_text, tidy

Message = dict[str, Any]

CONTINUED = "続きは市のページで"
NEUTRAL_ALT = "市からのお返事です"
UNTITLED_EMERGENCY = "緊急"

INK, PAPER, GREY = "#1A1A1A", "#FFFFFF", "#595959"
GREEN, RED = "#0B6B3A", "#B3261E"

# UTF-16 units of one message's text. A bubble holds at most 6 bytes per unit of body, note and
# title and 2 KB per button, which keeps it under its 30 KB.
_TEXT_UNITS = 4900
_BODY_UNITS = 1000
_NOTE_UNITS = 500
_TITLE_UNITS = 240
_LABEL_UNITS = 120
_TITLE_CLUSTERS = 80
_BUTTONS = 8
_FRAME = 500  # bytes of a carousel around its bubbles, and of a last line


@dataclass(frozen=True)
class _Page:
    """What one bubble shows of a card."""

    body: str = ""
    note: str = ""
    buttons: tuple[Button, ...] = ()


def render(reply: Reply) -> list[Message]:
    """The messages of one reply call: at most five, [] where the reply says nothing.

    Long texts go on in further messages; what does not fit into five is announced with
    「続きは市のページで」. Parts without a visible character, links LINE would refuse (shown as
    text instead) and quick replies without label or data are left out. Messages may be shared with
    other replies: only the list is the caller's.
    """
    parts = [part for part in reply.parts if _says_something(part)]
    kept = parts[:MAX_MESSAGES]
    messages: list[Message] = []
    for place, part in enumerate(kept, start=1):
        later = len(kept) - place
        room = MAX_MESSAGES - len(messages) - later
        messages += _render_part(part, room, cut=later == 0 and len(parts) > len(kept))
    items = [item for item in map(_quick_reply, reply.quick_replies) if item]
    if messages and items:
        messages[-1] = _with_quick_replies(messages[-1], items[:MAX_QUICK_REPLIES])
    return messages


def _with_quick_replies(message: Message, items: list[Written]) -> Message:
    under = {**message, "quickReply": {"items": items}}
    if not isinstance(message, Written):
        return under
    written = ",".join(item.as_json for item in items)
    return Written(under, f'{message.as_json[:-1]},"quickReply":{{"items":[{written}]}}}}')


def _render_part(part: Part, room: int, *, cut: bool) -> list[Message]:
    if isinstance(part, Text):
        return _texts(part, room, cut=cut)
    if isinstance(part, Cards):
        return [_carousel(part, cut=cut)]
    if part.fixed:
        return _fixed_bubbles(part, room, cut)
    return _bubbles(part, room, cut=cut)


def _texts(part: Text, room: int, *, cut: bool) -> list[Message]:
    pieces = list(islice(split_text(tidy(part.text), _TEXT_UNITS), room + 1))
    if cut or len(pieces) > room:
        pieces = pieces[:room]
        pieces[-1] += f"\n{CONTINUED}"
    return [{"type": "text", "text": piece} for piece in pieces]


def _bubbles(card: Card, room: int, *, cut: bool) -> list[Message]:
    pages, shortened = _pages(card, room)
    bubbles = [_bubble(card, page, place, len(pages)) for place, page in enumerate(pages, start=1)]
    if cut or shortened:
        _go_on(bubbles[-1])
    alt = one_line(card.alt) or NEUTRAL_ALT
    return [
        {"type": "flex", "altText": cut_utf16(alt, MAX_ALT_TEXT), "contents": bubble}
        for bubble in bubbles
    ]


@lru_cache(maxsize=512)  # about 10 KB each; what nobody asks for makes room
def _fixed_bubbles(card: Card, room: int, cut: bool) -> list[Message]:
    return list(map(Written, _bubbles(card, room, cut=cut)))


def _carousel(part: Cards, *, cut: bool) -> Message:
    """Small bubbles side by side: as many as LINE takes, each on one page."""
    cards = [card for card in part.cards if _says_something(card)]
    bubbles = []
    for card in cards[:MAX_BUBBLES]:
        pages, shortened = _pages(card, 1)
        bubble = {**_bubble(card, pages[0], 1, 1), "size": "kilo"}
        if shortened:
            _go_on(bubble)
        bubbles.append(bubble)
    while len(bubbles) > 1 and json_size(bubbles) > MAX_CAROUSEL - _FRAME:
        bubbles.pop()
    if cut or len(bubbles) < len(cards):
        _go_on(bubbles[-1])
    contents = {"type": "carousel", "contents": bubbles} if len(bubbles) > 1 else bubbles[0]
    alt = cut_utf16(one_line(part.alt) or NEUTRAL_ALT, MAX_ALT_TEXT)
    return {"type": "flex", "altText": alt, "contents": contents}


def _go_on(bubble: Message) -> None:
    body = bubble.setdefault("body", _box([], spacing="md"))
    body["contents"].append(_words(CONTINUED, weight="bold"))


def _pages(card: Card, room: int) -> tuple[list[_Page], bool]:
    """The card in at most `room` pages, and whether something had to be left out.

    The buttons and the small print stand on the last page of the body, also when it is cut.
    """
    buttons, lines = buttons_of(card)
    body = "\n".join([tidy(card.body), "", *lines])
    bodies = list(islice(split_text(body, _BODY_UNITS), room + 1)) or [""]
    notes = list(islice(split_text(tidy(card.note), _NOTE_UNITS), room + 1)) or [""]
    groups = [buttons[at : at + _BUTTONS] for at in range(0, len(buttons), _BUTTONS)] or [()]
    shown = bodies[:room]
    pages = [
        *(_Page(body) for body in shown[:-1]),
        _Page(shown[-1], notes[0], groups[0]),
        *(_Page(buttons=group) for group in groups[1:]),
        *(_Page(note=note) for note in notes[1:]),
    ]
    return pages[:room], len(bodies) > room or len(pages) > room


def _bubble(card: Card, page: _Page, place: int, count: int) -> Message:
    emergency = card.tone == "emergency"
    title = _title(card, place, count)
    bubble: Message = {"type": "bubble", "size": "mega"}
    words = []
    if emergency:
        band = _words(title or UNTITLED_EMERGENCY, size="lg", weight="bold", color=PAPER)
        bubble["header"] = _box([band], backgroundColor=RED, paddingAll="lg")
    elif title:
        words.append(_words(title, size="lg", weight="bold"))
    if page.body:
        words.append(_words(page.body))
    if page.note:
        words.append(_words(page.note, size="sm", color=GREY))
    if words:
        bubble["body"] = _box(words, spacing="md")
    if page.buttons:
        accent = RED if emergency else GREEN
        buttons = [
            _button(button, accent if not n else "") for n, button in enumerate(page.buttons)
        ]
        bubble["footer"] = _box(buttons, spacing="sm")
    return bubble


def _title(card: Card, place: int, count: int) -> str:
    title = one_line(card.title)
    title = cut_utf16(cut_graphemes(title, _TITLE_CLUSTERS), _TITLE_UNITS)
    return f"{title}（{place}/{count}）" if title and count > 1 else title


def _box(contents: list[Message], **style: str) -> Message:
    return {"type": "box", "layout": "vertical", "contents": contents, **style}


def _words(text: str, *, size: str = "md", color: str = INK, weight: str = "") -> Message:
    """Wrapped text that follows the font size chosen in LINE's settings."""
    component: Message = {"type": "text", "text": text, "size": size, "color": color}
    if weight:
        component["weight"] = weight
    return {**component, "wrap": True, "scaling": True, "lineSpacing": "6px"}


def _button(button: Button, accent: str) -> Message:
    """A link button; the first of a bubble has the accent colour."""
    label = cut_utf16(button.label, _LABEL_UNITS)
    component: Message = {
        "type": "button",
        "style": "primary" if accent else "secondary",
        "adjustMode": "shrink-to-fit",
        "scaling": True,
        "action": {"type": "uri", "label": label, "uri": button.uri},
    }
    return {**component, "color": accent} if accent else component


@lru_cache(maxsize=2048)  # labels and data are the content's, never a resident's words
def _quick_reply(quick_reply: QuickReply) -> Written | None:
    label = one_line(quick_reply.label)
    label = cut_utf16(cut_graphemes(label, MAX_QUICK_REPLY_LABEL), _LABEL_UNITS)
    data = quick_reply.data
    if not label or not data.strip() or data != clean(data) or utf16_len(data) > MAX_POSTBACK_DATA:
        return None
    action = {"type": "postback", "label": label, "data": data, "displayText": label}
    return Written({"type": "action", "action": action})


def _says_something(part: Part) -> bool:
    if isinstance(part, Text):
        return bool(tidy(part.text))
    if isinstance(part, Cards):
        return any(map(_says_something, part.cards))
    if any(map(tidy, (part.title, part.body, part.note))):
        return True
    buttons, lines = buttons_of(part)
    return bool(buttons or any(map(tidy, lines)))
