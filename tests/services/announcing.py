"""Announcements for tests: residents, a draft, LINE in memory that keeps account."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.core.attributes import Attributes, Catalog, Volume
from bot.core.delivery import Pace
from bot.core.ports import Accepted, Quota, Statistics
from bot.core.wordcheck import Slip
from bot.errors import LineError, LineRejected, LineRetryable
from bot.line.limits import check_messages
from bot.line.notices import render_notices
from bot.services.announcing import Announcing
from bot.services.delivery import Delivery, Settled
from bot.services.previewing import Previewing
from bot.services.reporting import Reporting
from bot.services.reviewing import Reviewing
from bot.services.segments import Segments
from bot.services.starting import Starting
from bot.store import attributes
from bot.store.announcement_tables import announcements, batches
from bot.store.database import Database

ROOT = Path(__file__).parents[2]
FAST = Pace(requests_per_second=1e6, people_per_minute=1e9)
AUTHOR, APPROVER = "田中", "佐藤"
_CATALOG = read_catalog(SEGMENTS_FILE, (ROOT / SEGMENTS_FILE).read_bytes()).catalog


def catalog() -> Catalog:
    """The shipped catalog."""
    return _CATALOG


def uid(number: int) -> str:
    """A LINE user id."""
    return f"U{number:032x}"


BYSTANDERS = [f"Ub{number:031x}" for number in range(6)]


def bystanders(db: Database) -> None:
    """Residents whom no draft here is for: a rule that gives everybody is refused."""
    chosen = Attributes(topics=frozenset({"opendata"}))
    db.write(lambda c: attributes.save_many(c, dict.fromkeys(BYSTANDERS, chosen), 0))


def people(db: Database, count: int, **chosen: Any) -> list[str]:
    """`count` more residents with the same choices; returns their ids."""
    with db.read() as connection:
        first = sum(len(each) for each in attributes.every_profile(connection))
    ids = [uid(number) for number in range(first, first + count)]
    values = {"topics": frozenset({"smartphone_class"}), **chosen}
    for start in range(0, count, 500):
        chunk = {each: Attributes(**values) for each in ids[start : start + 500]}
        db.write(lambda c, chunk=chunk: attributes.save_many(c, chunk, 0))
    return ids


def quiet(db: Database, user_id: str, **volume: Any) -> None:
    db.write(lambda c: attributes.save_volume(c, user_id, Volume(**volume), 0))


class Line:
    """LINE's delivery in memory: a key once, 409 after, one unknown id refuses all.

    `script` holds what meets the next requests: None (accepted), an error, or an error with
    `accepted_all_the_same` (sent, then lost).
    """

    def __init__(self) -> None:
        self.script: list[Any] = []
        self.keys: dict[str, tuple[str, ...]] = {}
        self.bodies: dict[str, Any] = {}
        self.requests: list[str] = []
        self.got: Counter[str] = Counter()
        self.messages: dict[str, list[Any]] = {}
        self.broadcasts: list[Any] = []
        self.unknown: set[str] = set()
        self.limit: int | None = None
        self.problems: tuple[str, ...] = ()
        self.pushed: list[tuple[str, Any]] = []

    def multicast(
        self,
        to: Sequence[str],
        messages: Sequence[Mapping[str, Any]],
        *,
        retry_key: str,
        unit: str = "",
    ) -> Accepted:
        assert 1 <= len(to) <= 500 and len(set(to)) == len(to) and unit
        return self._take(retry_key, tuple(to), list(messages))

    def broadcast(self, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        if retry_key not in self.keys:
            self.broadcasts.append(list(messages))
        return self._take(retry_key, (), list(messages))

    def push(self, to: str, messages: Sequence[Mapping[str, Any]], *, retry_key: str) -> Accepted:
        self.pushed.append((to, list(messages)))
        return Accepted("pushed")

    def _take(self, key: str, to: tuple[str, ...], messages: list[Any]) -> Accepted:
        self.requests.append(key)
        assert self.bodies.setdefault(key, (to, messages)) == (to, messages), "body changed"
        fault = self.script.pop(0) if self.script else None
        sent_too = isinstance(fault, Lost)
        if fault is not None and not sent_too:
            raise fault
        if key in self.keys:
            return Accepted("before", True)
        if self.unknown & set(to):
            raise LineRejected("invalid_recipients", status=400)
        if self.limit is not None and sum(self.got.values()) + len(to) > self.limit:
            raise LineRejected("quota_exceeded", status=429)
        self.keys[key] = to
        self.got.update(to)
        for each in to:
            self.messages.setdefault(each, []).extend(messages)
        if sent_too:
            raise LineRetryable("lost", unknown_outcome=True)
        return Accepted(f"request-{len(self.requests)}")

    def quota(self) -> Quota:
        return Quota(self.limit, sum(self.got.values()))

    def validate(self, messages: Any, kind: str = "multicast") -> tuple[str, ...]:
        return self.problems

    def unit_statistics(self, unit: str, first_day: str, last_day: str) -> Statistics:
        return Statistics(None, None)


class Lost(Exception):
    """The request is accepted, the answer is not seen."""


def too_many() -> LineError:
    return LineRetryable("429", status=429, unknown_outcome=False)


def server_error() -> LineError:
    return LineRetryable("500", status=500, unknown_outcome=True)


def refused(category: str = "unauthorized", status: int = 401) -> LineError:
    return LineRejected(category, status=status)


class Office:
    """All parts on one database, run by hand: no threads, no waiting."""

    def __init__(
        self, db: Database, line: Line | None = None, *, two_people: bool = True, **changes: Any
    ) -> None:
        self.db, self.line = db, line or Line()
        self.shift = timedelta()
        city = _CATALOG.in_city("hachioji")
        self.slips: list[Slip] = [Slip("いじめの推進", "いじめの防止")]
        segments = Segments(db, lambda: city, self.clock)
        self.reviewing = Reviewing(
            db,
            segments,
            catalog=lambda: city,
            saved=lambda: _CATALOG.segments,
            render=render_notices,
            examine=check_messages,
            clock=self.clock,
            slips=lambda: self.slips,
            ask_line=self.line.validate,
            reach=changes.pop("reach", None),
        )
        self.announcing = Announcing(db, self.reviewing, self.clock, two_people=two_people)
        self.reporting = Reporting(db)
        self.previewing = Previewing(db, self.announcing, self.reviewing, self.line, self.clock)
        self.delivery = Delivery(db, self.line, changes.pop("pace", FAST), **changes)
        self.starting = Starting(db, self.line, self.announcing.freeze)

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def new(self, text: str) -> int:
        return self.announcing.new("a.yaml", text.encode())

    def approved(self, text: str) -> int:
        announcement = self.new(text)
        self.announcing.approve(announcement, APPROVER)
        return announcement

    def ordered(self, text: str) -> int:
        announcement = self.approved(text)
        self.announcing.send(announcement)
        return announcement

    def started(self, text: str) -> int:
        announcement = self.ordered(text)
        assert self.starting.start_due()
        return announcement

    def sent(self, text: str) -> int:
        announcement = self.started(text)
        self.work()
        return announcement

    def work(self, turns: int = 200, room: int = 8, *, hurry: bool = True) -> None:
        """Do what the worker does until nothing is due; with `hurry` no pause is waited for."""
        settled: list[Settled] = []
        for _ in range(turns):
            work = self.delivery.turn(settled, room)
            settled = [self.delivery.send(each) for each in work.outgoing]
            if not settled and not (hurry and self.hurry()):
                return
        self.delivery.turn(settled, 0)

    def hurry(self) -> bool:
        """Make every pause after a failure be over; False where none was."""
        return bool(
            self.db.write(
                lambda c: (
                    c.execute(
                        update(batches)
                        .where(batches.c.settled_at.is_(None), batches.c.due_at > 0)
                        .where(~batches.c.in_flight, batches.c.attempts > 0)
                        .where(
                            batches.c.announcement.in_(
                                select(announcements.c.id).where(announcements.c.state == "sending")
                            )
                        )
                        .values(due_at=0)
                    ).rowcount
                )
            )
        )

    def die(self) -> None:
        """What a new process does after the old one was killed."""
        self.delivery.recover()

    def state(self, announcement: int) -> str:
        return str(self.announcing.load(announcement).state)

    def counts(self, announcement: int) -> dict[str, int]:
        """The four counts that make up the recipients."""
        found = self.reporting.status(announcement).as_json()
        parts = {name: found[name] for name in ("accepted", "failed", "unresolved", "pending")}
        assert found["recipients"] == sum(parts.values())
        return {name: number for name, number in parts.items() if number}

    def rows(self, announcement: int) -> list[Any]:
        with self.db.read() as connection:
            query = select(batches).where(batches.c.announcement == announcement)
            return list(connection.execute(query.order_by(batches.c.number)))


def draft(
    text: str = "スマホ教室を開きます。",
    *,
    title: str = "スマホ教室",
    kind: str = "normal",
    segment: str = "{topics: {any: [smartphone_class]}}",
    more: str = "",
    author: str = AUTHOR,
) -> str:
    """An announcement file."""
    where = f"segment: {segment}\n" if segment else ""
    return (
        f"title: {title}\nkind: {kind}\nauthor: {author}\n{where}"
        f"messages:\n  - text: {text}\n{more}"
    )


def dice(seed: int = 20261121) -> random.Random:
    return random.Random(seed)
