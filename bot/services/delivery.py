"""From an approved announcement to LINE's answers: claim, send, record. Safe to stop anywhere.

Nothing leaves that is not in the ledger with its own retry key, and no transaction is open while
LINE is called. Whatever is not known after a crash is asked of LINE again with the same key and
the same body, which LINE answers with 409 where it had it already.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from bot.core.announcements import Action, State, StepRefused
from bot.core.delivery import Answer, Pace, Verdict, judge, pause_ms
from bot.core.ports import LineDelivery
from bot.errors import LineError, LineRejected, LineRetryable
from bot.services.failures import describe
from bot.services.frozen import Frozen
from bot.store import announcements, audit, batch_claims, batches, ledger
from bot.store.announcements import Stored
from bot.store.batches import Claimed
from bot.store.clock import now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)

# Longer than any request (connect 3 s, read 5 s): whoever holds a batch longer is dead.
LEASE_MS = 30_000
_ANSWERS = {"quota_exceeded": Answer.QUOTA, "invalid_recipients": Answer.BAD_RECIPIENT}
_REASONS = {
    "unauthorized": "LINEのアクセストークンが使えません（401）。設定を直してから再開してください。",
    "forbidden": "LINEに断られました（403）。プランと権限を確かめてください。",
    "too_large": "LINEに「大きすぎる」と断られました（413）。文を短くして作り直してください。",
}
_QUOTA_USED_UP = "今月送れる数を使い切りました。翌月になるか、プランを変えてから再開してください。"


@dataclass(frozen=True)
class Outgoing:
    """A request about to leave, not before `wait_us` microseconds from its claim."""

    claimed: Claimed
    messages: Sequence[dict[str, Any]]
    unit: str


@dataclass(frozen=True)
class Settled:
    """What an attempt came to. `doubt`: it, or one before it, may have been accepted."""

    claimed: Claimed
    verdict: Verdict
    doubt: bool
    retry_after: float | None = None
    request_id: str = ""
    error: str = ""
    unsent: bool = False  # given back without a request


@dataclass(frozen=True)
class Work:
    """What one turn brought; `wait_ms`: how long until there is more (None: until told)."""

    outgoing: tuple[Outgoing, ...] = ()
    wait_ms: int | None = None


@dataclass
class Delivery:
    """One account's deliveries; several threads and processes may run it at the same time."""

    db: Database
    line: LineDelivery
    pace: Pace = Pace()
    lease_ms: int = LEASE_MS
    account: str = MAIN_ACCOUNT
    _frozen: dict[int, Frozen] = field(default_factory=dict, init=False)

    def recover(self) -> None:
        """At a start, where no other process can be sending: go on at once with what was begun."""

        def run(connection: Connection) -> None:
            announcements.recover(connection)
            batches.recover(connection, now_ms(connection))

        self.db.write(run)

    def wait_ms(self) -> int | None:
        """How long until a turn has something to do, 0 if it has now; None if nothing is sent."""
        with self.db.read() as connection:
            due = batch_claims.next_due(connection, -1, self.account)
            wait = None if due is None else max(0, due - now_ms(connection))
            return 0 if wait != 0 and ledger.ended(connection, self.account) else wait

    def turn(self, settled: Sequence[Settled], room: int) -> Work:
        """Record attempts and claim up to `room` more, in one transaction. Raises StoreError."""

        def run(connection: Connection) -> Work:
            now = now_ms(connection)
            for each in settled:
                self._record(connection, each, now)
            touched = {each.claimed.announcement for each in settled}
            claims = batch_claims.Claims()
            if room > 0:
                claims = batch_claims.claim(
                    connection,
                    now,
                    lease_ms=self.lease_ms,
                    room=room,
                    pace=self.pace,
                    account=self.account,
                )
            outgoing = tuple(self._outgoing(connection, each) for each in claims.batches)
            if not outgoing:
                touched |= announcements.being_sent(connection, self.account)
            for announcement in touched:
                self._finish(connection, announcement, now)
            wait = None if claims.next_due is None else max(0, claims.next_due - now)
            return Work(outgoing, wait)

        return self.db.write(run)

    def send(self, outgoing: Outgoing) -> Settled:
        """Try a batch once and say what that means. Never raises."""
        claimed = outgoing.claimed
        error: LineError | None = None
        request_id = ""
        try:
            request_id = self._request(outgoing)
            answer = Answer.ACCEPTED
        except LineRetryable as lost:
            answer, error = Answer.UNKNOWN if lost.unknown_outcome else Answer.NOT_NOW, lost
        except LineRejected as refused:
            answer, error = _ANSWERS.get(refused.category, Answer.REFUSED), refused
        except Exception as mistake:
            log.error("batch failed", extra={"batch_id": claimed.id, "error": describe(mistake)})
            answer = Answer.UNKNOWN
        verdict = judge(answer, size=claimed.size, doubt=claimed.doubt)
        if error is not None:
            log.info(
                "batch not accepted",
                extra={"batch_id": claimed.id, "status": error.status, "verdict": str(verdict)},
            )
        return Settled(
            claimed,
            verdict,
            claimed.doubt or answer is Answer.UNKNOWN,
            getattr(error, "retry_after", None),
            request_id,
            error=str(error or ""),
        )

    def give_back(self, outgoing: Outgoing) -> Settled:
        """The batch was claimed and no request has left (stopping)."""
        claimed = outgoing.claimed
        return Settled(claimed, Verdict.AGAIN, claimed.doubt, unsent=True)

    def sweep(self) -> None:
        """About once a minute: what can be tried no more waits for a person; nothing waits for a clock
        that was wrong."""

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            batches.heal(connection, now)
            for announcement in batches.give_up_old(connection, now):
                self._finish(connection, announcement, now)

        self.db.write(run)

    def watch_quota(self) -> None:
        """While something is being sent: pause before LINE refuses, where the month is used up."""
        with self.db.read() as connection:
            sending = announcements.being_sent(connection, self.account)
        if not sending:
            return
        try:
            left = self.line.quota().left
        except LineError:
            return
        if left != 0:
            return

        def run(connection: Connection) -> None:
            for announcement in sending:
                _stop(connection, announcement, Action.PAUSE, now_ms(connection), _QUOTA_USED_UP)

        self.db.write(run)

    def _request(self, outgoing: Outgoing) -> str:
        claimed, messages = outgoing.claimed, outgoing.messages
        if claimed.channel == batches.BROADCAST:
            return self.line.broadcast(messages, retry_key=claimed.retry_key).request_id
        return self.line.multicast(
            claimed.to, messages, retry_key=claimed.retry_key, unit=outgoing.unit
        ).request_id

    def _outgoing(self, connection: Connection, claimed: Claimed) -> Outgoing:
        frozen = self._frozen.get(claimed.announcement)
        if frozen is None:
            stored = announcements.load(connection, claimed.announcement)
            assert stored is not None and stored.frozen is not None
            frozen = Frozen.from_json(stored.frozen)
            self._frozen = {claimed.announcement: frozen, **dict(list(self._frozen.items())[:7])}
        return Outgoing(claimed, frozen.messages[claimed.variant], frozen.unit)

    def _record(self, connection: Connection, settled: Settled, now: int) -> None:
        claimed = settled.claimed
        match settled.verdict:
            case Verdict.ACCEPT:
                batches.accept(connection, claimed.id, settled.request_id, now)
            case Verdict.AGAIN:
                pause = 0 if settled.unsent else pause_ms(claimed.attempts, settled.retry_after)
                self._postpone(connection, settled, now + pause)
            case Verdict.SPLIT:
                keys = (str(uuid.uuid4()), str(uuid.uuid4()))
                batches.split(connection, claimed, keys, now)
            case Verdict.GIVE_UP:
                batches.close(connection, claimed, batches.REFUSED, now, settled.error)
            case Verdict.ASK:
                batches.close(connection, claimed, batches.NEEDS_PERSON, now, settled.error)
            case Verdict.PAUSE:
                self._postpone(connection, settled, now)
                _stop(connection, claimed.announcement, Action.PAUSE, now, _QUOTA_USED_UP)
            case Verdict.STOP:
                self._postpone(connection, settled, now)
                category = settled.error.partition(" ")[0]
                reason = _REASONS.get(category, f"LINEに断られました（{settled.error}）。")
                _stop(connection, claimed.announcement, Action.FAIL, now, reason)

    def _postpone(self, connection: Connection, settled: Settled, due_at: int) -> None:
        batches.postpone(
            connection, settled.claimed, due_at, doubt=settled.doubt, error=settled.error
        )

    def _finish(self, connection: Connection, announcement: int, now: int) -> None:
        """End an announcement of which nothing is open any more."""
        stored = announcements.load(connection, announcement)
        if stored is None:
            return
        if stored.state is State.CANCELLED:
            batches.cancel_waiting(connection, announcement, now)  # what came back since
        if stored.state is not State.SENDING or not stored.ready:
            return
        if ledger.open_batches(connection, announcement):
            return
        counts = ledger.counts(connection, announcement, stored.state)
        with suppress(StepRefused):  # another worker was quicker
            _end(connection, stored, counts, now)


def _end(connection: Connection, stored: Stored, counts: ledger.Counts, now: int) -> None:
    if counts.unresolved:
        reason = "届いたか分からない送信があります。announce resolve で決めてください。"
        _take(connection, stored, Action.DOUBT, now, reason=reason)
    elif counts.failed and not counts.accepted:
        reason = "LINEがどの宛先も受け付けませんでした。"
        _take(connection, stored, Action.FAIL, now, reason=reason, finished_at=now)
    else:
        _take(connection, stored, Action.FINISH, now, reason="", finished_at=now)


def _take(connection: Connection, stored: Stored, action: Action, now: int, **changes: Any) -> None:
    announcements.take_step(
        connection,
        stored,
        action,
        now,
        by=audit.SYSTEM,
        note=str(changes.get("reason", "")),
        **changes,
    )


def _stop(connection: Connection, announcement: int, action: Action, now: int, reason: str) -> None:
    """Pause or stop the whole announcement, unless somebody has done so already."""
    stored = announcements.load(connection, announcement)
    if stored is None or stored.state is not State.SENDING:
        return
    try:
        _take(connection, stored, action, now, reason=reason)
    except StepRefused:
        return
    log.warning("announcement stopped", extra={"announcement_id": announcement})
