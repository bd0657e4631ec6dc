"""Faults from outside: a full disk, LINE silent or failing, content half-written, a flood."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.bench import delivery
from bot.bench.faults_processes import Skew
from bot.bench.figures import descendants, percentiles
from bot.bench.ground import FAULTY, POSTGRESQL, SQLITE, Ground, Outcome, Town
from bot.bench.installation import Stub, ask, body, free_port, until
from bot.config import REPOSITORY
from bot.store import inbox as states
from bot.worker import SENDERS

# The real thresholds: newest first when the oldest has waited 30 s, recorded after 50 s.
OVERLOADED_S, TOKEN_S = 30.0, 50.0
LINE_TAKES_MS = SENDERS * 100  # ten replies a second, whatever the machine
SUSTAINABLE = 10.0
TIMES = 20


def disk_full(ground: Ground, trials: int) -> Outcome:
    """The disk of the SQLite database full: 503 and /readyz say so, never a false 200."""
    outcome = Outcome(max(1, trials // 6), SQLITE)
    folder = ground.folder()
    with _small_disk(folder) as disk:
        outcome.notes["disk"] = "tmpfs" if disk.real else "RLIMIT_FSIZE"
        with ground.town(SQLITE, url=f"sqlite:///{folder}/town.db") as town:
            server = town.web()
            refused = taken = 0
            for _ in range(outcome.trials):
                town.busy(1.0)
                town.settled()
                disk.fill(server.pid)
                # What fits into pages already there may still be kept; then it has to be true.
                for _ in range(40):
                    status = town.residents_write(5)
                    outcome.expect(status in (200, 503), f"a webhook was answered {status}")
                    refused, taken = refused + (status == 503), taken + (status == 200)
                outcome.expect(status == 503, "the disk never was full")
                outcome.expect(town.status("/readyz") == 503, "/readyz was silent")
                disk.free(server.pid)
                until(lambda: town.status("/readyz") == 200, 60)
                town.redeliver()
            town.end(outcome)
    outcome.notes |= {"webhooks_refused": refused, "taken_while_full": taken}
    return outcome


class _Disk:
    """A small file system of its own; where that is not allowed, a limit to files' sizes."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"
        command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
        self.real = subprocess.run(command, capture_output=True, check=False).returncode == 0

    def fill(self, pid: int) -> None:
        if not self.real:
            self._limit(pid, 0)
            return
        with suppress(OSError), self._filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def free(self, pid: int) -> None:
        if not self.real:
            self._limit(pid, resource.RLIM_INFINITY)
            return
        self._filler.unlink()

    def _limit(self, pid: int, size: int) -> None:
        for process in [pid, *descendants(pid)]:
            hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def _small_disk(folder: Path) -> Iterator[_Disk]:
    disk = _Disk(folder)
    try:
        yield disk
    finally:
        if disk.real:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def line_fails(ground: Ground, trials: int) -> Outcome:
    """LINE says 429, 500, nothing, or accepts and does not say so, to two requests in five."""
    outcome = Outcome(trials, SQLITE)
    with ground.town(SQLITE, "--fault-rate", "0.08", "--delay-ms", "20") as town:
        town.web()
        for _ in range(trials * 5):
            town.residents_write()
            time.sleep(0.02)
        town.end(outcome)
        outcome.notes["LINE"] = found = town.line.faults()
    outcome.trials = sum(number for name, number in found.items() if name != "ok")
    return outcome


