"""The start of a delivery: the audience of this moment goes into the ledger, whole or not at all.

The ledger is filled a little at a time, because incoming events share the database's writer; no
batch can be claimed before it is complete. Broken off, it is thrown away and taken anew.
"""

from __future__ import annotations

import json
import logging
import uuid
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select

from bot.core.announcements import BASE_LANGUAGE, Action, Kind, State, from_data
from bot.core.calendar import JAPAN, next_time
from bot.core.delivery import BATCH, month_start
from bot.core.ports import LineDelivery
from bot.core.segments import Everyone
from bot.errors import LineError
from bot.services.frozen import Frozen, Target
from bot.services.segments import FEW
from bot.store import announcements, audit, batches, ledger
from bot.store.announcements import Stored
from bot.store.audience import audience
from bot.store.audience import count as count_audience
from bot.store.batches import NewBatch
from bot.store.clock import milliseconds, moment, now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT, residents

log = logging.getLogger(__name__)

LEASE_MS = 60_000
# In one transaction: about 40 ms of the writer, which an incoming event may have to wait for.
_BATCHES_AT_ONCE = 10
_CLEAR_AT_ONCE = 8
_COLUMNS = (
    residents.c.id,
    residents.c.language,
    residents.c.quiet_start,
    residents.c.quiet_end,
    residents.c.monthly_cap,
)


_TOO_FEW = (
    f"始める時に、届く人が{FEW}人未満になっていました。"
    "だれのことか分かってしまうため、送りませんでした。"
)


class _Lost(Exception):
    """Another worker has taken the start over, or staff stopped it."""


@dataclass
class Starting:
    """Starts what is due. `freeze` renders the next of a series; `holidays` it may skip."""

    db: Database
    line: LineDelivery
    freeze: Callable[[Stored, Target], Frozen]
    holidays: Callable[[], frozenset[date]] = frozenset
    lease_ms: int = LEASE_MS
    account: str = MAIN_ACCOUNT

    def wait_ms(self) -> int | None:
        """How long until something is to start; 0 if it is due; None if nothing is planned."""
        with self.db.read() as connection:
            now = now_ms(connection)
            due = announcements.next_start(connection, now, self.account)
            return None if due is None else max(0, due - now)

    def start_due(self) -> bool:
        """Start one announcement that is due; False where none is."""
        stored = self.db.write(self._take)
        if stored is None:
            return False
        if stored.state is State.SENDING:
            try:
                self._expand(stored)
            except _Lost:
                log.info("start given up", extra={"announcement_id": stored.id})
        return True

    def _take(self, connection: Connection) -> Stored | None:
        now = now_ms(connection)
        stored = announcements.take_due(connection, now, self.lease_ms, self.account)
        if stored is None or stored.state is not State.SCHEDULED:
            return stored
        self._plan_next(connection, stored, now)
        if stored.expires_at is not None and stored.expires_at <= now:
            self._step(
                connection,
                stored,
                Action.FAIL,
                now,
                reason="始める前に期限を過ぎたため、送りませんでした。",
                finished_at=now,
            )
        else:
            self._step(connection, stored, Action.START, now, started_at=now, reason="")
            self._stop_the_wrong_one(connection, stored, now)
        return announcements.load(connection, stored.id)

    def _plan_next(self, connection: Connection, stored: Stored, now: int) -> None:
        draft = from_data(json.loads(stored.draft))
        if draft.repeat is None or stored.due_at is None:
            return
        # What came due while nobody was there is left out: the same news must not come in a row.
        after = moment(max(stored.due_at, now))
        due = milliseconds(next_time(draft.repeat, after, self.holidays()))
        if due is None:
            return
        life = stored.expires_at - stored.due_at if stored.expires_at is not None else None
        expires = due + life if life is not None else None
        fresh = announcements.repeated(connection, stored, due, expires, now)
        if fresh is not None and stored.frozen is not None:
            planned = announcements.load(connection, fresh)
            assert planned is not None
            target = Frozen.from_json(stored.frozen).target
            frozen = self.freeze(planned, target).to_json()
            announcements.change(connection, fresh, frozen=frozen)

    def _stop_the_wrong_one(self, connection: Connection, stored: Stored, now: int) -> None:
        """A correction goes out: what is left of the wrong announcement must not follow it."""
        if stored.corrects is None:
            return
        wrong = announcements.load(connection, stored.corrects)
        if wrong is not None and wrong.state in (State.SENDING, State.PAUSED):
            reason = f"訂正（{stored.id}番）を出したため、残りを取り消しました。"
            self._step(connection, wrong, Action.CANCEL, now, reason=reason, finished_at=now)
            batches.cancel_waiting(connection, wrong.id, now)

    def _step(
        self, connection: Connection, stored: Stored, action: Action, now: int, **changes: Any
    ) -> None:
        note = str(changes.get("reason", ""))
        announcements.take_step(
            connection, stored, action, now, by=audit.SYSTEM, note=note, **changes
        )

    def _expand(self, stored: Stored) -> None:
        filling = _Filling(self.db, stored, self.lease_ms)
        filling.clear()
        assert stored.frozen is not None and stored.started_at is not None
        frozen = Frozen.from_json(stored.frozen)
        if frozen.target.broadcast:
            filling.broadcast(self.account)
        else:
            with self.db.read() as connection:
                counted = _is_counted(stored)
                since = milliseconds(month_start(moment(stored.started_at))) or 0
                had = ledger.month_counts(connection, since, self.account) if counted else {}
                query = self._audience(frozen.target, stored.started_at)
                rows = connection.execute(query.execution_options(yield_per=2000))
                for row in rows:
                    filling.add(*row, variants=frozen.messages, volume=counted, had=had)
        if filling.matching < FEW and _hides_few(stored, frozen.target):
            filling.give_up(_TOO_FEW)
            log.warning("announcement for too few", extra={"announcement_id": stored.id})
            return
        filling.complete(self._too_many(filling.people))
        log.info(
            "announcement started",
            extra={"announcement_id": stored.id, "recipients": filling.people},
        )

    def _audience(self, target: Target, started_at: int) -> Select[Any]:
        if target.received is not None:
            return ledger.received(target.received, *_COLUMNS).order_by(residents.c.id)
        assert target.rule is not None
        today = moment(started_at).astimezone(JAPAN).date()
        return audience(target.rule, today, *_COLUMNS, account=self.account).order_by(
            residents.c.id
        )

    def _too_many(self, people: int) -> str:
        """Why the month's rest is not enough for so many, "" if it is or cannot be asked."""
        try:
            left = self.line.quota().left
        except LineError:
            return ""
        if left is None or people <= left:
            return ""
        return f"今月あと{left}人分しか送れません（必要なのは{people}人分）。"


