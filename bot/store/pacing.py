"""The pace of one channel, shared by all workers through a row each for requests and people."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.core.delivery import Pace
from bot.store.announcement_tables import pace as table
from bot.store.upsert import Upsert

_UPSERT = Upsert(table)
_REQUESTS, _PEOPLE = "requests", "people"
# So far ahead a request may be given its place: longer means less waiting for the database,
# shorter means that pause and cancel act sooner.
_AHEAD_US = 400_000


@dataclass
class Slots:
    """The next free places, while one transaction hands them out."""

    account: str
    pace: Pace
    now_us: int
    requests_us: int
    people_us: int

    @classmethod
    def load(cls, connection: Connection, account: str, pace: Pace, now: int) -> Slots:
        """What earlier claims left; held by this transaction until its end."""
        rows = connection.execute(
            select(table.c.name, table.c.next_us)
            .where(table.c.account == account)
            .with_for_update()
        )
        found = {row[0]: row[1] for row in rows}
        now_us = now * 1000
        # A place far ahead was written by a clock that has been set back since.
        return cls(
            account,
            pace,
            now_us,
            min(found.get(_REQUESTS, 0), now_us + 2 * _AHEAD_US),
            min(found.get(_PEOPLE, 0), now_us + pace.people_us(1000)),
        )

    def take(self, people: int, *, urgent: bool, first: bool) -> int | None:
        """When (microseconds) a request to so many may leave; None: not yet.

        Only what is not urgent is spread over time, and only with its first request.
        """
        spread = first and not urgent
        at_us = max(self.requests_us, self.now_us, self.people_us if spread else 0)
        if at_us > self.now_us + _AHEAD_US:
            return None
        # A place of its own among requests, but none that an emergency would have to wait behind.
        self.requests_us = max(self.requests_us, self.now_us) + self.pace.request_us()
        if spread:
            self.people_us = at_us + self.pace.people_us(people)
        return at_us

    def next_ms(self, urgent: bool) -> int:
        """When to ask again after a None."""
        free = max(self.requests_us, 0 if urgent else self.people_us) - _AHEAD_US // 2
        return max(free, self.now_us + 1000) // 1000

    def save(self, connection: Connection) -> None:
        """Keep what was handed out."""
        rows = [
            {"account": self.account, "name": _REQUESTS, "next_us": self.requests_us},
            {"account": self.account, "name": _PEOPLE, "next_us": self.people_us},
        ]
        _UPSERT.insert_or_update(connection, rows)
