"""LINE in memory: what it accepts and refuses, and scripted trouble."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.errors import LineRejected, LineRetryable
from bot.line.limits import check_messages

INVALID_TOKEN = "Invalid reply token"


class Fault(Enum):
    """Trouble for one request. The ACCEPT_ ones happen after the messages were sent."""

    TOO_MANY = "429"
    SERVER_ERROR = "500"
    GATEWAY_PAGE = "502, not JSON, not UTF-8"
    TIMEOUT = "no answer"
    DROP = "connection closed"
    UNAUTHORIZED = "401"
    REDIRECT = "307"
    ACCEPT_500 = "sent, then 500"
    ACCEPT_TIMEOUT = "sent, then no answer"
    ACCEPT_DROP = "sent, then connection closed"
    ACCEPT_GARBAGE = "sent, answered with what is not JSON"

    @property
    def accepts(self) -> bool:
        """Whether residents see the messages all the same."""
        return self.name.startswith("ACCEPT_")


@dataclass(frozen=True)
class Sent:
    """One reply that reached a resident."""

    reply_token: str
    messages: list[dict[str, Any]]


class Platform:
    """What LINE remembers: reply tokens that are spent, messages that were sent, trouble to come."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self._spent: set[str] = set()
        self._faults: deque[Fault] = deque()
        self._lock = threading.Lock()

    def fail(self, *faults: Fault) -> None:
        """The next requests meet these faults, one each."""
        self._faults.extend(faults)

    def expire(self, reply_token: str) -> None:
        """The token's minute is over."""
        self._spent.add(reply_token)

    def next_fault(self) -> Fault | None:
        """The fault this request meets."""
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def accept(self, reply_token: str, messages: list[dict[str, Any]]) -> tuple[str, list[str]]:
        """Send, or say why not: LINE's message ("" = sent) and the details."""
        problems = check_messages(messages)
        if problems:
            return "The request body has errors", problems
        with self._lock:
            if reply_token in self._spent:
                return INVALID_TOKEN, []
            self._spent.add(reply_token)
            self.sent.append(Sent(reply_token, messages))
        return "", []


class FakeLine(Platform):
    """A `LineApi` without a network: same answers, same errors, `sent` to look at."""

    def reply(self, reply_token: str, messages: str) -> None:
        """As `bot.line.reply.ReplyClient.reply`."""
        fault = self.next_fault()
        if fault is None or fault.accepts:
            refusal, _ = self.accept(reply_token, json.loads(messages))
            if refusal:
                category = "invalid_reply_token" if refusal == INVALID_TOKEN else "invalid_request"
                raise LineRejected(category, status=400)
        match fault:
            case None | Fault.ACCEPT_GARBAGE:
                return
            case Fault.TOO_MANY:
                raise LineRetryable("429", status=429, unknown_outcome=False, retry_after=2.0)
            case Fault.UNAUTHORIZED:
                raise LineRejected("unauthorized", status=401)
            case Fault.REDIRECT:
                raise LineRejected("other", status=307)
            case Fault.SERVER_ERROR | Fault.ACCEPT_500:
                raise LineRetryable("500", status=500, unknown_outcome=True)
            case Fault.GATEWAY_PAGE:
                raise LineRetryable("502", status=502, unknown_outcome=True)
            case _:
                raise LineRetryable(fault.value, unknown_outcome=True)
