"""`madoguchi worker`: replies and deliveries in a process of their own, any number on PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.config import Settings
from bot.core.ports import LineApi
from bot.errors import SettingsError, StoreError, StoreVersion
from bot.services.publishing import Publisher
from bot.store import pulse
from bot.store.migrate import require_current
from bot.wiring.account import (
    Base,
    Deliveries,
    housekeeping_of,
    load_publishers,
    open_base,
    replying_of,
    stop_all,
)
from bot.wiring.content import view_of
from bot.worker import LOOK_OFTEN_SECONDS, ReplyWorker

log = logging.getLogger(__name__)
BEAT_SECONDS = 5.0
# A web process that sees no worker for so long says so in /readyz.
DEAD_AFTER_MS = 60_000


class WorkerProcess:
    """Everything a worker does for these accounts; on SQLite the deliveries alone.

    Raises SettingsError without LINE, StoreBusy where this SQLite file has its worker already.
    """

    def __init__(self, every: Sequence[Settings], line: LineApi | None = None) -> None:
        connected = [each for each in every if each.has_line]
        if not connected:
            raise SettingsError(
                "LINEの設定（LINE_CHANNEL_ACCESS_TOKEN など）がないため、送れません。"
            )
        self._base = open_base(every[0], alone=False)
        try:
            self._publishers = load_publishers(every, self._base)
            self._deliveries = Deliveries(connected, self._base, self._publishers)
        except BaseException:
            self._base.db.close()
            raise
        # In a SQLite file `serve` answers: two processes would only wait for each other.
        replies = every[0].on_server
        self._replies = _replies(connected, self._base, self._publishers, line) if replies else None

    @property
    def answers(self) -> bool:
        """Whether replies are among the work."""
        return self._replies is not None

    def run(self, stop: threading.Event) -> bool:
        """Work until `stop`; then finish what is in hand. False: something broke on the way."""
        for publisher in self._publishers.values():
            publisher.watch()
        if self._replies is not None:
            self._replies.start()
        self._deliveries.start()
        healthy = True
        while healthy and not stop.wait(BEAT_SECONDS if self._beat() else 1.0):
            healthy = self._alive() and not self._outdated()
        self._close()
        return healthy

    def _alive(self) -> bool:
        alive = self._deliveries.alive() and (self._replies is None or self._replies.alive())
        if not alive:
            log.critical("worker is stuck")
        return alive

    def _outdated(self) -> bool:
        """Whether a newer version has changed the database: this one must not go on with it."""
        try:
            require_current(self._base.db)
        except StoreVersion as error:
            log.critical("database of another version", extra={"reason": str(error)})
            return True
        except StoreError:
            return False  # away: it comes back
        return False

    def _beat(self) -> bool:
        """Let the web processes know that somebody answers."""
        if self._replies is None:
            return True
        now = int(self._base.now().timestamp() * 1000)
        try:
            self._base.db.write(lambda c: pulse.beat(c, now, pulse.WORKER))
        except StoreError as error:
            log.error("no sign of life", extra={"reason": str(error)})
            return False
        return True

    def _close(self) -> None:
        stops: list[Callable[[], None]] = [self._deliveries.stop]
        if self._replies is not None:
            stops.append(self._replies.stop)
        threads = [threading.Thread(target=stop) for stop in stops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stop_all(self._publishers.values())
        self._base.db.close()


def workers_seen(base: Base) -> bool:
    """Whether a worker process has shown itself in the last minute."""
    now = int(base.now().timestamp() * 1000)
    try:
        with base.db.read() as connection:
            last = pulse.last(connection, pulse.WORKER)
    except StoreError:
        return False
    return last is not None and now - last < DEAD_AFTER_MS


def _replies(
    every: Sequence[Settings],
    base: Base,
    publishers: Mapping[Path, Publisher],
    line: LineApi | None,
) -> ReplyWorker:
    replying = [
        replying_of(each, base, view_of(each, publishers), _uncounted, _uncounted, line)
        for each in every
    ]
    return ReplyWorker(
        *replying,
        housekeeping=housekeeping_of(every, base),
        look_seconds=LOOK_OFTEN_SECONDS,
    )


def _uncounted(_word: str) -> None:
    """Metrics are the web processes'; the database's gauges tell of all workers."""
