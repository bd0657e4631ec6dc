"""What the use cases need from the outside, as types only: LINE, and somebody who answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from bot.core.changes import Change
from bot.core.reactions import Reaction

_JSON = json.JSONEncoder(separators=(",", ":"))


class LineApi(Protocol):
    """LINE's sending side. Failures are `bot.errors.LineRetryable` or `LineRejected`."""

    def reply(self, reply_token: str, messages: str) -> None:
        """Send a JSON list of 1 to 5 message objects; returns only when LINE has accepted them."""
        ...


@dataclass(frozen=True)
class Accepted:
    """LINE took the request; `before`: it had taken the same retry key already."""

    request_id: str
    before: bool = False


@dataclass(frozen=True)
class Quota:
    """Messages of this month; `limit` is None without a limit."""

    limit: int | None
    used: int

    @property
    def left(self) -> int | None:
        """How many recipients more; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True)
class FollowerPage:
    """Ids of friends; `next` is "" on the last page."""

    user_ids: tuple[str, ...]
    next: str = ""


@dataclass(frozen=True)
class Statistics:
    """People who opened, people who tapped a link; None where LINE gives no number (under 20)."""

    opened: int | None
    clicked: int | None


class LineDelivery(Protocol):
    """LINE's side for announcements. Failures are `LineRetryable` or `LineRejected`.

    A send with a `retry_key` that LINE has accepted before is `Accepted` again, and nobody gets
    it twice; the key must be stored before its first use and belongs to one body for ever.
    """

    def multicast(
        self,
        to: Sequence[str],
        messages: Sequence[Mapping[str, Any]],
        *,
        retry_key: str,
        unit: str = "",
    ) -> Accepted:
        """Send to 1 to 500 residents; `unit` is the name for LINE's statistics."""
        ...

    def broadcast(self, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        """Send to every friend of the account, known to us or not."""
        ...

    def push(self, to: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        """Send to one."""
        ...

    def quota(self) -> Quota:
        """This month's limit and use."""
        ...

    def validate(
        self, messages: Sequence[Mapping[str, Any]], kind: str = "multicast"
    ) -> tuple[str, ...]:
        """What LINE would refuse about these messages, () if nothing."""
        ...

    def unit_statistics(self, unit: str, first_day: str, last_day: str) -> Statistics:
        """Opened and clicked between two days (YYYYMMDD, Japan)."""
        ...


class Source(Protocol):
    """Who spoke and where; any id may be missing."""

    @property
    def type(self) -> str: ...  # user | group | room | unknown
    @property
    def user_id(self) -> str | None: ...
    @property
    def chat_id(self) -> str | None: ...  # the group's or room's id


class Event(Protocol):
    """One webhook event, as the use cases see it (`bot.line.events.Event` is one)."""

    @property
    def event_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def mode(self) -> str: ...  # active | standby | …
    @property
    def timestamp_ms(self) -> int: ...
    @property
    def is_redelivery(self) -> bool: ...
    @property
    def reply_token(self) -> str | None: ...
    @property
    def source(self) -> Source: ...
    @property
    def conversation_key(self) -> str | None: ...
    @property
    def message_id(self) -> str | None: ...  # of an unsend: the message taken back
    @property
    def text(self) -> str | None: ...
    @property
    def postback_data(self) -> str | None: ...
    @property
    def mentioned(self) -> bool: ...
    @property
    def later_in_set(self) -> bool: ...  # of pictures sent at once, and not the first


class Written(dict[str, Any]):
    """A message, or a part of one, with its JSON: made once for all who are sent it.

    Neither is changed any more.
    """

    def __init__(self, message: Mapping[str, Any], as_json: str = "") -> None:
        super().__init__(message)
        self.as_json = as_json or _JSON.encode(message)


@dataclass(frozen=True)
class Answered:
    """What answering one event came to; the caller stores and sends it."""

    messages: tuple[Mapping[str, Any], ...]  # LINE message objects; empty = say nothing
    state: str | None  # conversation state as JSON to keep; None = forget
    outcome: str  # answer | choices | fallback | ignored | left ...
    question: str | None  # masked words to keep for staff statistics, None = keep nothing
    candidates: tuple[str, ...] = ()
    erase: bool = False  # everything about this resident goes
    changes: tuple[Change, ...] = ()  # to what this resident chose
    private: bool = False  # what was said is about the resident alone: its words go at once
    link: str = ""  # digest of the link to their settings that the messages hold
    reaction: Reaction | None = None  # to an answer; nobody's name or words in it
    written: str | None = None  # the messages, where they come as JSON already

    def as_json(self) -> str | None:
        """The messages as the JSON list to be sent; None: say nothing."""
        if self.written is not None or not self.messages:
            return self.written
        written = (
            each.as_json if isinstance(each, Written) else _JSON.encode(each)
            for each in self.messages
        )
        return f"[{','.join(written)}]"

    def sealed(self) -> Answered:
        """The same with its messages as JSON alone: lighter to hand to another process."""
        return replace(self, messages=(), written=self.as_json())


class Answerer(Protocol):
    """Decides what one event is answered; does no I/O that cannot be repeated."""

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """`state` is what the last answer of this conversation kept, None if none or expired."""
        ...

    def begin(self, event: Event, state: str | None, now: datetime) -> Callable[[], Answered]:
        """`answer` in two steps: what is begun together may be worked on together.

        The answer, or its error, comes when the result is called.
        """
        return partial(self.answer, event, state, now)
