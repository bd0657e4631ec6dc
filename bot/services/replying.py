"""From a kept event to its reply: claim, answer, record, send once, settle.

Every step that must survive a crash is one transaction, and no transaction is open while LINE is
called. A claim of a decided event, or deciding one, is the durable note that an attempt is about
to leave; whoever finds that note without an end knows that its outcome is unknown.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from sqlalchemy import Connection

from bot.core.changes import Change, with_changes
from bot.core.ports import Answered, Answerer, Event, LineApi
from bot.errors import LineRejected, LineRetryable
from bot.services.failures import describe
from bot.store import (
    attributes,
    backlog,
    conversations,
    inbox,
    questions,
    reactions,
    residents,
    settings_keys,
)
from bot.store.database import Database
from bot.store.inbox import Claimed, Decision, Settled
from bot.store.questions import Question
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)

# LINE: a token must be used within a minute of receipt. Ten seconds are for the last attempt.
TOKEN_LIFE_MS = 50_000
OVERLOAD_MS = 30_000
# Longer than any attempt (connect 3 s, read 5 s), short enough to be taken over in time.
LEASE_MS = 20_000
_LATE_MS = 1000  # an event this late may have been overtaken by the resident's leaving
MAX_CLAIMS = 5  # an event that takes the process down each time is given up
_JST = timezone(timedelta(hours=9))
_FOLLOW, _UNFOLLOW, _UNSEND = "follow", "unfollow", "unsend"


@dataclass(frozen=True)
class Outgoing:
    """A reply about to be tried; `outcome_unknown` is about the attempts before this one."""

    id: int
    reply_token: str
    messages: str
    received_at: int
    attempts: int
    outcome_unknown: bool


@dataclass(frozen=True)
class Effects:
    """What the store is told about one event."""

    decision: Decision
    state: tuple[conversations.Key, str | None] | None = None
    question: Question | None = None
    erase: tuple[str, str, int] | None = None  # account, resident, before
    take_back: tuple[str, str] | None = None  # account, message id
    outgoing: Outgoing | None = None
    followed: tuple[str, str, int] | None = None  # account, resident, when
    own: Own | None = None
    reaction: reactions.Reaction | None = None


@dataclass(frozen=True)
class Own:
    """What a resident asked to be kept about them, and when."""

    account: str
    resident: str
    at: int
    changes: tuple[Change, ...]
    link: str  # digest of the link to their settings


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

        def run(connection: Connection) -> Work:
            now = self.now() if self.moment is None else self.moment(connection)
            outgoing = _record(connection, done, now)
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

        return self.db.write(run)

    def _claim(
        self, connection: Connection, room: int, now: int, overloaded: bool
    ) -> tuple[list[Claimed], bool]:
        """What to work on, and whether the oldest waiting event has waited too long."""
        if room <= 0:
            return [], overloaded
        if overloaded:
            backlog.expire(connection, now, self.token_life_ms, self.account)
        claimed = inbox.claim(
            connection,
            now,
            lease_ms=self.lease_ms,
            room=room,
            newest_first=overloaded,
            account=self.account,
        )
        oldest: int | None = now
        if overloaded:
            oldest = backlog.oldest_waiting(connection, now, self.account)
        elif fresh := [c.received_at for c in claimed if c.messages is None]:
            oldest = min(fresh)  # claimed oldest first: nobody has waited longer
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
        inbox.decide(
            connection,
            [Decision(c.id, c.attempts, inbox.ERASED, "gone", forget=True) for c in gone],
            now,
        )
        return [c for c in claimed if c not in gone]

    def anything_due(self) -> bool:
        """Whether a turn would find something to do; cheap. Raises StoreError."""
        with self.db.read() as connection:
            return backlog.anything_due(connection, self.now(), self.account)

    def release(self, claimed: Sequence[Claimed]) -> None:
        """Give back what will not be answered here (stopping)."""
        if claimed:
            now, ids = self.now(), [c.id for c in claimed]
            self.db.write(lambda c: inbox.release(c, ids, now))

    def answer(self, claimed: Claimed) -> Effects:
        """Decide one event. Never raises: what goes wrong is recorded as `unanswered`."""
        return self.begin(claimed)()

    def begin(self, claimed: Claimed) -> Callable[[], Effects]:
        """`answer` in two steps (see `Answerer.begin`): what is begun together may be decided
        together; neither step raises."""
        try:
            if self._given_up(claimed):
                expired = _with_duties(claimed, _undone(claimed, "expired"))
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
        messages = _dumps(answered.messages) if answered.messages and sendable else None
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
        effects = Effects(decision, kept, question, erase, outgoing=outgoing)
        effects = replace(
            effects, own=_own(claimed, answered), reaction=self._reaction(claimed, answered)
        )
        return _with_duties(claimed, effects)

    def _today(self) -> str:
        return self.clock().astimezone(_JST).date().isoformat()

    def _reaction(self, claimed: Claimed, answered: Answered) -> reactions.Reaction | None:
        if answered.reaction is None:
            return None
        number = uuid.uuid4().hex
        return reactions.of(number, self._today(), answered.reaction, claimed.account)

    def _question(self, claimed: Claimed, answered: Answered) -> Question | None:
        if answered.question is None:
            return None
        return Question(
            uuid.uuid4().hex,
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
            self.line.reply(outgoing.reply_token, json.loads(outgoing.messages))
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


def _record(connection: Connection, done: Sequence[Effects], now: int) -> list[Outgoing]:
    """Keep what was decided; returns what may be sent: not what another has taken over since."""
    ids = inbox.decide(connection, [e.decision for e in done], now)
    mine = [e for e in done if e.decision.id in ids]
    questions.add(connection, [e.question for e in mine if e.question is not None])
    reactions.add(connection, [e.reaction for e in mine if e.reaction is not None])
    for effects in mine:
        if effects.take_back is not None:
            account, message_id = effects.take_back
            residents.take_back(connection, message_id, account)
        if effects.erase is not None:
            account, resident, before = effects.erase
            residents.erase(connection, resident, before=before, now=now, account=account)
        if effects.followed is not None:
            account, resident, at = effects.followed
            attributes.follow(connection, resident, at, account)
        if effects.own is not None:
            _keep(connection, effects.own, now)
    # After erasing: the state an event itself leaves behind is newer than what it erases.
    conversations.save_many(connection, dict(e.state for e in mine if e.state is not None), now)
    return [e.outgoing for e in mine if e.outgoing is not None]


def _own(claimed: Claimed, answered: Answered) -> Own | None:
    if claimed.resident is None or not (answered.changes or answered.link):
        return None
    at = claimed.occurred_at
    return Own(claimed.account, claimed.resident, at, answered.changes, answered.link)


def _keep(connection: Connection, own: Own, now: int) -> None:
    if own.changes:
        choose = partial(with_changes, changes=own.changes)
        residents.change(connection, own.resident, choose, own.at, own.account)
    if own.link:
        settings_keys.add_link(connection, own.link, own.resident, now, own.account)


def _with_duties(claimed: Claimed, effects: Effects) -> Effects:
    """What an event demands of the store whatever the answerer made of it."""
    if claimed.kind == _UNSEND and claimed.message_id is not None:
        # The state may hold the words taken back, as what was asked last.
        where = claimed.conversation
        state = None if where is None else ((claimed.account, where), None)
        return replace(effects, take_back=(claimed.account, claimed.message_id), state=state)
    if claimed.kind == _FOLLOW and claimed.resident is not None:
        # Known from now on by the id alone: nothing is chosen for anybody.
        return replace(effects, followed=(claimed.account, claimed.resident, claimed.occurred_at))
    if claimed.kind == _UNFOLLOW and claimed.resident is not None:
        return Effects(
            Decision(claimed.id, claimed.attempts, inbox.ERASED, "unfollow", forget=True),
            erase=(claimed.account, claimed.resident, claimed.occurred_at),
        )
    return effects


def _check_storable(answered: Answered) -> None:
    """Raise here, for this event alone, what would make the whole batch's transaction fail."""
    for value in (answered.state, answered.outcome, answered.question):
        if value is not None and "\x00" in value.encode().decode():
            raise ValueError("NUL in what is to be stored")


def _failed(claimed: Claimed, error: Exception) -> Effects:
    log.error("event not answered", extra={"inbox_id": claimed.id, "error": describe(error)})
    return _with_duties(claimed, _undone(claimed, "error"))


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
    )


def _dumps(messages: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps(list(messages), separators=(",", ":"))
