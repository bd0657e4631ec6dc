"""The LINE channel itself, as types: who we are there and where its webhook goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.ports import Quota


@dataclass(frozen=True)
class BotInfo:
    """The account behind the token; `at` is LINE's own time, None where it did not say."""

    name: str
    basic_id: str
    chat_on: bool  # LINE's own chat with staff; with it LINE may answer by itself
    at: datetime | None


@dataclass(frozen=True)
class Endpoint:
    """Where LINE sends events, and whether it does."""

    url: str
    active: bool


@dataclass(frozen=True)
class WebhookTest:
    """What became of LINE's test event; `reason` is LINE's word, such as REQUEST_TIMEOUT."""

    success: bool
    status: int
    reason: str


class LineChannel(Protocol):
    """What LINE says of the channel. Failures are `LineRetryable` or `LineRejected`."""

    def info(self) -> BotInfo:
        """Who the token belongs to."""
        ...

    def endpoint(self) -> Endpoint | None:
        """The webhook address, None where none is set."""
        ...

    def test_webhook(self) -> WebhookTest:
        """Let LINE send an empty event to the address now (60 times an hour at most)."""
        ...

    def quota(self) -> Quota:
        """Messages of this month."""
        ...
