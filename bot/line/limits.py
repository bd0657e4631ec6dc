"""LINE's documented limits for what we send: text and Flex messages with quick replies.

The sources disagree on nothing here but are silent on how LINE measures a bubble's 30 KB; we take
the strictest reading (1 KB = 1000 bytes, JSON as it goes over the wire, all non-ASCII escaped).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.core.graphemes import cut_graphemes, cut_utf16, grapheme_len, utf16_len

__all__ = [
    "check_messages",
    "cut_graphemes",
    "cut_utf16",
    "grapheme_len",
    "is_sendable_uri",
    "json_size",
    "utf16_len",
]

MAX_MESSAGES = 5
MAX_TEXT = 5000  # UTF-16 units
MAX_ALT_TEXT = 1500  # UTF-16 units
MAX_URI = 1000  # UTF-16 units
MAX_IMAGE_URL = 2000
MAX_POSTBACK_DATA = 300  # UTF-16 units
MAX_DISPLAY_TEXT = 300  # grapheme clusters
MAX_QUICK_REPLIES = 13
MAX_QUICK_REPLY_LABEL = 20  # grapheme clusters
MAX_FLEX_LABEL = 40  # grapheme clusters
MAX_BUBBLE = 30_000  # bytes
MAX_CAROUSEL = 50_000  # bytes
MAX_BUBBLES = 12

_BLOCKS = ("header", "hero", "body", "footer")
_CHILDREN = {
    "baseline": {"icon", "text", "filler"},
    "horizontal": {"box", "button", "image", "text", "separator", "filler"},
    "vertical": {"box", "button", "image", "text", "separator", "filler"},
}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?")
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")  # RFC 3986
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


def check_messages(messages: Any) -> list[str]:
    """Everything LINE would refuse in one request's `messages`, as "place: reason"; [] = fine.

    Accepts any JSON and never raises. Message types this bot never sends are a problem too.
    """
    problems = list(_count("messages", messages, 1, MAX_MESSAGES))
    for index, message in enumerate(messages if isinstance(messages, Sequence) else []):
        try:
            problems += _message(f"messages[{index}]", message)
        except RecursionError:
            problems.append(f"messages[{index}]: nested too deeply")
    return problems


def json_size(value: Any) -> int:
    """Bytes of `value` as compact JSON with everything outside ASCII escaped."""
    return len(json.dumps(value, separators=(",", ":")))


def is_sendable_uri(uri: str) -> bool:
    """Whether LINE takes `uri` in an action: scheme, host, length, percent-encoding."""
    if not _URI.fullmatch(uri) or len(uri) > MAX_URI:
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname)
    return parts.scheme in ("line", "tel") and len(uri) > len(parts.scheme) + 1


def _is_image_url(url: str) -> bool:
    return url.startswith("https://") and len(url) <= MAX_IMAGE_URL and bool(_URI.fullmatch(url))


def _message(at: str, message: Any) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"{at}: must be an object"
        return
    match message.get("type"):
        case "text":
            yield from _string(f"{at}.text", message.get("text"), MAX_TEXT, utf16_len)
        case "flex":
            yield from _string(f"{at}.altText", message.get("altText"), MAX_ALT_TEXT, utf16_len)
            yield from _container(f"{at}.contents", message.get("contents"))
        case _:
            yield f"{at}.type: not a type this bot sends"
    if "quickReply" in message:
        yield from _quick_reply(f"{at}.quickReply", message["quickReply"])


def _quick_reply(at: str, quick_reply: Any) -> Iterator[str]:
    items = quick_reply.get("items") if isinstance(quick_reply, dict) else None
    yield from _count(f"{at}.items", items, 1, MAX_QUICK_REPLIES)
    for index, item in enumerate(items if isinstance(items, list) else []):
        here = f"{at}.items[{index}]"
        if not isinstance(item, dict) or item.get("type") != "action":
            yield f"{here}: must be an object of type action"
        else:
            yield from _action(f"{here}.action", item.get("action"), MAX_QUICK_REPLY_LABEL)


def _action(at: str, action: Any, label_limit: int, *, labelled: bool = True) -> Iterator[str]:
    if not isinstance(action, dict):
        yield f"{at}: must be an object"
        return
    if labelled or "label" in action:
        yield from _string(f"{at}.label", action.get("label"), label_limit, grapheme_len)
    match action.get("type"):
        case "postback":
            yield from _string(f"{at}.data", action.get("data"), MAX_POSTBACK_DATA, utf16_len)
            if "displayText" in action:
                shown = action["displayText"]
                yield from _string(f"{at}.displayText", shown, MAX_DISPLAY_TEXT, grapheme_len)
        case "message":
            yield from _string(f"{at}.text", action.get("text"), MAX_DISPLAY_TEXT, grapheme_len)
        case "uri":
            uri = action.get("uri")
            if not isinstance(uri, str) or not is_sendable_uri(uri):
                yield f"{at}.uri: not an address LINE takes"
        case _:
            yield f"{at}.type: not an action this bot sends"


def _container(at: str, container: Any) -> Iterator[str]:
    if not isinstance(container, dict):
        yield f"{at}: must be an object"
    elif container.get("type") == "carousel":
        bubbles = container.get("contents")
        yield from _count(f"{at}.contents", bubbles, 1, MAX_BUBBLES)
        yield from _size(at, container, MAX_CAROUSEL)
        bubbles = bubbles if isinstance(bubbles, list) else []
        if len({str(b.get("size", "mega")) for b in bubbles if isinstance(b, dict)}) > 1:
            yield f"{at}.contents: bubbles of one carousel need the same size"
        for index, bubble in enumerate(bubbles):
            yield from _bubble(f"{at}.contents[{index}]", bubble)
    else:
        yield from _bubble(at, container)


def _bubble(at: str, bubble: Any) -> Iterator[str]:
    if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
        yield f"{at}: must be a bubble"
        return
    yield from _size(at, bubble, MAX_BUBBLE)
    blocks = [name for name in _BLOCKS if name in bubble]
    if not blocks:
        yield f"{at}: needs at least one block"
    for name in blocks:
        allowed = {"box", "image"} if name == "hero" else {"box"}
        yield from _component(f"{at}.{name}", bubble[name], allowed)


def _component(at: str, component: Any, allowed: set[str]) -> Iterator[str]:
    kind = component.get("type") if isinstance(component, dict) else None
    if not isinstance(kind, str) or kind not in allowed:
        yield f"{at}: only {', '.join(sorted(allowed))} can stand here"
        return
    for key in ("color", "backgroundColor", "borderColor"):
        if key in component and not _COLOR.fullmatch(str(component[key])):
            yield f"{at}.{key}: must be #RRGGBB"
    if kind == "button" or "action" in component:
        action = component.get("action")
        yield from _action(f"{at}.action", action, MAX_FLEX_LABEL, labelled=kind == "button")
    if kind == "text" and "contents" not in component:
        yield from _string(f"{at}.text", component.get("text"), MAX_BUBBLE, utf16_len)
    if kind in ("image", "icon") and not _is_image_url(str(component.get("url"))):
        yield f"{at}.url: not an https address LINE takes"
    if kind == "box":
        yield from _box(at, component)


def _box(at: str, box: Mapping[str, Any]) -> Iterator[str]:
    children = _CHILDREN.get(str(box.get("layout")))
    if children is None:
        yield f"{at}.layout: must be one of {', '.join(_CHILDREN)}"
        return
    contents = box.get("contents")
    if not isinstance(contents, list):
        yield f"{at}.contents: must be a list"
        return
    for index, child in enumerate(contents):
        yield from _component(f"{at}.contents[{index}]", child, children)


def _string(at: str, value: Any, limit: int, size: Callable[[str], int]) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"{at}: must not be empty"
    elif size(value) > limit:
        yield f"{at}: longer than {limit}"
    elif _HALF_CHARACTER.search(value):
        yield f"{at}: holds half a character"


def _count(at: str, items: Any, low: int, high: int) -> Iterator[str]:
    if not isinstance(items, list | tuple) or not low <= len(items) <= high:
        yield f"{at}: needs {low} to {high} items"


def _size(at: str, value: Any, limit: int) -> Iterator[str]:
    size = json_size(value)
    if size > limit:
        yield f"{at}: {size} bytes, more than {limit}"
