"""Deliveries to many residents, killed again and again: did everyone get each message once?

Real processes and SIGKILL; LINE's stand-in answers 429, 500, nothing, and accepts and then says
500 or nothing, each at `fault_rate`. Also how fast an emergency goes out, with what memory.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from bot.core.announcements import Action, Draft, Kind, State, TextMessage, as_data
from bot.core.segments import Everyone
from bot.services.frozen import Frozen, Target
from bot.store import announcements, ledger
from bot.store.announcement_tables import batches
from bot.store.announcements import New
from bot.store.clock import now_ms
from bot.store.database import Database, open_database
from bot.store.migrate import migrate
from bot.store.tables import MAIN_ACCOUNT, residents

_OPEN = (State.SCHEDULED, State.SENDING)
_AT_ONCE = 5000
_OPEN_AT_ONCE = 3


def user_id(number: int) -> str:
    """A LINE user id."""
    return f"U{number:032x}"


def run(people: int = 60_000, kills: int = 200, fault_rate: float = 0.04) -> dict[str, Any]:
    """The figures of `madoguchi bench delivery`: the kill test, then the speed of an emergency."""
    killed = kill_test(people, kills, fault_rate)
    return {"killed": killed.as_json(), "speed": speed(500_000)}


@dataclass
class Killed:
    """The outcome of a kill test; without a fault in `wrong`."""

    people: int
    kills: int
    deliveries: int = 0
    requests: int = 0
    seconds: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For the command."""
        return {**self.__dict__, "seconds": round(self.seconds, 1)}


