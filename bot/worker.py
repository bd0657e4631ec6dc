"""The worker: one thread decides in batches, several wait for LINE, one tidies up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TypeVar

from bot.errors import StoreError
from bot.services.effects import Effects, Outgoing
from bot.services.failures import describe
from bot.services.keeping import Keeper
from bot.services.replying import Replying
from bot.store.inbox import Settled
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)
T = TypeVar("T")

# More senders than cores: they wait for LINE, they do not compute. More are started as replies
# are left waiting, so a quick LINE is served by a few, which stand less in each other's way.
SENDERS = 32
_FIRST_SENDERS = 2
_LEFT_SECONDS = 0.01  # what nobody has taken up after so long waits for a sender
# A batch is recorded together before its first reply leaves: small, or the first one waits.
BATCH = 16
# How often to look for events that nobody told us of. Beside the door that is only what another
# process left; without it every event is found this way, and its answer waits half as long.
LOOK_SECONDS = 1.0
LOOK_OFTEN_SECONDS = 0.02
# Recording that a reply went out hurries nobody; a little later it shares a commit.
_SETTLE_SECONDS = 0.02
# A turn costs nearly the same for one event as for many. An idle worker turns at once; a busy
# one lets a few events gather, which leaves the processor to acknowledgements.
_TURNS_AT_ONCE = 3  # claim, record, settle: what one lone event needs
_TURN_SECONDS = 0.02
_STORE_PAUSE_SECONDS = 0.5
_STUCK_SECONDS = 30.0


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


@dataclass
class _Lane:
    """One account's work in hand. Only the decider touches it."""

    replying: Replying
    asked: list[Callable[[], Effects]] = field(default_factory=list)  # being decided
    done: list[Effects] = field(default_factory=list)
    sent: list[Settled] = field(default_factory=list)
    at_line: int = 0  # handed to senders and not recorded yet
    wanted: bool = True  # somebody said that there is something
    next_due: int | None = None
    overloaded: bool = False
    settle_at: float = 0.0

    @property
    def busy(self) -> bool:
        """Whether something of it would be lost from sight if we stopped now."""
        return bool(self.in_hand or self.at_line)

    @property
    def in_hand(self) -> bool:
        """Whether a turn would bring something forward without new events."""
        return bool(self.asked or self.done or self.sent)

    def wait(self, now: float, hurry: bool) -> float | None:
        """Seconds until its next turn, 0 for at once, None for when somebody says so."""
        if self.asked or self.done or self.wanted:
            return 0.0
        waits = []
        if self.sent:
            waits.append(0.0 if hurry else self.settle_at - now)
        if self.next_due is not None:
            waits.append((self.next_due - self.replying.now()) / 1000)
        return max(0.0, min(waits)) if waits else None


