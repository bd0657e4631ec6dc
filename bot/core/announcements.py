"""An announcement: what staff write, and the steps it may take from draft to sent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.core.attributes import DISTRICT
from bot.core.calendar import Repeat
from bot.core.knowledge import Link
from bot.core.segments import All, Everyone, Rule, attributes_used

DRILL_MARK = "【訓練】"
MAX_MESSAGES = 5
BASE_LANGUAGE = "ja"  # what residents read who chose no language, or one without its own text


class Kind(StrEnum):
    """What an announcement is; it decides pace, volume and wording rules."""

    NORMAL = "normal"
    EMERGENCY = "emergency"
    DRILL = "drill"


class State(StrEnum):
    """Where an announcement stands."""

    DRAFT = "draft"
    CHECKED = "checked"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NEEDS_PERSON = "needs_person"


class Action(StrEnum):
    """What may happen to an announcement."""

    CHECK = "check"
    EDIT = "edit"
    SUBMIT = "submit"
    RETURN = "return"  # not approved: back to its author with a reason
    APPROVE = "approve"
    SEND = "send"
    START = "start"
    FINISH = "finish"
    DOUBT = "doubt"  # something is unresolved and cannot be tried any more
    RESOLVE = "resolve"  # a person has decided about it
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    FAIL = "fail"


@dataclass(frozen=True)
class TextMessage:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class CardMessage:
    """Title, words and link buttons, with an image or without.

    `words`: what can be read in the image, for those who do not see it; required with an image.
    """

    title: str
    text: str = ""
    links: tuple[Link, ...] = ()
    image: str = ""
    words: str = ""


Message = TextMessage | CardMessage


@dataclass(frozen=True)
class Draft:
    """What staff wrote, checked for its form only.

    `rule` is the segment as plain data, None where `segment_name` names a saved one, or where the
    audience is given otherwise (a correction). `translations` maps a language to its messages.
    Instants are aware.
    """

    title: str
    kind: Kind
    messages: tuple[Message, ...]
    author: str
    owner: str = ""
    rule: object = None
    segment_name: str = ""
    translations: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)
    send_at: datetime | None = None
    repeat: Repeat | None = None
    expires_at: datetime | None = None

    def variants(self) -> dict[str, tuple[Message, ...]]:
        """The messages by language, Japanese first."""
        return {BASE_LANGUAGE: self.messages, **self.translations}


class StepRefused(Exception):
    """This step is not allowed now; the message says why, in Japanese, for staff."""


@dataclass(frozen=True)
class Progress:
    """What decides which steps are open to an announcement.

    `released`: told to go out (it has a time to start). `started`: its audience has been taken.
    `two_people`: someone other than `author` has to approve.
    """

    state: State
    author: str
    approved_by: str = ""
    released: bool = False
    started: bool = False
    two_people: bool = True


_OPEN = frozenset({State.DRAFT, State.CHECKED, State.AWAITING_APPROVAL})
# Written, and nothing of it has left.
UNSENT = _OPEN | {State.SCHEDULED}
_FROM: Mapping[Action, frozenset[State]] = {
    Action.CHECK: frozenset({State.DRAFT, State.CHECKED}),
    Action.EDIT: UNSENT,
    Action.SUBMIT: frozenset({State.CHECKED}),
    Action.RETURN: frozenset({State.AWAITING_APPROVAL}),
    Action.APPROVE: frozenset({State.AWAITING_APPROVAL}),
    Action.SEND: frozenset({State.SCHEDULED}),
    Action.START: frozenset({State.SCHEDULED}),
    Action.FINISH: frozenset({State.SENDING}),
    Action.DOUBT: frozenset({State.SENDING}),
    Action.RESOLVE: frozenset({State.NEEDS_PERSON}),
    Action.PAUSE: frozenset({State.SCHEDULED, State.SENDING}),
    Action.RESUME: frozenset({State.PAUSED, State.FAILED}),
    Action.CANCEL: _OPEN | {State.SCHEDULED, State.SENDING, State.PAUSED, State.FAILED},
    Action.FAIL: frozenset({State.SCHEDULED, State.SENDING}),
}
_TO: Mapping[Action, State] = {
    Action.CHECK: State.CHECKED,
    Action.EDIT: State.DRAFT,
    Action.SUBMIT: State.AWAITING_APPROVAL,
    Action.RETURN: State.DRAFT,
    Action.APPROVE: State.SCHEDULED,
    Action.SEND: State.SCHEDULED,
    Action.START: State.SENDING,
    Action.FINISH: State.SENT,
    Action.DOUBT: State.NEEDS_PERSON,
    Action.RESOLVE: State.SENT,
    Action.PAUSE: State.PAUSED,
    Action.CANCEL: State.CANCELLED,
    Action.FAIL: State.FAILED,
}
STATE_WORDS: Mapping[State, str] = {
    State.DRAFT: "下書き",
    State.CHECKED: "点検ずみ",
    State.AWAITING_APPROVAL: "承認待ち",
    State.SCHEDULED: "配信待ち",
    State.SENDING: "配信中",
    State.SENT: "配信ずみ",
    State.PAUSED: "一時停止中",
    State.CANCELLED: "取り消しずみ",
    State.FAILED: "配信失敗",
    State.NEEDS_PERSON: "職員の確認待ち",
}
ACTION_WORDS: Mapping[Action, str] = {
    Action.CHECK: "点検",
    Action.EDIT: "書き直し",
    Action.SUBMIT: "承認の依頼",
    Action.RETURN: "差し戻し",
    Action.APPROVE: "承認",
    Action.SEND: "配信の指示",
    Action.START: "配信の開始",
    Action.FINISH: "配信の終了",
    Action.DOUBT: "確認の依頼",
    Action.RESOLVE: "確認",
    Action.PAUSE: "一時停止",
    Action.RESUME: "再開",
    Action.CANCEL: "取り消し",
    Action.FAIL: "中止",
}


def step(progress: Progress, action: Action, *, by: str = "") -> Progress:
    """What an action by `by` makes of an announcement. Raises StepRefused."""
    if progress.state not in _FROM[action]:
        raise StepRefused(
            f"いまは「{STATE_WORDS[progress.state]}」なので、{ACTION_WORDS[action]}はできません。"
        )
    match action:
        case Action.EDIT:
            return replace(progress, state=State.DRAFT, approved_by="", released=False)
        case Action.APPROVE:
            _refuse_own_approval(progress, by)
            return replace(progress, state=State.SCHEDULED, approved_by=by)
        case Action.SEND:
            return replace(progress, released=True)
        case Action.START:
            if not (progress.released and progress.approved_by):
                raise StepRefused("承認と配信の指示がそろっていません。")
            return replace(progress, state=State.SENDING, started=True)
        case Action.RESUME:
            state = State.SENDING if progress.started else State.SCHEDULED
            return replace(progress, state=state)
        case _:
            return replace(progress, state=_TO[action])


def same_person(one: str, other: str) -> bool:
    """Whether two written names mean the same person: width, case and blanks do not count."""
    return _folded(one) == _folded(other)


def _refuse_own_approval(progress: Progress, by: str) -> None:
    if not _folded(by):
        raise StepRefused("承認する人の名前を書いてください。")
    if progress.two_people and same_person(by, progress.author):
        raise StepRefused("作った人は承認できません。ほかの人が承認してください。")


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def districts_only(rule: Rule) -> Rule | None:
    """The rule as an emergency sees it: what residents chose is ignored, districts stay.

    Everyone() where no district is left. None where districts are mixed with other conditions in
    a way that has no district part of its own (an `any` or `not` over both): a person must then
    write the emergency's own rule.
    """
    used = attributes_used(rule)
    if DISTRICT not in used:
        return Everyone()
    if used == {DISTRICT}:
        return rule
    if not isinstance(rule, All):
        return None
    parts = [districts_only(part) for part in rule.parts]
    if None in parts:
        return None
    kept = tuple(part for part in parts if part is not None and not isinstance(part, Everyone))
    return kept[0] if len(kept) == 1 else All(kept)


def as_data(draft: Draft) -> dict[str, Any]:
    """The draft as JSON-able data; `from_data` of it gives the same draft."""
    return {
        "title": draft.title,
        "kind": str(draft.kind),
        "author": draft.author,
        "owner": draft.owner,
        "rule": draft.rule,
        "segment_name": draft.segment_name,
        "variants": {
            language: [_message_data(message) for message in messages]
            for language, messages in draft.variants().items()
        },
        "send_at": draft.send_at.isoformat() if draft.send_at else None,
        "expires_at": draft.expires_at.isoformat() if draft.expires_at else None,
        "repeat": draft.repeat.as_data() if draft.repeat else None,
    }


def from_data(data: Mapping[str, Any]) -> Draft:
    """The draft that `as_data` made this of."""
    variants = {
        language: tuple(_message(each) for each in messages)
        for language, messages in data["variants"].items()
    }
    return Draft(
        title=data["title"],
        kind=Kind(data["kind"]),
        messages=variants.pop(BASE_LANGUAGE),
        author=data["author"],
        owner=data["owner"],
        rule=data["rule"],
        segment_name=data["segment_name"],
        translations=variants,
        send_at=_instant(data["send_at"]),
        repeat=Repeat.from_data(data["repeat"]) if data["repeat"] else None,
        expires_at=_instant(data["expires_at"]),
    )


def _message_data(message: Message) -> dict[str, Any]:
    if isinstance(message, TextMessage):
        return {"text": message.text}
    links = [[link.label, link.url] for link in message.links]
    return {
        "title": message.title,
        "body": message.text,
        "links": links,
        "image": message.image,
        "words": message.words,
    }


def _message(data: Mapping[str, Any]) -> Message:
    if "title" not in data:
        return TextMessage(data["text"])
    links = tuple(Link(label, url) for label, url in data["links"])
    return CardMessage(data["title"], data["body"], links, data["image"], data["words"])


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
