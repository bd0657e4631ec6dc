"""The copy of a webhook event that may be stored: no personal numbers, no mention of the bot."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.line.events import clean, mentionees, prune, without_own_mention

# LINE's own ids, tokens and enumerations. Everything else that is text may hold a resident's words.
_KEPT_TEXT = frozenset(
    (
        *("type", "mode", "webhookEventId", "replyToken", "userId", "groupId", "roomId"),
        *("id", "messageId", "quotedMessageId", "quoteToken", "markAsReadToken"),
        *("packageId", "stickerId", "stickerResourceType", "productId", "emojiId"),
        *("hwid", "nonce", "result", "trackingId", "newRichMenuAliasId", "status"),
    )
)
_KEPT_NUMBERS = frozenset({"timestamp"})  # its thirteen digits are nobody's
# What we wrote into a button ourselves. One that is none of ours (of another system, of an old menu)
# may carry anything; no id of ours has so many digits.
_OURS = "do="
_TOO_LONG = re.compile(r"\d(?:[ +%-]{0,3}\d){11}")
_PICKED = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d)?|\d\d:\d\d")  # a date, a time
# Who came into or left a group: ids of people who said nothing to us.
_MEMBERS = ("joined", "left")
# A property name as LINE writes them; nobody's words or number fit into it.
_NAME = re.compile(r"[A-Za-z_]{1,64}")
_IDENTIFIER = re.compile(r"[\x21-\x7e]{0,512}")

Mask = Callable[[str], str]


def scrub_event(event: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """A copy of `event` in which every text a person may have written went through `mask`.

    LINE's ids and tokens, our own postbacks and known numbers stay as they are, so that
    `parse_event` sees the same event in the copy, its words masked. In parts LINE has not
    documented yet, every text, key and long number is masked. `event` itself is not changed.
    """
    pruned: dict[str, Any] = prune(dict(event))
    message = pruned.get("message")
    if isinstance(message, dict):
        pruned["message"] = _without_mention(_without_position(message))
    for moved in _MEMBERS:
        if moved in pruned:
            pruned[moved] = {}
    return _scrub_object(pruned, mask)


def _without_position(message: dict[str, Any]) -> dict[str, Any]:
    """Where a resident is goes no further than this: nothing uses it."""
    if message.get("type") != "location":
        return message
    return {key: value for key, value in message.items() if key in ("type", "id")}


def _without_mention(message: dict[str, Any]) -> dict[str, Any]:
    """The bot's mention is cut out; places in the text are dropped, they would point elsewhere."""
    mentioned = mentionees(message)
    result = dict(message)
    if isinstance(message.get("text"), str):
        result["text"] = without_own_mention(message["text"], mentioned)
    if "mention" in message:
        result["mention"] = {"mentionees": [_without_who(item) for item in mentioned]}
    if isinstance(message.get("emojis"), list):
        emojis = (item for item in message["emojis"] if isinstance(item, dict))
        result["emojis"] = [_without_place(item) for item in emojis]
    return result


def _scrub_postback(postback: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """Data that no button of ours holds is masked like words; it leads nowhere anyway."""
    scrubbed = _scrub_object(postback, mask)
    data = postback.get("data")
    if isinstance(data, str) and data.startswith(_OURS) and not _TOO_LONG.search(data):
        scrubbed["data"] = clean(data)
    if isinstance(params := postback.get("params"), dict):
        scrubbed["params"] |= {
            key: item
            for key, item in params.items()
            if _NAME.fullmatch(key) and isinstance(item, str) and _PICKED.fullmatch(item)
        }
    return scrubbed


def _without_who(item: Mapping[str, Any]) -> dict[str, Any]:
    """Who else was mentioned is theirs: an erasure could not find it in another's message."""
    return {key: value for key, value in _without_place(item).items() if key != "userId"}


def _without_place(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in ("index", "length")}


def _scrub_object(value: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    scrubbed: dict[str, Any] = {}
    for key, item in value.items():
        # Most of an event are LINE's ids: looked at first, and once.
        if key in _KEPT_TEXT and isinstance(item, str) and _IDENTIFIER.fullmatch(item):
            scrubbed[key] = item
        else:
            name = key if _NAME.fullmatch(key) else _masked(key, mask)
            scrubbed[name] = _scrub(key, item, mask)
    return scrubbed


def _scrub(key: str, value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        kept = key in _KEPT_TEXT and _IDENTIFIER.fullmatch(value)
        return value if kept else _masked(value, mask)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return (_scrub_postback if key == "postback" else _scrub_object)(value, mask)
    if isinstance(value, list):
        return [_scrub(key, item, mask) for item in value]
    return value if key in _KEPT_NUMBERS else _scrub_number(value, mask)


def _masked(text: str, mask: Mask) -> str:
    return clean(mask(clean(text)))


def _scrub_number(value: float, mask: Mask) -> Any:
    """An unexpected number that would be masked as text is masked."""
    masked = mask(str(value))
    return value if masked == str(value) else masked