class ReplyWorker:
    """Answers what the inbox holds for these accounts, in turn, until told to stop.

    `send`: has what was begun decided by another process, which then goes on with a full turn's
    events while those of the turn before are recorded. `housekeeping`: the tasks of a Keeper.
    `look_seconds`: how often to look for events that came in through other processes.
    """

    def __init__(
        self,
        *replying: Replying,
        send: Callable[[], None] | None = None,
        senders: int = SENDERS,
        batch: int = BATCH,
        housekeeping: Sequence[Callable[[], object]] = (),
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._lanes = [_Lane(each) for each in replying]
        self._send_begun = send
        self._batch = batch
        self._keeper = Keeper(*housekeeping) if housekeeping else None
        self._look_seconds = look_seconds
        self._look_at = 0.0
        self._wake = threading.Event()
        self._woken: SimpleQueue[str] = SimpleQueue()
        self._stopping = threading.Event()
        self._outbox: SimpleQueue[tuple[_Lane, Outgoing] | None] = SimpleQueue()
        self._sent: SimpleQueue[tuple[_Lane, Settled]] = SimpleQueue()
        # One account whose LINE is slow must leave senders to the others.
        self._most_at_line = senders * 2 if len(replying) == 1 else senders
        self._beat = 0.0
        self._decider = threading.Thread(target=self._decide, name="decider", daemon=True)
        self._most_senders = senders
        self._senders: list[threading.Thread] = []  # only the decider adds to them
        self._handed_over_at = 0.0

    def start(self) -> None:
        """Take up what an earlier process left, then answer."""
        self._beat = time.monotonic()
        recovered = self._lanes[0].replying.recover()  # of all accounts
        if recovered:
            log.info("open events taken up", extra={"events": recovered})
        self._decider.start()
        if self._keeper is not None:
            self._keeper.start()

    def wake(self, account: str = MAIN_ACCOUNT) -> None:
        """There is something new for `account`; cheap, from any thread."""
        self._woken.put(account)
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
        if self._decider.ident is not None:
            self._decider.join(max(0.0, deadline - time.monotonic()))
        for thread in self._senders:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _decide(self) -> None:
        pace = Pace(_TURN_SECONDS, _TURNS_AT_ONCE)
        while not (self._stopping.is_set() and not any(lane.busy for lane in self._lanes)):
            self._beat = time.monotonic()
            try:
                self._go_on(pace)
            except Exception as error:
                # No thread or process to be had, say. What was in hand comes again: leases end.
                log.critical("worker failed", extra={"error": describe(error)})
                time.sleep(_STORE_PAUSE_SECONDS)
        for _ in self._senders:
            self._outbox.put(None)

    def _go_on(self, pace: Pace) -> None:
        """The next turn, or a rest where there is nothing to do."""
        self._start_senders()
        self._gather()
        lane = self._next_lane()
        if lane is None:
            self._rest()
            return
        if pause := pace.pause(time.monotonic()):
            time.sleep(pause)
            self._gather()
        self._turn(lane)

    def _next_lane(self) -> _Lane | None:
        """The first that is due; it goes behind the others, so that each account has its turn."""
        now, stopping = time.monotonic(), self._stopping.is_set()
        for number, lane in enumerate(self._lanes):
            if lane.wait(now, stopping) == 0.0 and not (stopping and not lane.in_hand):
                self._lanes.append(self._lanes.pop(number))
                return lane
        return None

    def _gather(self) -> None:
        """Take up what other threads have put down for us."""
        for account in _drained(self._woken):
            for lane in self._lanes:
                lane.wanted |= lane.replying.account == account
        for lane, settled in _drained(self._sent):
            if not lane.sent:
                lane.settle_at = time.monotonic() + _SETTLE_SECONDS
            lane.sent.append(settled)

    def _turn(self, lane: _Lane) -> None:
        lane.wanted = False
        done, sent = lane.done, lane.sent
        try:
            work = lane.replying.turn(done, sent, self._room(lane), overloaded=lane.overloaded)
        except StoreError as error:
            # `done` and `sent` are kept and offered again: nothing is answered twice for it.
            log.error("worker cannot record", extra={"reason": str(error)})
            lane.wanted = True
            time.sleep(_STORE_PAUSE_SECONDS)
            return
        except Exception as error:
            # A mistake of ours: without these the leases end, and the events come again.
            log.critical("worker turn failed", extra={"error": describe(error)})
            lane.at_line -= len(sent)
            lane.done, lane.sent, lane.wanted = [], [], True
            time.sleep(_STORE_PAUSE_SECONDS)
            return
        lane.at_line += len(work.outgoing) - len(sent)
        lane.next_due, lane.overloaded, lane.sent = work.next_due, work.overloaded, []
        for outgoing in work.outgoing:
            self._handed_over_at = time.monotonic()
            self._outbox.put((lane, outgoing))
        self._answer(lane, [lane.replying.begin(claimed) for claimed in work.fresh])

    def _answer(self, lane: _Lane, begun: list[Callable[[], Effects]]) -> None:
        """Have them decided; after a full turn, with more waiting, without waiting for it."""
        before, lane.asked = lane.asked, []
        if self._send_begun is not None:
            self._send_begun()
            if len(begun) >= self._batch:
                lane.asked, begun = begun, []
        lane.done = [effects() for effects in (*before, *begun)]

    def _room(self, lane: _Lane) -> int:
        if self._stopping.is_set():
            return 0
        return max(0, min(self._batch, self._most_at_line - lane.at_line))

    def _rest(self) -> None:
        """Sleep until there is something to do."""
        now, stopping = time.monotonic(), self._stopping.is_set()
        if not stopping and now >= self._look_at:
            self._look_at = now + self._look_seconds
            if self._look():
                return
        waits = [lane.wait(now, stopping) for lane in self._lanes]
        seconds = min([self._look_at - now, *(each for each in waits if each is not None)])
        if any(lane.at_line for lane in self._lanes):
            seconds = min(seconds, _SETTLE_SECONDS)
        if self._wake.wait(max(0.001, seconds)):
            self._wake.clear()

    def _look(self) -> bool:
        """Whether an account has events that nobody told us of."""
        for lane in self._lanes:
            try:
                lane.wanted = lane.wanted or lane.replying.anything_due()
            except StoreError as error:
                log.error("worker cannot read", extra={"reason": str(error)})
                time.sleep(_STORE_PAUSE_SECONDS)
                return False
        return any(lane.wanted for lane in self._lanes)

    def _start_senders(self) -> None:
        """A few, and one more for each reply that nobody has taken up for a while."""
        left = time.monotonic() - self._handed_over_at > _LEFT_SECONDS
        wanted = len(self._senders) + self._outbox.qsize() if left else 0
        wanted = min(max(wanted, _FIRST_SENDERS), self._most_senders)
        for number in range(len(self._senders), wanted):
            thread = threading.Thread(target=self._send, name=f"sender-{number}", daemon=True)
            thread.start()  # first: one that could not be had is asked for again
            self._senders.append(thread)

    def _send(self) -> None:
        while (order := self._outbox.get()) is not None:
            lane, outgoing = order
            self._sent.put((lane, lane.replying.send(outgoing)))


def _drained(queue: SimpleQueue[T]) -> list[T]:
    items: list[T] = []
    while True:
        try:
            items.append(queue.get_nowait())
        except Empty:
            return items
