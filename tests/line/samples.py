"""Webhook events as LINE sends them; builders take what matters and default the rest."""

from __future__ import annotations

from typing import Any

USER = "U" + "1" * 32
GROUP = "C" + "2" * 32
ROOM = "R" + "3" * 32
BOT = "U" + "9" * 32
EVENT_ID = "01FZ74A0TDDPYRVKNK77XKC3ZR"
TOKEN = "0f3779fba3b349968c5d07db31eab56f"

IN_GROUP = {"type": "group", "groupId": GROUP, "userId": USER}
IN_ROOM = {"type": "room", "roomId": ROOM}


def event(kind: str, *, reply: bool = True, **more: Any) -> dict[str, Any]:
    """An event from a one-to-one chat unless `source` says otherwise."""
    return {
        "type": kind,
        "mode": "active",
        "timestamp": 1462629479859,
        "source": {"type": "user", "userId": USER},
        "webhookEventId": EVENT_ID,
        "deliveryContext": {"isRedelivery": False},
        **({"replyToken": TOKEN} if reply else {}),
        **more,
    }


def message(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A message event; text, image, video and sticker carry a quote token."""
    base: dict[str, Any] = {"id": "444573844083572737", "markAsReadToken": "read-token"}
    if content["type"] in ("text", "image", "video", "sticker"):
        base["quoteToken"] = "q3Plxr4AgKd"
    return event("message", message={**base, **content}, **more)


def text(words: str, **more: Any) -> dict[str, Any]:
    """A text message."""
    return message({"type": "text", "text": words}, **more)


def mention(index: int, length: int, *, of_bot: bool = True) -> dict[str, Any]:
    """One mentioned user, the bot itself unless told otherwise."""
    who = BOT if of_bot else USER
    return {"index": index, "length": length, "type": "user", "userId": who, "isSelf": of_bot}


def mentioning(words: str, *mentionees: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A text message in a group that mentions somebody."""
    content = {"type": "text", "text": words, "mention": {"mentionees": list(mentionees)}}
    return message(content, source=IN_GROUP, **more)


LINE_CONTENT = {"contentProvider": {"type": "line"}}
STICKER = {
    "type": "sticker",
    "packageId": "446",
    "stickerId": "1988",
    "stickerResourceType": "MESSAGE",
    "keywords": ["やったね", "090-1234-5678"],
    "text": "電話は090-1234-5678",
}
LOCATION = {
    "type": "location",
    "title": "自宅 090-1234-5678",
    "address": "〒192-8501 東京都八王子市元本郷町三丁目24番1号",
    "latitude": 35.6664,
    "longitude": 139.316,
}
MEMBERS = {"members": [{"type": "user", "userId": USER}]}

# kind as our Event names it -> the event
ALL: dict[str, dict[str, Any]] = {
    "text": text("粗大ごみの出し方は？"),
    "sticker": message(STICKER),
    "image": message({"type": "image", **LINE_CONTENT}),
    "video": message({"type": "video", "duration": 60000, **LINE_CONTENT}),
    "audio": message({"type": "audio", "duration": 60000, **LINE_CONTENT}),
    "file": message({"type": "file", "fileName": "申請書.pdf", "fileSize": 2138}),
    "location": message(LOCATION),
    "follow": event("follow", follow={"isUnblocked": False}),
    "unfollow": event("unfollow", reply=False),
    "join": event("join", source={"type": "group", "groupId": GROUP}),
    "leave": event("leave", source={"type": "group", "groupId": GROUP}, reply=False),
    "memberJoined": event("memberJoined", source=IN_GROUP, joined=MEMBERS),
    "memberLeft": event("memberLeft", source=IN_GROUP, left=MEMBERS, reply=False),
    "postback": event(
        "postback", postback={"data": "do=show&id=pick-7", "params": {"date": "2026-11-21"}}
    ),
    "unsend": event("unsend", unsend={"messageId": "325708"}, reply=False),
    "messageEdited": event(
        "messageEdited",
        source=IN_GROUP,
        message={"id": "444573", "type": "text", "text": "直しました", "quoteToken": "q2"},
    ),
}
