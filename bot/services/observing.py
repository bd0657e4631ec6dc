"""What is counted of the work, and the request id in the logs of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from structlog.contextvars import bound_contextvars

from bot.core.ports import Answered, Answerer, Event, LineApi
from bot.errors import LineRejected, LineRetryable
from bot.services.effects import Effects, Outgoing
from bot.services.replying import Replying
from bot.services.tracing import REQUEST_ID, request_id_of
from bot.store.inbox import Claimed, Settled

Count = Callable[[str], None]
T = TypeVar("T")


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


class TracedReplying(Replying):
    """Logs of the answer and of its reply carry the id of the request that brought the event."""

    def begin(self, claimed: Claimed) -> Callable[[], Effects]:
        """As `Replying.begin`."""
        begun, request_id = super().begin(claimed), request_id_of(claimed.body)
        return partial(_traced, begun, request_id) if request_id else begun

    def send(self, outgoing: Outgoing) -> Settled:
        """As `Replying.send`."""
        send = partial(super().send, outgoing)
        return _traced(send, outgoing.request_id) if outgoing.request_id else send()


def _traced(work: Callable[[], T], request_id: str) -> T:
    with bound_contextvars(**{REQUEST_ID: request_id}):
        return work()
