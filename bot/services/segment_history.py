"""Once a day the size of every saved segment is noted, so that staff see how it moves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.core.attributes import Catalog
from bot.core.segment_rules import parse_rule
from bot.errors import ContentError
from bot.services.segments import JAPAN, Segments
from bot.store import chores, segment_sizes
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)

_DAY_MS, _HOUR_MS = 24 * 3_600_000, 3_600_000
_LEASE_MS = 600_000  # longer than counting takes
_AT = time(0, 5)  # Japan's; at the start of the day for which ages are counted


@dataclass
class SegmentHistory:
    """One account's. Call it about once a minute; of all processes one takes the day's sizes.

    Only what a screen may show is kept: no small number is in the table. Raises StoreError.
    """

    db: Database
    clock: Callable[[], datetime]
    catalog: Callable[[], Catalog]
    city: str
    account: str = MAIN_ACCOUNT

    def __call__(self) -> None:
        now = self.clock()
        now_ms = int(now.timestamp() * 1000)
        name = f"segment_sizes:{self.account}"
        longest = _DAY_MS + _HOUR_MS
        if not self.db.write(lambda c: chores.take(c, name, now_ms, _LEASE_MS, longest)):
            return
        try:
            self.take(now)
            due = _next(now)
        except ContentError:
            log.error("segment sizes not taken: intents/segments.yaml cannot be read")
            due = now_ms + _HOUR_MS
        self.db.write(lambda c: chores.plan(c, name, due))

    def take(self, now: datetime) -> None:
        """Note the sizes of Japan's day; those noted already stay. Raises ContentError."""
        city = (catalog := self.catalog()).in_city(self.city)
        segments = Segments(self.db, lambda: city, lambda: now, self.account)
        sizes = {}
        for name, data in catalog.segments.items():
            rule = parse_rule(data, city).rule
            if rule is not None:
                span = segments.span(rule)
                sizes[name] = (span.low, span.high)
        day = now.astimezone(JAPAN).date().isoformat()
        self.db.write(lambda c: segment_sizes.keep(c, day, sizes, self.account))


def _next(now: datetime) -> int:
    """The first minutes of Japan's next day, in UTC milliseconds."""
    tomorrow = now.astimezone(JAPAN).date() + timedelta(days=1)
    return int(datetime.combine(tomorrow, _AT, JAPAN).timestamp() * 1000)