def kill_test(
    people: int, kills: int, fault_rate: float = 0.04, *, seed: int = 20261121, rate: float = 150.0
) -> Killed:
    """Deliver to `people` until `kills` processes were killed, then to the end, and compare."""
    dice = random.Random(seed)
    outcome = Killed(people, kills)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        with database(url, people) as db, stub(fault_rate, seed) as port:
            with _processes(url, port, rate) as start:
                for _ in range(kills):
                    _keep_busy(db)
                    child = start()
                    time.sleep(dice.uniform(0.0, 0.6))
                    os.kill(child, signal.SIGKILL)
                child = start()
                wait_for_the_end(db)
                os.kill(child, signal.SIGKILL)
            compare(db, people, port, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def speed(
    people: int, *, rate: float = 195.0, limit: float = 200.0, url: str = "", workers: int = 1
) -> dict[str, Any]:
    """An emergency to everybody we know by multicast: start, pace against LINE's 200 a second.

    `limit` 0 takes LINE's limit away; `url` is an empty database, else a SQLite file is made.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = url or f"sqlite:///{folder}/bench.db"
        with database(url, people) as db, stub(0.0, 0, limit=limit) as port:
            announcement = order(db, kind="emergency")
            with _processes(url, port, rate) as start:
                began = time.monotonic()
                children = [start() for _ in range(workers)]
                while not load(db, announcement).ready:
                    time.sleep(0.02)
                snapshot = time.monotonic() - began
                peak = max(map(_peak_mib, children))
                wait_for_the_end(db)
                peak = max(peak, *map(_peak_mib, children))
                for child in children:
                    os.kill(child, signal.SIGKILL)
            stats = json.loads(_get(port, "/_stats"))
            requests = stats["stats"]["ok"]
            return {
                "people": people,
                "snapshot_seconds": round(snapshot, 2),
                "requests_per_second": round((requests - 1) / stats["seconds"], 1),
                "of_the_limit_percent": round((requests - 1) / stats["seconds"] / 2, 1),
                "worker_peak_mib": round(peak),
                "refused_by_rate": stats["stats"].get("rate", 0),
            }


@contextmanager
def database(url: str, people: int) -> Iterator[Database]:
    """The database with so many known residents."""
    db = open_database(url, exclusive=False)
    try:
        migrate(db)
        for first in range(0, people, _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, people))
            rows = [
                {"account": MAIN_ACCOUNT, "user_id": user_id(number), "known_at": 0}
                for number in numbers
            ]
            db.write(lambda c, rows=rows: c.execute(insert(residents), rows))  # type: ignore[misc]
        yield db
    finally:
        db.close()


def order(db: Database, kind: str = "normal", after_seconds: float = 0.0) -> int:
    """An announcement to everybody, approved and told to go out in so many seconds."""
    message = {"type": "text", "text": "お知らせ"}

    def write(connection: Connection) -> int:
        now = now_ms(connection)
        draft = Draft("お知らせ", Kind(kind), (TextMessage("お知らせ"),), "bench")
        new = New(kind, "お知らせ", "bench", "", json.dumps(as_data(draft)), two_people=False)
        announcement = announcements.add(connection, new, now, "bench")
        frozen = Frozen({"ja": [message]}, Target(Everyone()), f"bench_{announcement}").to_json()
        for action, changes in (
            (Action.CHECK, {}),
            (Action.SUBMIT, {}),
            (Action.APPROVE, {"frozen": frozen, "approved_at": now}),
            (Action.SEND, {"due_at": now + int(after_seconds * 1000)}),
        ):
            stored = announcements.load(connection, announcement)
            assert stored is not None
            announcements.take_step(connection, stored, action, now, by="bench", **changes)
        return announcement

    return db.write(write)


def _keep_busy(db: Database) -> None:
    """There is always something to start and something to send while processes are killed."""
    with db.read() as connection:
        open_now = sum(each.state in _OPEN for each in announcements.recent(connection))
    for _ in range(_OPEN_AT_ONCE - open_now):
        order(db)


def wait_for_the_end(db: Database, seconds: float = 600.0) -> None:
    """Until no announcement is waiting or being sent, or for `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with db.read() as connection:
            if not any(each.state in _OPEN for each in announcements.recent(connection)):
                return
        time.sleep(0.1)


def load(db: Database, announcement: int) -> announcements.Stored:
    """The announcement as it is now."""
    with db.read() as connection:
        stored = announcements.load(connection, announcement)
    assert stored is not None
    return stored


def compare(db: Database, people: int, port: int, outcome: Killed) -> None:
    """What the stand-in recorded against the ledger and against who should have got it."""
    account = json.loads(_get(port, "/_account"))
    everyone = {user_id(number) for number in range(people)}
    got: dict[str, Counter[str]] = {}
    for accepted in account["accepted"].values():
        got.setdefault(accepted["unit"], Counter()).update(accepted["to"])
    with db.read() as connection:
        stored = list(announcements.recent(connection, 10_000))
        for each in stored:
            received = got.pop(f"bench_{each.id}", Counter())
            _compare_one(connection, each, received, everyone, outcome)
        rows = connection.execute(select(batches.c.retry_key, batches.c.state)).all()
    accepted_keys = {row.retry_key for row in rows if row.state == "accepted"}
    if accepted_keys != set(account["accepted"]):
        outcome.wrong.append("the ledger's accepted keys are not those LINE accepted")
    outcome.wrong += [f"a message of unknown origin: {unit}" for unit in got]
    outcome.wrong += account["breaches"]
    outcome.deliveries = len(stored)
    outcome.faults = account["stats"]
    outcome.requests = sum(number for name, number in outcome.faults.items() if name != "409")


def _compare_one(
    connection: Connection,
    stored: announcements.Stored,
    received: Counter[str],
    everyone: set[str],
    outcome: Killed,
) -> None:
    name = f"announcement {stored.id}"
    if stored.state is not State.SENT:
        outcome.wrong.append(f"{name} ended as {stored.state}")
    if set(received) != everyone:
        outcome.wrong.append(f"{name}: {len(everyone - set(received))} missed")
    doubles = sum(number > 1 for number in received.values())
    if doubles:
        outcome.wrong.append(f"{name}: {doubles} got it more than once")
    listed = Counter(
        line.user_id for line in ledger.lines(connection, stored.id) if line.state == "accepted"
    )
    if listed != received:
        outcome.wrong.append(f"{name}: the ledger is not what LINE recorded")


@contextmanager
def stub(fault_rate: float, seed: int, limit: float = 0.0, port: int = 0) -> Iterator[int]:
    """LINE's stand-in; yields its port."""
    options = ["--port", str(port)]
    options += ["--fault-rate", str(fault_rate), "--seed", str(seed), "--rate", str(limit)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.bench.delivery_stub", "--delay-ms", "40", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@contextmanager
def _processes(url: str, port: int, rate: float) -> Iterator[Any]:
    """Yields a function that starts a worker process and returns its id."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "bot.bench.delivery_process", url, str(port), str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdin is not None and parent.stdout is not None
    stdin, stdout = parent.stdin, parent.stdout

    def start() -> int:
        stdin.write("start\n")
        stdin.flush()
        return int(stdout.readline())

    try:
        yield start
    finally:
        with suppress(OSError):
            stdin.close()
        parent.wait(10)
        stdout.close()


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def _peak_mib(pid: int) -> float:
    """The most memory a process had (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
