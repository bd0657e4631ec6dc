"""Nothing is kept longer than promised: what is old goes, a little at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial

from bot.store import backlog, conversations, questions, settings_keys
from bot.store.database import Database

log = logging.getLogger(__name__)

_JST = timezone(timedelta(hours=9))
_CHUNK = 200  # rows in one transaction: incoming events share the writer
_PURGE_EVERY = timedelta(hours=6)
_CLOCK_SET_BACK_MS = 120_000  # longer than any lease or pause


@dataclass
class Housekeeping:
    """Call it about once a minute; it does what is due. Raises StoreError."""

    db: Database
    clock: Callable[[], datetime]
    retention_days: int = 90
    _purged_at: datetime | None = field(default=None, init=False)

    def __call__(self) -> None:
        now = self.clock()
        now_ms = int(now.timestamp() * 1000)
        self.db.write(lambda c: backlog.recover(c, now_ms, _CLOCK_SET_BACK_MS))
        while self.db.write(lambda c: conversations.purge(c, now_ms, _CHUNK)) == _CHUNK:
            pass
        self.db.write(lambda c: settings_keys.purge(c, now_ms))
        if self._purged_at is None or abs(now - self._purged_at) >= _PURGE_EVERY:
            self.purge(now)
            self._purged_at = now

    def purge(self, now: datetime) -> None:
        """Delete every settled event and every question older than the retention."""
        oldest = now - timedelta(days=self.retention_days)
        before = int(oldest.timestamp() * 1000)
        after: int | None = 0
        while after is not None:
            purge = partial(backlog.purge, before=before, after=after, limit=_CHUNK)
            after = self.db.write(purge)
        day = oldest.astimezone(_JST).date().isoformat()
        while self.db.write(lambda c: questions.purge(c, day, _CHUNK)) == _CHUNK:
            pass
