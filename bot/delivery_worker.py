"""The delivery worker: one thread claims and records, several wait for LINE, one starts, one tidies.

Inside `serve`, or a process of its own (`madoguchi worker`). Any number may work on PostgreSQL; a
SQLite file takes one process at a time, which `DeliveryLock` sees to.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from bot.errors import StoreBusy, StoreError
from bot.services.delivery import Delivery, Outgoing, Settled
from bot.services.failures import describe
from bot.services.keeping import Keeper
from bot.services.starting import Starting
from bot.store.lockfile import FileLock

log = logging.getLogger(__name__)

# At 195 requests a second and 100 ms for each answer 20 wait for LINE, the others for their turn.
SENDERS = 32
_IDLE_SECONDS = 0.5
# A little later results share a transaction with the next claim.
_GATHER_SECONDS = 0.02
_STORE_PAUSE_SECONDS = 0.5
_STUCK_SECONDS = 30.0


class DeliveryLock:
    """Held by the one process that delivers from a SQLite file; nothing for other databases."""

    def __init__(self, url: str, wait_seconds: float = 3.0) -> None:
        """Raises StoreBusy where another process delivers from this file."""
        self._lock: FileLock | None = None
        if url.startswith("sqlite:///"):
            path = Path(url.removeprefix("sqlite:///"))
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock = FileLock(path.with_name(path.name + ".delivery.lock"), wait_seconds)
            except StoreBusy:
                raise StoreBusy(
                    "お知らせの配信は、別のまどぐちが受け持っています。SQLiteでは1つだけ動かせます。"
                    "serve を MADOGUCHI_WORKER=separate で始めるか、madoguchi worker を止めてください。"
                ) from None

    @property
    def alone(self) -> bool:
        """Whether no other process can have a request under way."""
        return self._lock is not None

    def release(self) -> None:
        """Let another process take over."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class DeliveryWorker:
    """Starts and delivers announcements until told to stop.

    `alone`: no other process can be sending, so what a dead one left is taken up at once instead
    of when its lease ends.
    """

    def __init__(
        self,
        delivery: Delivery,
        starting: Starting,
        *,
        senders: int = SENDERS,
        alone: bool = False,
        chores: Sequence[Callable[[], object]] = (),
    ) -> None:
        """`chores` are called about once a minute; their failures are logged."""
        self._delivery, self._starting = delivery, starting
        self._alone = alone
        # Beside the starts: a LINE that is slow to tell of a quota or of results holds up none.
        self._keeper = Keeper(delivery.sweep, delivery.watch_quota, *chores)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._outbox: SimpleQueue[tuple[Outgoing, float] | None] = SimpleQueue()
        self._results: SimpleQueue[Settled] = SimpleQueue()
        self._at_line = 0  # handed to senders and not recorded yet; only the dispatcher touches it
        self._most_at_line = senders * 3
        self._beat = 0.0
        self._dispatcher = threading.Thread(
            target=self._dispatch, name="delivery-dispatcher", daemon=True
        )
        self._starter = threading.Thread(target=self._start, name="delivery-starter", daemon=True)
        self._senders = [
            threading.Thread(target=self._send, name=f"delivery-{n}", daemon=True)
            for n in range(senders)
        ]

    def start(self) -> None:
        """Go on with what was begun, then do what becomes due."""
        self._beat = time.monotonic()
        if self._alone:
            self._delivery.recover()
        for thread in (self._dispatcher, self._starter, *self._senders):
            thread.start()
        self._keeper.start()

    def alive(self) -> bool:
        """Whether deliveries go on (the dispatcher runs and is not stuck)."""
        return self._dispatcher.is_alive() and time.monotonic() - self._beat < _STUCK_SECONDS

    def stop(self, timeout: float = 20.0) -> None:
        """Record the answers under way, take nothing new; returns when done or after `timeout`."""
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._wake.set()
        for thread in (self._dispatcher, self._starter, *self._senders):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._keeper.stop(max(0.0, deadline - time.monotonic()))

    def _dispatch(self) -> None:
        settled: list[Settled] = []
        wait: float = 0.0
        while not (self._stopping.is_set() and not settled and not self._at_line):
            self._rest(wait, bool(settled))
            self._beat = time.monotonic()
            settled += _drain(self._results)
            if not settled and not self._due():
                wait = _IDLE_SECONDS
                continue
            try:
                work = self._delivery.turn(settled, self._room(len(settled)))
            except StoreError as error:
                # The results are kept and offered again: LINE's answers are not lost for it.
                log.error("delivery cannot record", extra={"reason": str(error)})
                wait = _STORE_PAUSE_SECONDS
                continue
            except Exception as error:
                # A mistake of ours: the leases end, and the same keys are tried again.
                log.critical("delivery turn failed", extra={"error": describe(error)})
                self._at_line -= len(settled)
                settled, wait = [], _STORE_PAUSE_SECONDS
                continue
            self._at_line += len(work.outgoing) - len(settled)
            settled = []
            claimed_at = time.monotonic()
            for outgoing in work.outgoing:
                self._outbox.put((outgoing, claimed_at + outgoing.claimed.wait_us / 1_000_000))
            wait = _IDLE_SECONDS if work.wait_ms is None else work.wait_ms / 1000
        for _ in self._senders:
            self._outbox.put(None)

    def _room(self, settling: int) -> int:
        if self._stopping.is_set():
            return 0
        return max(0, self._most_at_line - self._at_line + settling)

    def _due(self) -> bool:
        if self._stopping.is_set():
            return False
        try:
            return self._delivery.wait_ms() == 0
        except StoreError as error:
            log.error("delivery cannot read", extra={"reason": str(error)})
            return False

    def _rest(self, seconds: float, hurry: bool) -> None:
        """Sleep until there is something to do; results and the order to stop wake it."""
        if self._at_line:
            if self._wake.wait(min(max(seconds, _GATHER_SECONDS), _IDLE_SECONDS)):
                time.sleep(_GATHER_SECONDS)
        elif seconds > 0 and not (self._stopping.is_set() and not hurry):
            self._wake.wait(min(seconds, _IDLE_SECONDS))
        self._wake.clear()

    def _send(self) -> None:
        while (order := self._outbox.get()) is not None:
            outgoing, at = order
            pause = at - time.monotonic()
            if pause > 0 and self._stopping.wait(pause):
                self._results.put(self._delivery.give_back(outgoing))
            else:
                self._results.put(self._delivery.send(outgoing))
            self._wake.set()

    def _start(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = self._starting.wait_ms()
                while wait == 0 and self._starting.start_due() and not self._stopping.is_set():
                    self._wake.set()
                    wait = self._starting.wait_ms()
            except Exception as error:
                log.error("start of a delivery failed", extra={"error": describe(error)})
                self._stopping.wait(_STORE_PAUSE_SECONDS)
            self._stopping.wait(_IDLE_SECONDS)


def _drain(queue: SimpleQueue[Settled]) -> list[Settled]:
    items: list[Settled] = []
    while True:
        try:
            items.append(queue.get_nowait())
        except Empty:
            return items
