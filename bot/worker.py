"""The worker: one thread decides in batches, several wait for LINE, one tidies up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from bot.errors import StoreError
from bot.services.failures import describe
from bot.services.replying import Effects, Outgoing, Replying, Work
from bot.store.inbox import Settled

log = logging.getLogger(__name__)

# More senders than cores: they wait for LINE, they do not compute.
SENDERS = 16
# A batch is recorded together before its first reply leaves: small, or the first one waits.
BATCH = 8
_IDLE_SECONDS = 1.0
# Recording that a reply went out hurries nobody; a little later it shares a commit.
_SETTLE_SECONDS = 0.02
# A turn costs the same for one event as for eight. An idle worker turns at once; a busy one lets
# a few events gather, which leaves the processor to acknowledgements.
_TURNS_AT_ONCE = 3  # claim, record, settle: what one lone event needs
_TURN_SECONDS = 0.01
_STORE_PAUSE_SECONDS = 0.5
_STUCK_SECONDS = 30.0
HOUSEKEEPING_SECONDS = 60.0


class Pace:
    """Lets `burst` turns through at once, then one every `seconds`."""

    def __init__(self, seconds: float, burst: int) -> None:
        self._seconds = seconds
        self._spare = seconds * burst
        self._next = 0.0  # when the next turn would be due at the steady pace

    def pause(self, now: float) -> float:
        """How long to wait before a turn that is wanted `now`; the turn is then counted."""
        self._next = max(self._next, now - self._spare) + self._seconds
        return max(0.0, self._next - now)


class Keeper:
    """Calls `task` about once a minute in a thread of its own; its failures are logged."""

    def __init__(self, task: Callable[[], None]) -> None:
        self._task = task
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 20.0) -> None:
        """Returns when the task, if running, is over, or after `timeout` s."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            try:
                self._task()
            except Exception as error:
                log.error("housekeeping failed", extra={"error": describe(error)})
            if self._stopping.wait(HOUSEKEEPING_SECONDS):
                return


class ReplyWorker:
    """Answers what the inbox holds until told to stop. `housekeeping` is given a Keeper."""

    def __init__(
        self,
        replying: Replying,
        *,
        senders: int = SENDERS,
        batch: int = BATCH,
        housekeeping: Callable[[], None] | None = None,
    ) -> None:
        self._replying = replying
        self._batch = batch
        self._keeper = Keeper(housekeeping) if housekeeping else None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._outbox: SimpleQueue[Outgoing | None] = SimpleQueue()
        self._sent: SimpleQueue[Settled] = SimpleQueue()
        self._at_line = 0  # handed to senders and not recorded yet; only the decider touches it
        self._most_at_line = senders * 2
        self._beat = 0.0
        self._decider = threading.Thread(target=self._decide, name="decider", daemon=True)
        self._senders = [
            threading.Thread(target=self._send, name=f"sender-{n}", daemon=True)
            for n in range(senders)
        ]

    def start(self) -> None:
        """Take up what an earlier process left, then answer."""
        self._beat = time.monotonic()
        recovered = self._replying.recover()
        if recovered:
            log.info("open events taken up", extra={"events": recovered})
        for thread in (self._decider, *self._senders):
            thread.start()
        if self._keeper is not None:
            self._keeper.start()

    def wake(self) -> None:
        """There is something new; cheap, from any thread."""
        self._wake.set()

    def alive(self) -> bool:
        """Whether events are being answered (the decider runs and is not stuck)."""
        return self._decider.is_alive() and time.monotonic() - self._beat < _STUCK_SECONDS

    def stop(self, timeout: float = 20.0) -> None:
        """Finish what is in hand, take nothing new; returns when done or after `timeout` s.

        What is still open then stays in the inbox and is taken up at the next start.
        """
        deadline = time.monotonic() + timeout
        self._stopping.set()
        self._wake.set()
        if self._keeper is not None:
            self._keeper.stop(timeout)
        for thread in (self._decider, *self._senders):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _decide(self) -> None:
        done: list[Effects] = []
        sent: list[Settled] = []
        work = Work()
        pace = Pace(_TURN_SECONDS, _TURNS_AT_ONCE)
        while not self._finished(done, sent):
            if not done:
                self._rest(work.next_due)
            self._beat = time.monotonic()
            if pause := pace.pause(self._beat):
                time.sleep(pause)
            self._wake.clear()
            sent += _drain(self._sent)
            try:
                work = self._replying.turn(done, sent, self._room(), overloaded=work.overloaded)
            except StoreError as error:
                # `done` and `sent` are kept and offered again: nothing is answered twice for it.
                log.error("worker cannot record", extra={"reason": str(error)})
                time.sleep(_STORE_PAUSE_SECONDS)
                continue
            except Exception as error:
                # A mistake of ours: without these the leases end, and the events come again.
                log.critical("worker turn failed", extra={"error": describe(error)})
                self._at_line -= len(sent)
                done, sent = [], []
                time.sleep(_STORE_PAUSE_SECONDS)
                continue
            self._at_line += len(work.outgoing) - len(sent)
            for outgoing in work.outgoing:
                self._outbox.put(outgoing)
            sent = []
            done = [self._replying.answer(claimed) for claimed in work.fresh]
        for _ in self._senders:
            self._outbox.put(None)

    def _finished(self, done: list[Effects], sent: list[Settled]) -> bool:
        return self._stopping.is_set() and not (done or sent or self._at_line)

    def _room(self) -> int:
        if self._stopping.is_set():
            return 0
        return max(0, min(self._batch, self._most_at_line - self._at_line))

    def _rest(self, due: int | None) -> None:
        """Sleep until there is something to do."""
        seconds = _IDLE_SECONDS
        if due is not None:
            seconds = min(seconds, (due - self._replying.now()) / 1000)
        if self._at_line:
            seconds = min(seconds, _SETTLE_SECONDS)
        if seconds > 0:
            self._wake.wait(seconds)

    def _send(self) -> None:
        while (outgoing := self._outbox.get()) is not None:
            self._sent.put(self._replying.send(outgoing))


def _drain(queue: SimpleQueue[Settled]) -> list[Settled]:
    items: list[Settled] = []
    while True:
        try:
            items.append(queue.get_nowait())
        except Empty:
            return items