def line_silent(ground: Ground, trials: int) -> Outcome:
    """LINE takes the connection and never answers (time-outs), for less than a token's life."""
    outcome = Outcome(max(1, trials // 15), SQLITE)
    seconds = min(ground.outage, 15.0)
    outcome.notes["silent_seconds"] = seconds
    with ground.town(SQLITE) as town:
        town.web()
        for _ in range(outcome.trials):
            town.busy(0.5)
            town.line.pause()
            town.busy(1.0)
            time.sleep(seconds)
            town.line.resume()
        town.end(outcome)
    return outcome


def line_gone(ground: Ground, trials: int) -> Outcome:
    """LINE refuses connections for longer than a reply token lives: recorded, and life goes on.

    A reply is given up after 50 s: to it an hour is no longer than a minute.
    """
    outcome = Outcome(1, SQLITE, notes={"gone_seconds": TOKEN_S + 15})
    with ground.town(SQLITE) as town:
        town.web()
        town.busy(1.0)
        town.settled()
        town.before = town.line.replies()
        town.line.process.kill()
        town.line.process.wait()
        gone = time.monotonic()
        town.busy(2.0)
        warned = until(lambda: "warnings" in town.readyz(), 60)
        town.settled(TOKEN_S + 30)
        time.sleep(max(0.0, gone + TOKEN_S + 15 - time.monotonic()))
        town.line = Stub(port=town.line.port)
        began = time.monotonic()
        town.residents_write()
        until(town.line.replies, 30)
        outcome.notes["answers_again_after_s"] = round(time.monotonic() - began, 2)
        until(lambda: "warnings" not in town.readyz(), 10)  # once the reply is on record
        town.end(outcome)
    outcome.expect(outcome.ends[states.UNANSWERED] > 10, "nothing was recorded as unanswered")
    outcome.notes["readyz_warns_after_s"] = round(warned, 1)
    return outcome


def line_gone_an_hour(ground: Ground, trials: int) -> Outcome:
    """LINE refuses an announcement for an hour: the same keys go out once it is back.

    The database's clock, which is everybody's, is moved by ten minutes six times.
    """
    people = 10_000
    outcome = Outcome(1, POSTGRESQL, notes={"people": people, "gone": "1 hour by the clock"})
    folder = ground.folder()
    url = ground.url(POSTGRESQL, folder)
    port = free_port()
    with delivery.database(url, people) as db, ground.installation(folder, url, port) as town:
        skew = Skew(url)
        town.worker()
        announcement = delivery.order(db)
        until(lambda: delivery.load(db, announcement).ready, 60)
        for minutes in range(10, 61, 10):
            time.sleep(1.5)
            skew.set(f"{minutes} minutes")
        with delivery.stub(0.04, 7, port=port):
            delivery.wait_for_the_end(db)
            found = delivery.Killed(people, 0)
            delivery.compare(db, people, port, found)
    outcome.notes |= {"LINE": found.faults}
    outcome.wrong += found.wrong
    return outcome


def redelivered(ground: Ground, trials: int) -> Outcome:
    """LINE delivers the same events up to five times, at once and later, to two processes."""
    outcome = Outcome(trials, POSTGRESQL)
    times = 0
    with ground.town(POSTGRESQL, *FAULTY) as town, ThreadPoolExecutor(8) as pool:
        town.web(2)
        sent: list[bytes] = []
        for number in range(trials):
            events = [ask(number * 2 + n, ground.dice.randrange(500)) for n in range(2)]
            town.sent.update(dict.fromkeys(event["webhookEventId"] for event in events))
            again = [e | {"deliveryContext": {"isRedelivery": True}} for e in events]
            copies = [body(*events)] + [body(*again)] * ground.dice.randint(1, 4)
            sent += copies[1:]
            statuses = list(pool.map(town.post, copies))
            times += len(copies)
            outcome.expect(set(statuses) == {200}, f"a redelivery was answered {statuses}")
        town.settled()
        outcome.expect(set(pool.map(town.post, sent)) == {200}, "a late redelivery was refused")
        town.end(outcome)
    outcome.notes["webhooks"] = times + len(sent)
    return outcome


def peak(ground: Ground, trials: int) -> Outcome:
    """A disaster: 20 times what can be answered, for two minutes, with the real thresholds.

    What can be answered is made small by a LINE that takes 1.6 s: ten replies a second however
    fast the machine is, so that what is shown is the order and not the machine.
    """
    rate, seconds = SUSTAINABLE * TIMES, 120.0
    outcome = Outcome(1, SQLITE, notes={"offered_per_s": rate, "sustainable_per_s": SUSTAINABLE})
    with ground.town(SQLITE, "--delay-ms", str(LINE_TAKES_MS), content=REPOSITORY) as town:
        town.web()
        load = town.load(rate, seconds, "peak")
        began = time.time()
        time.sleep(OVERLOADED_S + 20)
        outcome.expect("warnings" in town.readyz(), "/readyz was silent")
        result = json.loads(load.communicate()[0])
        ended = time.monotonic()
        town.residents_write(1)
        first = until(lambda: any(t.startswith("token-e") for t in town.line.replies()), 60)
        taken = town.take_over(result)
        town.settled(120)
        drained = time.monotonic() - ended
        later = _waits(town, began + TOKEN_S + 10)
        town.end(outcome)
    outcome.expect(drained < 60, f"recovery took {drained:.0f} s")
    outcome.expect(
        bool(later) and statistics.median(later) < OVERLOADED_S / 2,
        "old questions came before new ones",
    )
    outcome.notes |= {
        "ack_ms": percentiles(result["acks"]),
        "not_taken": len(result["refused"]),
        "statuses": result["statuses"],
        "accepted": taken,
        "answered_in_overload": len(later),
        "their_wait_s": percentiles(later),
        "next_question_after_peak_s": round(first, 1),
        "recovered_s": round(drained, 1),
    }
    return outcome


def _waits(town: Town, since: float) -> list[float]:
    """How long (s) those waited, from when we took their question, who got a reply after `since`."""
    times = town.line.reply_times()
    waits = []
    for row in town.rows().values():
        at = times.get(row.reply_token or "")
        if at is not None and at > since:
            waits.append(at - row.received_at / 1000)
    return waits
