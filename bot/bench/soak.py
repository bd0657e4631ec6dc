"""An hour and more of steady load on the real server: does anything grow, fail or slow down?

One `madoguchi serve` on SQLite. Each minute is one paced run of `bot.bench.load` (about a second
between two for measuring). Housekeeping runs every minute by itself; the deletion of what is too
old, in life every six hours, is made due every few minutes, with settled events made old for it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from bot.bench.figures import cpu_seconds, percentiles, pss_mib
from bot.bench.installation import SECRET, Installation, Stub, get
from bot.store import chores
from bot.store.database import Database, open_database
from bot.store.tables import inbox

FLAT = 0.05  # how much more memory than after the warm-up is still flat
STABLE = 1.5  # how many times the first minutes' p99 the last ones' may be
_SLACK_MS = 20.0  # a p99 of a few ms may double and mean nothing
# A resident writes at most once in 30 s or so, far from what is slowed as a flood.
_RESIDENTS_A_SECOND = 60
_DAYS = 2
_OLD_AT_ONCE = 500
_DRAIN_SECONDS = 30.0


@dataclass(frozen=True)
class Minute:
    """What one minute came to. Times are ms, sizes MiB; `failed` were not taken with a 200."""

    minute: int
    events: int
    failed: int
    unanswered: int
    pss_mib: float
    cpu_ms_per_event: float
    ack: dict[str, float]
    end_to_end: dict[str, float]
    database_mib: float
    log_mib: float
    ready: bool
    deleted: int  # events deleted as too old so far


def run(
    minutes: int = 60,
    rate: float = 80.0,
    tell: Callable[[Minute], None] = lambda _minute: None,
    minute_seconds: float = 60.0,
) -> dict[str, Any]:
    """Offer `rate` events/s for `minutes`; `tell` hears of each minute. The verdict is `good`."""
    with tempfile.TemporaryDirectory() as name:
        folder, line = Path(name), Stub()
        url = f"sqlite:///{folder}/soak.db"
        town = Installation(folder, url, line.port, MADOGUCHI_RETENTION_DAYS=str(_DAYS))
        try:
            server = town.web().pid
            soak = _Soak(folder, town, line, server, rate, minute_seconds - 1.0)
            soak.warm()
            seen = []
            for number in range(minutes):
                seen.append(soak.minute(number, aging=number % max(2, minutes // 6) == 0))
                tell(seen[-1])
        finally:
            town.close()
            line.close()
    return {
        "minutes": minutes,
        "rate": rate,
        "database": "sqlite",
        **verdict(seen),
        "each": [asdict(each) for each in seen],
    }


class _Soak:
    """The running installation and what has been counted so far."""

    def __init__(
        self, folder: Path, town: Installation, line: Stub, server: int, rate: float, seconds: float
    ) -> None:
        self._folder, self._town, self._line, self._server = folder, town, line, server
        self._rate, self._seconds = rate, seconds
        self._sent = self._seen = 0

    def warm(self) -> None:
        """The first questions load what later ones find loaded: not part of the figures."""
        sent: dict[str, float] = self._load("warm", 10.0, min(3.0, self._seconds))["sent"]
        self._reply_times(sent)
        self._sent += len(sent)

    def minute(self, number: int, *, aging: bool) -> Minute:
        """One run of load and everything measured after it."""
        cpu, before = cpu_seconds(self._server), time.monotonic()
        result = self._load(f"m{number:04d}", self._rate, self._seconds)
        sent: dict[str, float] = result["sent"]
        times = self._reply_times(sent)
        used = cpu_seconds(self._server) - cpu
        self._sent += len(sent)
        with closing(open_database(self._town.url, exclusive=False)) as db:
            kept = _count(db)
            if aging:
                _age(db)
        minute = Minute(
            minute=number + 1,
            events=len(sent),
            failed=len(result["refused"]),
            unanswered=len(sent) - len(times),
            pss_mib=round(pss_mib(self._server), 1),
            cpu_ms_per_event=round(used * 1000 / len(sent), 2),
            ack=percentiles(result["acks"]),
            end_to_end=percentiles(times),
            database_mib=_mib(self._folder, "soak.db*"),
            log_mib=_mib(self._folder, "log"),
            ready=self._town.status("/readyz") == 200,
            deleted=self._sent - kept,
        )
        left = self._seconds + 1.0 - (time.monotonic() - before)
        time.sleep(max(0.0, left))
        return minute

    def _load(self, name: str, rate: float, seconds: float) -> dict[str, Any]:
        options = {
            "port": self._town.port,
            "secret": SECRET,
            "rate": rate,
            "seconds": seconds,
            "name": name,
            "first": self._sent,
            "residents": max(100, int(self._rate * _RESIDENTS_A_SECOND)),
        }
        command = [sys.executable, "-m", "bot.bench.load"]
        for option, value in options.items():
            command += [f"--{option}", str(value)]
        done = subprocess.run(command, capture_output=True, check=True)
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def _reply_times(self, sent: dict[str, float]) -> list[float]:
        """From when each event should have been sent until LINE had its reply (ms)."""
        times: list[float] = []
        deadline = time.monotonic() + _DRAIN_SECONDS
        while len(times) < len(sent) and time.monotonic() < deadline:
            new = json.loads(get(self._line.port, f"/_replies?from={self._seen}")[1])
            self._seen += len(new)
            times += [(at - sent[token]) * 1000 for token, at in new if token in sent]
            if len(times) < len(sent):
                time.sleep(0.2)
        return times


def verdict(seen: Sequence[Minute]) -> dict[str, Any]:
    """The first and the last ten minutes against each other (or sixths of a shorter run).

    Memory is taken from after the warm-up: the first sixth, ten minutes of an hour.
    """
    part = max(1, min(10, len(seen) // 6))
    warm = seen[part : 2 * part] or seen[:part]
    first, last = seen[:part], seen[-part:]
    memory = [statistics.median(each.pss_mib for each in some) for some in (warm, last)]
    found: dict[str, Any] = {
        "events": sum(each.events for each in seen),
        "failed": sum(each.failed for each in seen),
        "unanswered": sum(each.unanswered for each in seen),
        "deleted_as_old": seen[-1].deleted,
        "minutes_compared": part,
        "pss_mib": {"after_warm_up": memory[0], "last": memory[1]},
        "memory_growth_percent": round((memory[1] / memory[0] - 1) * 100, 1),
    }
    stable = True
    for name in ("ack", "end_to_end"):
        p99 = [statistics.median(getattr(each, name)["p99"] for each in some) for some in (first, last)]  # fmt: skip
        found[f"{name}_p99_ms"] = {"first": p99[0], "last": p99[1]}
        stable = stable and p99[1] <= max(p99[0] * STABLE, p99[0] + _SLACK_MS)
    errors = bool(found["failed"] or found["unanswered"] or not all(each.ready for each in seen))
    flat = memory[1] <= memory[0] * (1 + FLAT)
    return found | {
        "memory_flat": flat,
        "no_error": not errors,
        "p99_stable": stable,
        "good": flat and stable and not errors,
    }


def _count(db: Database) -> int:
    with db.read() as connection:
        return int(connection.execute(select(func.count()).select_from(inbox)).scalar_one())


def _age(db: Database) -> None:
    """Make the oldest settled events too old to keep, and their deletion due."""
    oldest = (
        select(inbox.c.id)
        .where(inbox.c.settled_at.is_not(None))
        .order_by(inbox.c.id)
        .limit(_OLD_AT_ONCE)
    )
    earlier = (_DAYS + 1) * 86_400_000
    make_old = (
        update(inbox)
        .where(inbox.c.id.in_(oldest))
        .values(received_at=inbox.c.received_at - earlier)
    )
    db.write(lambda c: c.execute(make_old))
    db.write(lambda c: chores.plan(c, "retention", 0))


def _mib(folder: Path, pattern: str) -> float:
    return round(sum(path.stat().st_size for path in folder.glob(pattern)) / 2**20, 2)