def _is_counted(stored: Stored) -> bool:
    """Whether residents' volume settings count: not in an emergency, not for a correction."""
    return stored.kind != Kind.EMERGENCY and stored.corrects is None


def _hides_few(stored: Stored, target: Target) -> bool:
    """Whether a handful of residents must not be written to: they would be told who they are.

    Residents leave and change their choices between the approval and the start.
    """
    return stored.kind != Kind.EMERGENCY and target.rule is not None and not target.broadcast


def _key() -> str:
    """A retry key: stored before its first use, never used for anything else."""
    return str(uuid.uuid4())


class _Filling:
    """The ledger of one start, written in steps that each prove that the start is still ours."""

    def __init__(self, db: Database, stored: Stored, lease_ms: int) -> None:
        self.people = 0
        self._db, self._id, self._lease_ms = db, stored.id, lease_ms
        self._lease = stored.expanding_until
        self._number = 1
        # Numbers only, 8 bytes each: read in one go, so that no view of the database is held open
        # while it is written to.
        self._groups: dict[tuple[str, tuple[int, int] | None, str], array[int]] = {}
        self._ready: list[NewBatch] = []

    def clear(self) -> None:
        """Drop what an earlier, broken-off start left."""
        while self._write(lambda c, _: batches.clear(c, self._id, _CLEAR_AT_ONCE)):
            pass

    def broadcast(self, account: str) -> None:
        """One batch for LINE's own everyone; its size is the number of friends we know."""
        with self._db.read() as connection:
            today = moment(now_ms(connection)).date()
            self.people = count_audience(connection, Everyone(), today, account).known
        self._ready.append(
            NewBatch(BASE_LANGUAGE, (), _key(), channel=batches.BROADCAST, size=self.people)
        )

    def add(
        self,
        resident: int,
        language: str,
        quiet_start: int | None,
        quiet_end: int | None,
        cap: int | None,
        *,
        variants: Mapping[str, Any],
        volume: bool,
        had: dict[int, int],
    ) -> None:
        """One resident, into the batch of those alike."""
        variant = language if language in variants else BASE_LANGUAGE
        quiet, state = None, batches.WAITING
        if volume:
            if quiet_start is not None and quiet_end is not None:
                quiet = (quiet_start, quiet_end)
            if cap is not None and had.get(resident, 0) >= cap:
                quiet, state = None, batches.OVER_CAP
        if state == batches.WAITING:
            self.people += 1
        self._groups.setdefault((variant, quiet, state), array("q")).append(resident)

    @property
    def matching(self) -> int:
        """How many residents the rule gives, those over their own monthly limit too."""
        return sum(map(len, self._groups.values()))

    def give_up(self, reason: str) -> None:
        """Nothing is sent, nobody stands in the ledger; resumed, it takes its audience anew."""

        def run(connection: Connection, now: int) -> None:
            announcements.change(connection, self._id, expanding_until=0)
            stored = announcements.load(connection, self._id)
            if stored is not None:
                announcements.take_step(
                    connection,
                    stored,
                    Action.FAIL,
                    now,
                    by=audit.SYSTEM,
                    note=reason,
                    reason=reason,
                    finished_at=now,
                )

        self._write(run)

    def complete(self, too_many: str) -> None:
        """The ledger is whole: sending may begin, unless the month's rest is `too_many`'s reason."""
        new = self._batches()
        while len(rest := list(islice(new, _BATCHES_AT_ONCE))) == _BATCHES_AT_ONCE:
            self._add(rest)

        def run(connection: Connection, now: int) -> None:
            batches.add(connection, self._id, self._number, rest, now)
            announcements.change(connection, self._id, ready=True, expanding_until=0)
            stored = announcements.load(connection, self._id)
            if too_many and stored is not None:
                announcements.take_step(
                    connection,
                    stored,
                    Action.PAUSE,
                    now,
                    by=audit.SYSTEM,
                    note=too_many,
                    reason=too_many,
                )

        self._write(run)

    def _batches(self) -> Iterator[NewBatch]:
        yield from self._ready
        for (variant, quiet, state), group in self._groups.items():
            for first in range(0, len(group), BATCH):
                members = group[first : first + BATCH]
                yield NewBatch(variant, members, _key(), quiet, state)

    def _add(self, new: list[NewBatch]) -> None:
        first = self._number
        self._number = self._write(lambda c, now: batches.add(c, self._id, first, new, now))

    def _write(self, function: Callable[[Connection, int], Any]) -> Any:
        def run(connection: Connection) -> tuple[int, Any]:
            now = now_ms(connection)
            lease = announcements.keep_lease(connection, self._id, self._lease, now, self._lease_ms)
            if lease is None:
                raise _Lost
            return lease, function(connection, now)

        self._lease, result = self._db.write(run)
        return result
