"""Nothing is kept longer than promised: what is old goes, a little at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from bot.store import (
    backlog,
    chores,
    conversations,
    questions,
    reactions,
    segment_sizes,
    settings_keys,
)
from bot.store.database import Database

_JST = timezone(timedelta(hours=9))
_CHUNK = 200  # rows in one transaction: incoming events share the writer
_TIDY_MS = 50_000  # less than the minute between two calls
_PURGE_MS = 6 * 3_600_000
_LEASE_MS = 600_000  # longer than any purge
_CLOCK_SET_BACK_MS = 120_000  # longer than any lease or pause
# What waits so long is of an account that nobody answers for any more: taken off the list.
_LEFT_MS = 2 * 3_600_000


@dataclass
class Housekeeping:
    """Call it about once a minute; it does what is due. Raises StoreError.

    However many processes call it, each piece of work is done by one of them.
    """

    db: Database
    clock: Callable[[], datetime]
    retention_days: int = 90

    def __call__(self) -> None:
        now = self.clock()
        now_ms = int(now.timestamp() * 1000)
        if self._take("tidy", now_ms, _TIDY_MS):
            self._tidy(now_ms)
        if self._take("retention", now_ms, _PURGE_MS):
            self.purge(now)
            self.db.write(lambda c: chores.plan(c, "retention", now_ms + _PURGE_MS))

    def _take(self, name: str, now_ms: int, every_ms: int) -> bool:
        lease = min(_LEASE_MS, every_ms)
        return self.db.write(lambda c: chores.take(c, name, now_ms, lease, every_ms))

    def _tidy(self, now_ms: int) -> None:
        self.db.write(lambda c: backlog.recover(c, now_ms, _CLOCK_SET_BACK_MS))
        self.db.write(lambda c: backlog.expire(c, now_ms, _LEFT_MS, None))
        while self.db.write(lambda c: conversations.purge(c, now_ms, _CHUNK)) == _CHUNK:
            pass
        self.db.write(lambda c: settings_keys.purge(c, now_ms))

    def purge(self, now: datetime) -> None:
        """Delete every settled event, question and reaction older than the retention."""
        oldest = now - timedelta(days=self.retention_days)
        before = int(oldest.timestamp() * 1000)
        after: int | None = 0
        while after is not None:
            purge = partial(backlog.purge, before=before, after=after, limit=_CHUNK)
            after = self.db.write(purge)
        day = oldest.astimezone(_JST).date().isoformat()
        while self.db.write(lambda c: questions.purge(c, day, _CHUNK)) == _CHUNK:
            pass
        self.db.write(lambda c: segment_sizes.purge(c, day))
        while self.db.write(lambda c: reactions.purge(c, day, _CHUNK)) == _CHUNK:
            pass
