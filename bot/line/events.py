"""LINE's webhook JSON -> our frozen Event, one event at a time; what is unknown stays unknown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeGuard

from bot.errors import BodyError

__all__ = [
    "BodyError",
    "Event",
    "EventKind",
    "Mode",
    "Source",
    "SourceType",
    "clean",
    "mentionees",
    "parse_body",
    "parse_event",
    "prune",
    "without_own_mention",
]

Mode = Literal["active", "standby", "unknown"]
SourceType = Literal["user", "group", "room", "unknown"]

_NESTED = (dict, list)
MAX_DEPTH = 32  # LINE's own events are 5 deep; more would only exhaust the stack
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,512}")
_MAX_TIMESTAMP = 2**53
# Half a character, or what PostgreSQL refuses to store; each is one UTF-16 unit, like "\ufffd".
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class EventKind(StrEnum):
    """What happened. Message events are told apart by their content."""

    TEXT = "text"
    STICKER = "sticker"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    LOCATION = "location"
    FOLLOW = "follow"
    UNFOLLOW = "unfollow"
    JOIN = "join"
    LEAVE = "leave"
    MEMBER_JOINED = "memberJoined"
    MEMBER_LEFT = "memberLeft"
    POSTBACK = "postback"
    UNSEND = "unsend"
    MESSAGE_EDITED = "messageEdited"
    UNKNOWN = "unknown"


_MESSAGE_KINDS = {
    kind.value: kind
    for kind in (
        EventKind.TEXT,
        EventKind.STICKER,
        EventKind.IMAGE,
        EventKind.VIDEO,
        EventKind.AUDIO,
        EventKind.FILE,
        EventKind.LOCATION,
    )
}
_EVENT_KINDS = {kind.value: kind for kind in EventKind if kind.value not in _MESSAGE_KINDS}


@dataclass(frozen=True)
class Source:
    """Who spoke and where; any id may be missing. `chat_id` is the group's or room's."""

    type: SourceType = "unknown"
    user_id: str | None = None
    chat_id: str | None = None


@dataclass(frozen=True)
class Event:
    """One webhook event, trimmed to what the bot uses.

    `text` is a text message's words without the mention of the bot itself (an edited message has
    the new words); `message_id` of an unsend is the message taken back; `timestamp_ms` is when it
    happened, also when redelivered, 0 if LINE did not say. `later_in_set`: one of several pictures
    sent at once, and not the first.
    """

    event_id: str
    kind: EventKind = EventKind.UNKNOWN
    mode: Mode = "unknown"
    timestamp_ms: int = 0
    is_redelivery: bool = False
    reply_token: str | None = None
    source: Source = Source()
    message_id: str | None = None
    text: str | None = None
    postback_data: str | None = None
    mentioned: bool = False
    later_in_set: bool = False

    @property
    def conversation_key(self) -> str | None:
        """Whose turn this is: the group or room, or the resident in a one-to-one chat."""
        if self.source.type == "user":
            return self.source.user_id
        return self.source.chat_id


def parse_body(body: bytes) -> tuple[str, list[dict[str, Any]]]:
    """The destination ("" if absent) and the events, each a dict with a usable `webhookEventId`.

    An event without a usable id gets one made of its content, the same when it is redelivered;
    an event that is no object is kept under the key `unparsed`. Raises BodyError only where the
    body is no JSON object with a list of events.
    """
    try:
        data = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        # `from None`: the decoder's own message quotes the body.
        raise BodyError("the body is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get("events"), list):
        raise BodyError("the body has no list of events")
    destination = data.get("destination")
    return destination if isinstance(destination, str) else "", [
        _with_id(event if isinstance(event, dict) else {"unparsed": event})
        for event in data["events"]
    ]


def parse_event(raw: Any) -> Event:
    """Our view of one event. Accepts any JSON value and never raises."""
    event = raw if isinstance(raw, dict) else {"unparsed": raw}
    kind = _kind(event)
    message = _object(event.get("message"))
    unsent = _object(event.get("unsend"))
    return Event(
        event_id=_identifier(event.get("webhookEventId")) or _content_id(event),
        kind=kind,
        mode=_mode(event),
        timestamp_ms=_timestamp(event.get("timestamp")),
        is_redelivery=_object(event.get("deliveryContext")).get("isRedelivery") is True,
        reply_token=_identifier(event.get("replyToken")),
        source=_source(event.get("source")),
        message_id=_identifier(message.get("id")) or _identifier(unsent.get("messageId")),
        text=_text(kind, message),
        postback_data=_string(_object(event.get("postback")).get("data")),
        mentioned=any(map(_is_self, mentionees(message))),
        later_in_set=_is_later(_object(message.get("imageSet")).get("index")),
    )


def without_own_mention(text: str, mentionees: Sequence[Mapping[str, Any]]) -> str:
    """`text` without the places that mention the bot; LINE counts them in UTF-16 units.

    Places that do not lie inside the text, or overlap an earlier one, are left alone.
    """
    own = sorted(map(_span, filter(_is_self, mentionees))) if mentionees else []
    if not own:
        return clean(text).strip()
    units = clean(text).encode("utf-16-le")
    kept, at = b"", 0
    for start, end in own:
        if at <= start < end <= len(units) // 2:
            kept += units[2 * at : 2 * start]
            at = end
    # A place that begins or ends inside a character leaves half of it behind.
    return clean((kept + units[2 * at :]).decode("utf-16-le", "surrogatepass")).strip()


def clean(text: str) -> str:
    """`text` with what no database or UTF-8 can hold replaced, its UTF-16 length unchanged."""
    return _UNSTORABLE.sub("\ufffd", text)


def prune(value: Any, depth: int = MAX_DEPTH) -> Any:
    """`value` with everything nested deeper than `depth` replaced by None."""
    if isinstance(value, dict):
        if not depth:
            return None
        return {k: prune(v, depth - 1) if isinstance(v, _NESTED) else v for k, v in value.items()}
    if isinstance(value, list):
        return [prune(item, depth - 1) for item in value] if depth else None
    return value


def mentionees(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Whom a text message mentions, as LINE lists them."""
    listed = _object(message.get("mention")).get("mentionees")
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _with_id(event: dict[str, Any]) -> dict[str, Any]:
    if _identifier(event.get("webhookEventId")):
        return event
    return {**event, "webhookEventId": _content_id(event)}


