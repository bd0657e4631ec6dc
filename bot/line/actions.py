"""A card's links and phones -> buttons LINE takes; what cannot be a button becomes a line of text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from bot.core.graphemes import cut_graphemes, cut_utf16
from bot.core.knowledge import Contact, Link
from bot.core.replies import Card
from bot.line.limits import MAX_FLEX_LABEL, is_sendable_uri
from bot.line.sentences import one_line

_LINK_LABEL = "くわしく見る"
_CALL = "電話する"
_SAFE = "%/:?#[]@!$&'()*+,;=-._~"  # what may stand in an address unescaped (RFC 3986)
_SHOWN_ADDRESS = 300  # UTF-16 units of an address that is only shown
# Digits and what people put between them. #7119 and extension numbers cannot be dialled by a link.
_DIALLABLE = re.compile(r"\+?\d(?:[ \-()]{0,2}\d){2,14}")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-"))


@dataclass(frozen=True)
class Button:
    """A button that opens `uri`; `label` is never empty and fits LINE's 40 clusters."""

    label: str
    uri: str


def buttons_of(card: Card) -> tuple[tuple[Button, ...], tuple[str, ...]]:
    """The card's buttons in order of urgency, and what must be shown as text instead.

    In an emergency one calls first. Numbers are shown as text too (LINE on a computer cannot
    call) unless the body names them already.
    """
    links = [(link, _link_button(link)) for link in card.links]
    web = [button for _, button in links]
    calls = [_call_button(contact) for contact in card.phones]
    ordered = [*calls, *web] if card.tone == "emergency" else [*web, *calls]
    lines = [
        *(_link_line(link) for link, button in links if not button),
        *(_contact_line(c) for c in card.phones if c.phone.strip() and c.phone not in card.body),
    ]
    return tuple(button for button in ordered if button), tuple(line for line in lines if line)


def _link_button(link: Link) -> Button | None:
    uri = _uri(link.url)
    label = one_line(link.label) or _LINK_LABEL
    return Button(cut_graphemes(label, MAX_FLEX_LABEL), uri) if uri else None


def _call_button(contact: Contact) -> Button | None:
    uri, name = _tel(contact.phone), one_line(contact.name)
    around = ("：", "") if "（" in name else ("（", "）")  # no brackets within brackets
    name = cut_graphemes(name, MAX_FLEX_LABEL - len(_CALL.join(around)))
    return Button(_CALL + name.join(around) if name else _CALL, uri) if uri else None


def _link_line(link: Link) -> str:
    shown = (one_line(link.label), cut_utf16(one_line(link.url), _SHOWN_ADDRESS))
    return "：".join(filter(None, shown))


def _contact_line(contact: Contact) -> str:
    name, phone, hours = map(one_line, (contact.name, contact.phone, contact.hours))
    return "：".join(filter(None, (name, phone))) + (f"（{hours}）" if hours else "")


@lru_cache(maxsize=256)  # a city has few links
def _uri(url: str) -> str | None:
    """`url` percent-encoded, None where LINE or a browser would refuse it."""
    encoded = quote(url.strip(), safe=_SAFE, errors="replace")
    is_web = encoded.lower().startswith(("https://", "http://"))
    host_is_plain = re.match(r"[^/]*//[^/?#%]*(?:[/?#]|\Z)", encoded)
    return encoded if is_web and host_is_plain and is_sendable_uri(encoded) else None


def _tel(phone: str) -> str | None:
    plain = unicodedata.normalize("NFKC", phone).translate(_DASHES).replace("(代表)", "").strip()
    return f"tel:{re.sub(r'[^0-9+]', '', plain)}" if _DIALLABLE.fullmatch(plain) else None
