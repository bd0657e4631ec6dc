"""A resident who floods: told so once, politely, then answered at a walking pace. Danger passes.

The counts are in memory only and per process: with several workers a flood gets so many times the
pace, which is still a walk, and nothing about who wrote how much is ever stored.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from bot.core.ports import Answered, Answerer, Event
from bot.services.addressing import is_to_us

BURST = 30  # messages at once; nobody types so many in a minute
SECONDS_EACH = 1.0  # afterwards one answer in so many seconds
_MOST = 10_000  # conversations remembered; the longest silent are forgotten first

Messages = Sequence[Mapping[str, Any]]


@dataclass
class _Bucket:
    tokens: float
    at: float  # seconds, by the events' own time
    told: bool = False


@dataclass
class Calming(Answerer):
    """An Answerer around another. `slow_down(state)` is the sentence as messages in the
    conversation's language; `urgent(text)` whether a message tells of danger."""

    answerer: Answerer
    slow_down: Callable[[str | None], Messages]
    urgent: Callable[[str], bool]
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def answer(self, event: Event, state: str | None, now: datetime) -> Answered:
        """As the answerer within, unless this conversation has had its share."""
        return self.begin(event, state, now)()

    def begin(self, event: Event, state: str | None, now: datetime) -> Callable[[], Answered]:
        """See `Answerer.begin`; the share is counted at once."""
        key = event.conversation_key
        if key is None or not event.reply_token or not is_to_us(event):
            return self.answerer.begin(event, state, now)
        # The events' own time: a queue that built up while we were away is no flood.
        allowed, tell = self._take(key, event.timestamp_ms / 1000)
        if allowed or (event.text and self.urgent(event.text)):
            return self.answerer.begin(event, state, now)
        return partial(self._slowed, state, tell)

    def _slowed(self, state: str | None, tell: bool) -> Answered:
        return Answered(tuple(self.slow_down(state)) if tell else (), state, "slowed", None)

    def _take(self, key: str, at: float) -> tuple[bool, bool]:
        """Whether there is a token, and if not, whether this is the first time to say so."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or _Bucket(BURST, at)
            self._buckets[key] = bucket
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
            bucket.tokens = min(BURST, bucket.tokens + max(0.0, at - bucket.at) / SECONDS_EACH)
            bucket.at = max(bucket.at, at)
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                bucket.told = bucket.told and bucket.tokens < BURST / 2
                return True, False
            tell, bucket.told = not bucket.told, True
            return False, tell