def _content_id(event: Mapping[str, Any]) -> str:
    """An id made of what stays the same when the event comes again."""
    lasting = {k: v for k, v in event.items() if k not in ("deliveryContext", "webhookEventId")}
    text = json.dumps(prune(lasting), sort_keys=True)
    return "content-" + hashlib.sha256(text.encode("ascii")).hexdigest()[:40]


def _kind(event: Mapping[str, Any]) -> EventKind:
    kind = _string(event.get("type")) or ""
    if kind == "message":
        content = _string(_object(event.get("message")).get("type")) or ""
        return _MESSAGE_KINDS.get(content, EventKind.UNKNOWN)
    return _EVENT_KINDS.get(kind, EventKind.UNKNOWN)


def _mode(event: Mapping[str, Any]) -> Mode:
    """LINE's mode; an event without one is active, as all were before LINE had modes."""
    match event.get("mode", "active"):
        case "active":
            return "active"
        case "standby":
            return "standby"
        case _:
            return "unknown"


def _source(value: Any) -> Source:
    source = _object(value)
    user_id = _identifier(source.get("userId"))
    match source.get("type"):
        case "user":
            return Source("user", user_id)
        case "group":
            return Source("group", user_id, _identifier(source.get("groupId")))
        case "room":
            return Source("room", user_id, _identifier(source.get("roomId")))
        case _:
            return Source("unknown", user_id)


def _text(kind: EventKind, message: Mapping[str, Any]) -> str | None:
    text = _string(message.get("text"))
    if text is None or kind not in (EventKind.TEXT, EventKind.MESSAGE_EDITED):
        return None
    return without_own_mention(text, mentionees(message))


def _is_self(mentionee: Mapping[str, Any]) -> bool:
    return mentionee.get("isSelf") is True


def _span(mentionee: Mapping[str, Any]) -> tuple[int, int]:
    start, length = mentionee.get("index"), mentionee.get("length")
    if _is_int(start) and _is_int(length):
        return start, start + length
    return -1, -1


def _timestamp(value: Any) -> int:
    return value if _is_int(value) and 0 <= value <= _MAX_TIMESTAMP else 0


def _is_later(index: Any) -> bool:
    return _is_int(index) and index > 1


def _is_int(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _identifier(value: Any) -> str | None:
    return value if isinstance(value, str) and _IDENTIFIER.fullmatch(value) else None


def _string(value: Any) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
