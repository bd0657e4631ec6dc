"""What the use cases need from the outside, as types only: LINE, and somebody who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class LineApi(Protocol):
    """LINE's sending side. Failures are `bot.errors.LineRetryable` or `LineRejected`."""

    def reply(self, reply_token: str, messages: Sequence[Mapping[str, Any]]) -> None:
        """Send 1 to 5 message objects; returns only when LINE has accepted them."""
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


@dataclass(frozen=True)
class Answered:
    """What answering one event came to; the caller stores and sends it."""

    messages: tuple[Mapping[str, Any], ...]  # LINE message objects; empty = say nothing
    state: str | None  # conversation state as JSON to keep; None = forget
    outcome: str  # answer | choices | fallback | ignored | left ...
    question: str | None  # masked words to keep for staff statistics, None = keep nothing
    candidates: tuple[str, ...] = ()
    erase: bool = False  # everything about this resident goes


class Answerer(Protocol):
    """Decides what one event is answered; does no I/O that cannot be repeated."""

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """`state` is what the last answer of this conversation kept, None if none or expired."""
        ...
