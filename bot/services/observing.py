"""What is counted of the work, and the request id that leads from a webhook to its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from structlog.contextvars import bound_contextvars, get_contextvars

from bot.core.ports import Answered, Answerer, Event, LineApi
from bot.errors import LineRejected, LineRetryable
from bot.services.effects import Effects
from bot.services.replying import Replying
from bot.store.inbox import Claimed

REQUEST_ID = "request_id"  # in the logs
_KEY = "madoguchiRequestId"  # in the stored event
_STORED = re.compile(rf'"{_KEY}":"([0-9A-Za-z._-]{{1,64}})"')

Count = Callable[[str], None]


@dataclass(frozen=True)
class CountedAnswers(Answerer):
    """An Answerer; `count` is told each outcome (answer, choices, fallback …)."""

    answerer: Answerer
    count: Count

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """As the answerer within."""
        return self.begin(event, state, now)()

    def begin(self, event: Event, state: str | None, now: datetime) -> Callable[[], Answered]:
        """See `Answerer.begin`."""
        return partial(self._counted, self.answerer.begin(event, state, now))

    def _counted(self, answer: Callable[[], Answered]) -> Answered:
        try:
            answered = answer()
        except Exception:
            self.count("error")
            raise
        self.count(answered.outcome)
        return answered


@dataclass(frozen=True)
class CountedLine:
    """A LineApi; `count` is told what became of each request: accepted, retryable, rejected."""

    line: LineApi
    count: Count

    def reply(self, reply_token: str, messages: str) -> None:
        """As the LineApi within."""
        try:
            self.line.reply(reply_token, messages)
        except LineRetryable:
            self.count("retryable")
            raise
        except LineRejected:
            self.count("rejected")
            raise
        self.count("accepted")


def with_request_id(raw: dict[str, Any]) -> dict[str, Any]:
    """The event to be stored, with the id of the request that brought it."""
    request_id = get_contextvars().get(REQUEST_ID)
    return raw | {_KEY: request_id} if request_id else raw


class TracedReplying(Replying):
    """Logs of the answer carry the id of the request that brought the event."""

    def begin(self, claimed: Claimed) -> Callable[[], Effects]:
        """As `Replying.begin`."""
        # The key is ours and the last one; a resident's words cannot hold an unescaped quote.
        found = _STORED.findall(claimed.body)
        begun = super().begin(claimed)
        return partial(_traced, begun, found[-1]) if found else begun


def _traced(effects: Callable[[], Effects], request_id: str) -> Effects:
    with bound_contextvars(**{REQUEST_ID: request_id}):
        return effects()
