"""The database's time as a clock that can be read without asking the database each time.

Workers on several machines agree on leases only if they share one clock, and their own may be
wrong or jump. This one takes the database's time and goes on by the machine's clock that never
jumps (it runs through a suspend, too), so that no wall clock but the database's counts.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime

from sqlalchemy import Connection

from bot.store.clock import moment, now_ms
from bot.store.database import Database

# Two clocks drift apart by less than 0.1 ms a second.
_ASK_AGAIN_SECONDS = 1.0
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _steady() -> float:
    return time.clock_gettime(_STEADY)


class SharedClock:
    """`clock()` is an aware instant, from any thread. Raises StoreError only when it is made."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.Lock()
        self._anchor = (0.0, 0)  # steady seconds, the database's milliseconds at that moment
        with db.read() as connection:
            self._ask(connection)

    def __call__(self) -> datetime:
        """The database's time, as far as it can be known without asking."""
        return moment(self._now())

    def read(self, connection: Connection) -> int:
        """UTC milliseconds; asks the database over `connection` where the last time is old."""
        if _steady() - self._anchor[0] > _ASK_AGAIN_SECONDS:
            self._ask(connection)
        return self._now()

    def _now(self) -> int:
        at, milliseconds = self._anchor
        return milliseconds + int((_steady() - at) * 1000)

    def _ask(self, connection: Connection) -> None:
        before = _steady()
        milliseconds = now_ms(connection)
        with self._lock:
            # Half of the way there and back: the answer was true somewhere between.
            self._anchor = ((before + _steady()) / 2, milliseconds)
