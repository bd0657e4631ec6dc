"""Webhook events, a LINE that follows a script, a clock that stands still."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.guard import mask
from bot.core.ports import Answered, Answerer, Event
from bot.errors import LineRejected, LineRetryable
from bot.line.events import parse_body, parse_event
from bot.line.scrub import scrub_event
from bot.line.signature import sign, verify
from bot.services.receiving import Receiver
from bot.services.replying import Replying, Work
from bot.store.database import Database
from bot.store.inbox import Settled

SECRET = "test-secret"
START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Japan
TARO, HANAKO = "U" + "a" * 32, "U" + "b" * 32
_numbers = itertools.count(1)


class FakeClock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeLine:
    """Takes replies; raises what is scripted first, in order."""

    def __init__(self, *script: Exception) -> None:
        self.script = list(script)
        self.sent: list[tuple[str, Any]] = []
        self.attempts = 0

    def reply(self, reply_token: str, messages: str) -> None:
        self.attempts += 1
        if self.script:
            raise self.script.pop(0)
        self.sent.append((reply_token, json.loads(messages)))


def too_many() -> LineRetryable:
    """Certainly not sent."""
    return LineRetryable("429", status=429, unknown_outcome=False)


def lost() -> LineRetryable:
    """Perhaps sent."""
    return LineRetryable("timeout", unknown_outcome=True)


def invalid_token() -> LineRejected:
    return LineRejected("invalid_reply_token", status=400)


class Echo(Answerer):
    """Answers what was said, counts in the state; raises on 「爆発」, erases on 「消して」."""

    def __init__(self) -> None:
        self.states: list[str | None] = []

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        self.states.append(state)
        words = event.text or ""
        if words == "爆発":
            raise RuntimeError(f"cannot stand {words}")
        if not words:
            return Answered((), state, "ignored", None)
        count = json.loads(state)["n"] + 1 if state else 1
        return Answered(
            messages=({"type": "text", "text": words},),
            state=None if words == "消して" else json.dumps({"n": count}),
            outcome="answer",
            question=words,
            candidates=("garbage",),
            erase=words == "消して",
        )


def text_event(
    words: str = "ごみの日は？", *, who: str = TARO, event_id: str = "", **changes: Any
) -> dict[str, Any]:
    """A text message as LINE sends it."""
    event_id = event_id or f"event-{next(_numbers)}"
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(START.timestamp() * 1000) + next(_numbers),
        "source": {"type": "user", "userId": who},
        "webhookEventId": event_id,
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"token-{event_id}",
        "message": {"type": "text", "id": f"m-{event_id}", "quoteToken": "q", "text": words},
    } | changes


def silent_event(kind: str, *, who: str = TARO, **changes: Any) -> dict[str, Any]:
    """An event that cannot be replied to."""
    event = text_event(who=who, type=kind)
    del event["replyToken"], event["message"]
    return event | changes


def body(*events: Any) -> bytes:
    return json.dumps({"destination": "U" + "0" * 32, "events": list(events)}).encode()


def receiver(db: Database, clock: Callable[[], datetime], **changes: Any) -> Receiver:
    values: dict[str, Any] = {
        "verify": lambda content, signature: verify(SECRET, content, signature),
        "parse_body": parse_body,
        "parse_event": parse_event,
        "scrub": lambda raw: scrub_event(raw, lambda words: mask(words).text),
        "wake": lambda: None,
        "clock": clock,
    }
    return Receiver(db, **(values | changes))


def deliver(door: Receiver, *events: Any) -> Any:
    """Hand signed events over."""
    content = body(*events)
    return door.receive(content, sign(SECRET, content))


def work(replying: Replying, *, room: int = 8) -> None:
    """Do what the worker does, in this thread, until nothing is due."""
    done: list[Any] = []
    sent: list[Settled] = []
    turn = Work()
    while True:
        turn = replying.turn(done, sent, room, overloaded=turn.overloaded)
        done = [replying.answer(claimed) for claimed in turn.fresh]
        sent = [replying.send(outgoing) for outgoing in turn.outgoing]
        if not (done or sent):
            return
