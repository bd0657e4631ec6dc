"""From a kept event to its reply: claim, answer, record, send once, settle.

Every step that must survive a crash is one transaction, and no transaction is open while LINE is
called. A claim of a decided event, or deciding one, is the durable note that an attempt is about
to leave; whoever finds that note without an end knows that its outcome is unknown.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.core.ports import Answered, Answerer, Event, LineApi
from bot.errors import LineRejected, LineRetryable
from bot.services.effects import Effects, Outgoing, own_wishes, plain, record, with_duties
from bot.services.failures import describe
from bot.services.tracing import request_id_of
from bot.store import (
    backlog,
    claiming,
    inbox,
    reactions,
    residents,
)
from bot.store.database import Database
from bot.store.exchange import Done, exchange
from bot.store.inbox import Claimed, Decision, Settled
from bot.store.questions import Question
from bot.store.tables import MAIN_ACCOUNT
from bot.store.together import begin

log = logging.getLogger(__name__)

# LINE: a token must be used within a minute of receipt. Ten seconds are for the last attempt.
TOKEN_LIFE_MS = 50_000
OVERLOAD_MS = 30_000
# Longer than any attempt (connect 3 s, read 5 s), short enough to be taken over in time.
LEASE_MS = 20_000
_LATE_MS = 1000  # an event this late may have been overtaken by the resident's leaving
MAX_CLAIMS = 5  # an event that takes the process down each time is given up
_JST = timezone(timedelta(hours=9))


@dataclass(frozen=True)
class Work:
    """What one turn brought: events to answer, replies to send now, when to look again (ms)."""

    fresh: tuple[Claimed, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    next_due: int | None = None
    overloaded: bool = False  # hand it to the next turn


@dataclass
class Replying:
    """One account's replies; holds no state of its own, so several threads may call it.

    `parse` turns a stored event into an Event; `clock` gives aware instants. `moment` gives the
    database's time in milliseconds, which `clock` follows, where several machines share it.
    """

    db: Database
    answerer: Answerer
    line: LineApi
    parse: Callable[[Any], Event]
    clock: Callable[[], datetime]
    token_life_ms: int = TOKEN_LIFE_MS
    lease_ms: int = LEASE_MS
    overload_ms: int = OVERLOAD_MS
    account: str = MAIN_ACCOUNT
    moment: Callable[[Connection], int] | None = None

    def now(self) -> int:
        """UTC milliseconds."""
        return int(self.clock().timestamp() * 1000)

    def recover(self) -> int:
        """At a start: take up what an earlier process left, where no other can be at it."""
        if not self.db.exclusive:
            return 0  # its leases end by themselves
        now = self.now()
        return self.db.write(lambda c: backlog.recover(c, now))

    def turn(
        self,
        done: Sequence[Effects],
        sent: Sequence[Settled],
        room: int,
        *,
        overloaded: bool = False,
    ) -> Work:
        """Record what was decided and sent, claim up to `room` more: all in one transaction.

        `overloaded` is what the last turn said of itself. Raises StoreError, with nothing kept.
        """

        plainly = [each for each in map(plain, done) if each is not None]
        together = room > 0 and not overloaded and len(plainly) == len(done)

        def run(connection: Connection) -> Work:
            now = self.now() if self.moment is None else self.moment(connection)
            if together:
                outgoing, claimed, late = self._exchange(connection, done, plainly, sent, room, now)
            else:
                outgoing = record(connection, done, now)
                inbox.settle(connection, sent, now)
                claimed, late = self._claim(connection, room, now, overloaded)
            retries = (_outgoing(c, c.messages) for c in claimed if c.messages is not None)
            return Work(
                tuple(c for c in claimed if c.messages is None),
                (*outgoing, *retries),
                # More may be due at once; otherwise what is due next is known.
                now if claimed else backlog.next_due(connection, now, self.account),
                late,
            )

        return self.db.work(run, single=together)

    def _exchange(
        self,
        connection: Connection,
        done: Sequence[Effects],
        plainly: Sequence[Done],
        sent: Sequence[Settled],
        room: int,
        now: int,
    ) -> tuple[list[Outgoing], list[Claimed], bool]:
        """An everyday turn; what is found of an event afterwards may be lost and found again."""
        ours, claimed = exchange(
            connection,
            plainly,
            sent,
            now,
            lease_ms=self.lease_ms,
            room=room,
            account=self.account,
        )
        outgoing = [e.outgoing for e in done if e.outgoing is not None and e.decision.id in ours]
        return outgoing, self._without_gone(connection, claimed, now), self._late(claimed, now)

    def _late(self, claimed: Sequence[Claimed], now: int) -> bool:
        """Whether the oldest waiting event has waited too long, where the oldest were claimed."""
        fresh = [c.received_at for c in claimed if c.messages is None]
        return bool(fresh) and min(fresh) <= now - self.overload_ms

    def _claim(
        self, connection: Connection, room: int, now: int, overloaded: bool
    ) -> tuple[list[Claimed], bool]:
        """What to work on, and whether the oldest waiting event has waited too long."""
        if room <= 0:
            return [], overloaded
        if overloaded:
            backlog.expire(connection, now, self.token_life_ms, self.account)
        claimed = claiming.claim(
            connection,
            now,
            lease_ms=self.lease_ms,
            room=room,
            newest_first=overloaded,
            account=self.account,
        )
        late = self._late(claimed, now)
        if overloaded:
            oldest = backlog.oldest_waiting(connection, now, self.account)
            late = oldest is not None and oldest <= now - self.overload_ms
        return self._without_gone(connection, claimed, now), late

    def _without_gone(
        self, connection: Connection, claimed: list[Claimed], now: int
    ) -> list[Claimed]:
        """Messages taken back before their turn, and late ones of who left, are not answered."""
        late = {
            c.id: (c.account, c.resident, c.occurred_at)
            for c in claimed
            if c.resident is not None and c.received_at - c.occurred_at > _LATE_MS
        }
        erased = residents.erased_since(connection, late.values()) if late else set()
        gone = [c for c in claimed if c.messages is None and (c.unsent or late.get(c.id) in erased)]
        if gone:
            begin(connection)  # what a row loses, it loses as a whole
            erased_rows = [
                Decision(c.id, c.attempts, inbox.ERASED, "gone", forget=True) for c in gone
            ]
            inbox.decide(connection, erased_rows, now)
        return [c for c in claimed if c not in gone]

    def anything_due(self) -> bool:
        """Whether a turn would find something to do; cheap. Raises StoreError."""
        with self.db.read() as connection:
            return backlog.anything_due(connection, self.now(), self.account)

    def answer(self, claimed: Claimed) -> Effects:
        """Decide one event. Never raises: what goes wrong is recorded as `unanswered`."""
        return self.begin(claimed)()

    def begin(self, claimed: Claimed) -> Callable[[], Effects]:
        """`answer` in two steps (see `Answerer.begin`): what is begun together may be decided
        together; neither step raises."""
        try:
            if self._given_up(claimed):
                expired = with_duties(claimed, _undone(claimed, backlog.EXPIRED))
                return lambda: expired
            event = self.parse(json.loads(claimed.body))
            answer = self.answerer.begin(event, claimed.state, self.clock())
        except Exception as error:
            return partial(_failed, claimed, error)
        return partial(self._finish, claimed, event, answer)

    def _finish(self, claimed: Claimed, event: Event, answer: Callable[[], Answered]) -> Effects:
        try:
            return self._effects(claimed, event, answer())
        except Exception as error:
            return _failed(claimed, error)

    def _given_up(self, claimed: Claimed) -> bool:
        late = self.now() > claimed.received_at + self.token_life_ms
        return (late and claimed.reply_token is not None) or claimed.attempts > MAX_CLAIMS

    def _effects(self, claimed: Claimed, event: Event, answered: Answered) -> Effects:
        _check_storable(answered)
        question = None if answered.erase else self._question(claimed, answered)
        sendable = claimed.reply_token is not None and event.mode == "active"
        messages = answered.as_json() if sendable else None
        decision = Decision(
            claimed.id,
            claimed.attempts,
            inbox.DECIDED if messages else inbox.IGNORED,
            answered.outcome,
            messages,
            question.id if question else None,
            forget=answered.erase or answered.private,
        )
        kept = None
        if claimed.conversation is not None and (answered.state, claimed.state) != (None, None):
            kept = ((claimed.account, claimed.conversation), answered.state)
        erase = None
        if answered.erase and claimed.resident is not None:
            erase = (claimed.account, claimed.resident, claimed.occurred_at)
        outgoing = _outgoing(claimed, messages) if messages else None
        effects = Effects(
            decision,
            kept,
            question,
            erase,
            outgoing=outgoing,
            own=own_wishes(claimed, answered),
            reaction=self._reaction(claimed, answered),
        )
        return with_duties(claimed, effects)

    def _today(self) -> str:
        return self.clock().astimezone(_JST).date().isoformat()

    def _reaction(self, claimed: Claimed, answered: Answered) -> reactions.Reaction | None:
        if answered.reaction is None:
            return None
        number = secrets.token_hex(16)
        return reactions.of(number, self._today(), answered.reaction, claimed.account)

    def _question(self, claimed: Claimed, answered: Answered) -> Question | None:
        if answered.question is None:
            return None
        return Question(
            secrets.token_hex(16),
            self._today(),
            answered.question,
            answered.outcome,
            answered.candidates,
            claimed.account,
        )

    def send(self, outgoing: Outgoing) -> Settled:
        """Try a reply once and say what that means for its event. Never raises."""
        unknown = outgoing.outcome_unknown
        if self.now() > outgoing.received_at + self.token_life_ms:
            return _final(outgoing, unknown)
        try:
            self.line.reply(outgoing.reply_token, outgoing.messages)
        except LineRetryable as error:
            return self._again(outgoing, unknown or error.unknown_outcome, error)
        except LineRejected as error:
            log.warning(
                "reply refused",
                extra={"inbox_id": outgoing.id, "category": error.category, "status": error.status},
            )
            return _final(outgoing, unknown)
        except Exception as error:
            log.error("reply failed", extra={"inbox_id": outgoing.id, "error": describe(error)})
            return _final(outgoing, unknown=True)
        return Settled(outgoing.id, outgoing.attempts, inbox.REPLIED)

    def _again(self, outgoing: Outgoing, unknown: bool, error: LineRetryable) -> Settled:
        pause = error.retry_after or 0.5 * 2 ** min(outgoing.attempts - 1, 5)
        due = self.now() + int(pause * 1000)
        if due > outgoing.received_at + self.token_life_ms:
            return _final(outgoing, unknown)
        log.info(
            "reply to be retried",
            extra={"inbox_id": outgoing.id, "status": error.status, "pause": pause},
        )
        return Settled(outgoing.id, outgoing.attempts, inbox.DECIDED, unknown, due)


def _check_storable(answered: Answered) -> None:
    """Raise here, for this event alone, what would make the whole batch's transaction fail."""
    for value in (answered.state, answered.outcome, answered.question):
        if value is not None and b"\x00" in value.encode():
            raise ValueError("NUL in what is to be stored")


def _failed(claimed: Claimed, error: Exception) -> Effects:
    log.error("event not answered", extra={"inbox_id": claimed.id, "error": describe(error)})
    return with_duties(claimed, _undone(claimed, "error"))


def _undone(claimed: Claimed, outcome: str) -> Effects:
    return Effects(Decision(claimed.id, claimed.attempts, inbox.UNANSWERED, outcome))


def _final(outgoing: Outgoing, unknown: bool) -> Settled:
    status = inbox.MAYBE_SENT if unknown else inbox.UNANSWERED
    return Settled(outgoing.id, outgoing.attempts, status, unknown)


def _outgoing(claimed: Claimed, messages: str | None) -> Outgoing:
    return Outgoing(
        claimed.id,
        claimed.reply_token or "",
        messages or "[]",
        claimed.received_at,
        claimed.attempts,
        claimed.outcome_unknown,
        request_id_of(claimed.body),
    )
