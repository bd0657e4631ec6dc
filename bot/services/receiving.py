"""LINE hands over events: check who sent them, hide personal data, keep them, only then say yes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Connection

from bot.core.ports import Event
from bot.errors import BodyError, InboxFull, StoreError
from bot.services.addressing import is_overheard
from bot.services.failures import describe
from bot.services.gathering import Gathering
from bot.store import backlog, intake
from bot.store.database import Database
from bot.store.inbox import ERASED_BODY
from bot.store.intake import Arrival
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)

_PLACES = 100
_TOLD_FOR = timedelta(seconds=10)

Raw = dict[str, Any]


class Receipt(Enum):
    """What LINE is told."""

    KEPT = "kept"
    BAD_SIGNATURE = "bad_signature"
    BAD_BODY = "bad_body"
    NOT_KEPT = "not_kept"  # LINE should deliver again


class Receiver:
    """One LINE account's door.

    `verify(body, signature)`, `parse_body(body)`, `parse_event(raw)` know LINE's format;
    `scrub(raw)` is the event as it may be stored; `wake()` tells the worker. `moment` gives the
    database's time in milliseconds, which `clock` follows, where several machines share it. No more
    than `limit` events (for several processes: about so many) of the account are open at a time.
    While `ready` says no, nothing is taken: LINE is to deliver again.
    """

    def __init__(
        self,
        db: Database,
        *,
        verify: Callable[[bytes, str | None], bool],
        parse_body: Callable[[bytes], tuple[str, list[Raw]]],
        parse_event: Callable[[Raw], Event],
        scrub: Callable[[Raw], Raw],
        wake: Callable[[], None],
        clock: Callable[[], datetime],
        moment: Callable[[Connection], int] | None = None,
        account: str = MAIN_ACCOUNT,
        limit: int = 20_000,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._db = db
        self._verify = verify
        self._parse_body = parse_body
        self._parse_event = parse_event
        self._scrub = scrub
        self._wake = wake
        self._clock = clock
        self._moment = moment
        self._account = account
        self._limit = limit
        self._ready = ready
        self._gathering = Gathering(self._write_together)
        self._refused_at: datetime | None = None
        self._places = 0  # how many more events fit before the open ones are counted again

    def receive(self, body: bytes, signature: str | None) -> Receipt:
        """Keep every event of a webhook in one transaction; KEPT means they are on disk."""
        if not self._verify(body, signature):
            return Receipt.BAD_SIGNATURE
        if not self._ready():
            return Receipt.NOT_KEPT
        try:
            _, events = self._parse_body(body)
        except BodyError:
            return Receipt.BAD_BODY
        now = self._now()
        arrivals = [self._arrival(raw, now) for raw in events]
        if not arrivals:
            return Receipt.KEPT  # the console's verify button
        try:
            new = self._write(arrivals)
        except InboxFull:
            log.error("inbox full", extra={"limit": self._limit})
            return Receipt.NOT_KEPT
        except StoreError as error:
            self._refused_at = self._clock()
            log.error("events not stored", extra={"reason": str(error), "events": len(arrivals)})
            return Receipt.NOT_KEPT
        self._refused_at = None
        if new:
            self._wake()
        return Receipt.KEPT

    def refusing(self) -> bool:
        """Whether what came in last could not be kept; for a while, since who says so may get no
        more by then."""
        refused_at = self._refused_at
        return refused_at is not None and self._clock() - refused_at < _TOLD_FOR

    def _write(self, arrivals: list[Arrival]) -> int:
        # Two queues, one behind the other, would make each webhook wait for two commits.
        if not self._db.commits_together and all(map(_plain, arrivals)):
            return self._gathering.hand_in(arrivals)
        now = self._now()
        return self._db.write(lambda c: self._keep(c, arrivals, self._received_at(c, now)))

    def _write_together(self, every: list[list[Arrival]]) -> int:
        arrivals = [arrival for each in every for arrival in each]
        now = self._now()
        return self._db.work(
            lambda c: self._keep(c, arrivals, self._received_at(c, now)), single=True
        )

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _received_at(self, connection: Connection, now: int) -> int:
        return now if self._moment is None else self._moment(connection)

    def _keep(self, connection: Connection, arrivals: list[Arrival], now: int) -> int:
        # Counting for every event would cost as much as keeping it.
        if self._places < len(arrivals):
            count = backlog.count_open(connection, self._limit + 1, self._account)
            self._places = min(_PLACES, self._limit - count)
            if self._limit - count < len(arrivals):
                raise InboxFull("受信箱がいっぱいです。")
        self._places -= len(arrivals)
        return intake.accept(connection, arrivals, now)

    def _arrival(self, raw: Raw, now: int) -> Arrival:
        event = self._parse_event(raw)
        # Of what is overheard a row stays, so that it is not taken twice: neither words nor
        # whose they are.
        ours = not is_overheard(event)
        return Arrival(
            event_id=event.event_id,
            kind=str(event.kind),
            body=self._storable(raw, event.event_id) if ours else ERASED_BODY,
            # An event without a time of its own happened, as far as we know, now.
            occurred_at=event.timestamp_ms or now,
            conversation=event.conversation_key if ours else None,
            resident=event.source.user_id if ours else None,
            message_id=event.message_id,
            reply_token=event.reply_token if ours else None,
            redelivered=event.is_redelivery,
            account=self._account,
        )

    def _storable(self, raw: Raw, event_id: str) -> str:
        """The masked event as ASCII JSON; what cannot be masked is not kept at all."""
        try:
            return _dumps(self._scrub(raw))
        except Exception as error:
            log.error(
                "event cannot be masked", extra={"event_id": event_id, "error": describe(error)}
            )
            return ERASED_BODY


def _plain(arrival: Arrival) -> bool:
    """Whether it is kept by one statement, whatever is in it, and so cannot harm its neighbours."""
    ids = (arrival.conversation, arrival.resident, arrival.message_id, arrival.reply_token)
    texts = "".join([arrival.event_id, *(each for each in ids if each is not None)])
    return not arrival.redelivered and texts.isascii() and "\x00" not in texts


# ASCII: half a surrogate pair from a strange client cannot break the database's UTF-8. One encoder
# for all: `json.dumps` makes one at each call.
_dumps = json.JSONEncoder(separators=(",", ":")).encode
