"""How the whole is doing at this moment, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StoreError
from bot.services.readiness import Readiness
from bot.store import pulse
from bot.store.database import Database
from bot.store.gauges import behind


@dataclass(frozen=True)
class Lag:
    """What waits in the database; ages in seconds, 0 where nothing waits.

    `silent`: accounts of which no reply arrives. `last_backup` is None where there was none.
    """

    open_events: int
    oldest_event: float
    open_batches: int
    oldest_batch: float
    silent: int
    last_backup: float | None


@dataclass(frozen=True)
class Vitals:
    """`look` may be called from any thread, as often as a scrape comes."""

    db: Database
    readiness: Readiness
    clock: Callable[[], datetime]
    content_errors: Callable[[], int]

    def ready(self) -> bool:
        """Whether a resident who writes now is answered. Writes one small row."""
        return not self.readiness.reasons()

    def lag(self) -> Lag | None:
        """How far behind the work is; None where the database does not say."""
        now = int(self.clock().timestamp() * 1000)
        try:
            with self.db.read() as connection:
                found = behind(connection, now)
                backed_up = pulse.last(connection, pulse.BACKUP)
            silent = len(self.readiness.silent())
        except StoreError:
            return None
        return Lag(
            found.open_events,
            _age(found.oldest_event, now),
            found.open_batches,
            _age(found.oldest_batch, now),
            silent,
            None if backed_up is None else _age(backed_up, now),
        )


def _age(since: int | None, now: int) -> float:
    return 0.0 if since is None else max(0.0, (now - since) / 1000)
