"""Several processes on PostgreSQL, killed, stopped and cut off; LINE and database gone for a while.

Small by default. MADOGUCHI_KILLS and MADOGUCHI_OUTAGE (seconds) make it long: the figures of
docs/reliability.md come from these tests, logged at level INFO.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import time
from collections import defaultdict

import pytest

from bot.bench.installation import Installation, Stub, ask, children_of, get, until
from tests.builders import content, write
from tests.postgres import own_cluster

log = logging.getLogger(__name__)

KILLS = int(os.environ.get("MADOGUCHI_KILLS", "4"))
OUTAGE = float(os.environ.get("MADOGUCHI_OUTAGE", "3"))
SEED = 20261121
SEPARATE = {"MADOGUCHI_WORKER": "separate"}


@pytest.fixture(scope="module")
def cluster():
    """A server of this module's own: it is stopped and started under the others' feet."""
    with own_cluster() as found:
        yield found


class Town(Installation):
    """Judged by LINE's stand-in."""

    def __init__(self, folder, url, line, **options):
        super().__init__(folder, url, line.port, **options)
        self.line = line

    def check(self):
        judged = self.judge(self.line.replies)
        assert judged.wrong == []
        return judged.ends


@pytest.fixture
def line(request):
    """LINE's stand-in, with the faults that a test asks for."""
    stub = Stub(*getattr(request, "param", ()))
    yield stub
    stub.resume()
    stub.close()


@pytest.fixture
def town(tmp_path, cluster, line):
    url = cluster.create(f"town_{time.monotonic_ns()}")
    folder = write(tmp_path / "content", content())
    found = Town(tmp_path, url, line, content=folder, city="minato")
    yield found
    found.close()


FAULTY = pytest.mark.parametrize(
    "line",
    [("--fault-rate", "0.03", "--delay-ms", "20", "--seed", str(SEED))],
    indirect=True,
    ids=[""],
)


@FAULTY
def test_killed_at_any_moment_every_event_is_answered_once_and_in_order(town, line):
    dice = random.Random(SEED)
    web, workers = town.web(2, **SEPARATE), [town.worker(), town.worker()]
    number = 0
    for _ in range(KILLS):
        end = time.monotonic() + dice.uniform(0.5, 2.0)
        while time.monotonic() < end:
            town.deliver(*[ask(number + n, dice.randrange(97)) for n in range(2)])
            number += 2
            time.sleep(0.05)
        victim = dice.choice([web, *workers])
        town.kill(victim)
        if victim is web:
            web = town.web(2, **SEPARATE)
        else:
            workers = [each for each in workers if each is not victim] + [town.worker()]
    town.redeliver()
    ends = town.check()
    log.info("processes killed %s times, %s events: %s", KILLS, number, dict(ends))
    assert ends["replied"] > number * 0.8
    assert_order(town)


def assert_order(town):
    """Each resident's replies went out in the order of their questions."""
    order = {token: place for place, token in enumerate(town.line.replies())}
    by_resident = defaultdict(list)
    for event_id, row in sorted(town.rows().items()):  # numbered as they were asked
        if row.status == "replied":
            by_resident[row.resident].append(order[f"token-{event_id}"])
    assert len(by_resident) > 1
    for places in by_resident.values():
        assert places == sorted(places)


@pytest.mark.parametrize("line", [("--delay-ms", "1500")], indirect=True, ids=[""])
def test_a_dead_workers_work_is_taken_over_within_a_minute(town, line):
    town.web(1, **SEPARATE)
    first = town.worker()
    town.deliver(*[ask(number, number) for number in range(4)])
    until(lambda: "decided" in {row.status for row in town.rows().values()})
    town.kill(first)
    died = time.monotonic()
    town.worker()
    ends = town.check()
    took = time.monotonic() - died
    log.info("taken over after %.1f s: %s", took, dict(ends))
    assert took < 60
    # LINE had the replies already, or not: the same token tells, and nobody gets two.
    assert sum(ends.values()) == 4


@pytest.mark.parametrize("line", [("--delay-ms", "1500")], indirect=True, ids=[""])
def test_a_worker_told_to_stop_finishes_what_it_holds(town, line):
    town.web(1, **SEPARATE)
    worker = town.worker()
    town.deliver(*[ask(number, number) for number in range(6)])
    until(lambda: sum(row.status == "decided" for row in town.rows().values()) > 0)
    town.deliver(ask(99, 0))  # behind another of the same resident
    assert town.stop(worker) == 0
    held = {row.status for row in town.rows().values()}
    assert held <= {"replied", "waiting"}, "something was left in the middle"
    assert "replied" in held
    town.worker()
    assert town.check() == {"replied": 7}


@pytest.mark.parametrize("line", [("--delay-ms", "1500")], indirect=True, ids=[""])
def test_a_server_told_to_stop_finishes_what_it_holds(town, line):
    web = town.web(2)
    for number in range(6):
        assert town.deliver(ask(number, number)) == 200
    until(lambda: sum(row.status == "decided" for row in town.rows().values()) > 0)
    assert town.stop(web) == 0
    assert {row.status for row in town.rows().values()} <= {"replied", "waiting"}
    town.web(1)
    assert town.check() == {"replied": 6}


@FAULTY
def test_a_database_that_is_restarted_costs_no_event(town, line, cluster):
    town.web(2)
    number, statuses = 0, set()
    for _ in range(max(2, KILLS // 2)):
        for _ in range(15):
            statuses.add(town.deliver(ask(number, number % 97)))
            number += 1
        cluster.stop("immediate" if number % 2 else "fast")
        statuses.add(town.deliver(ask(number, number % 97)))
        number += 1
        cluster.start()
    town.redeliver()
    ends = town.check()
    log.info("database restarted, %s events, answers to LINE %s: %s", number, statuses, dict(ends))
    assert statuses == {200, 503}
    assert ends["replied"] > number * 0.8


def test_a_database_that_is_gone_for_a_while_is_never_a_false_200(town, line, cluster):
    town.web(2, **SEPARATE)
    town.worker()
    for number in range(5):
        assert town.deliver(ask(number, number)) == 200
    town.settled()
    cluster.stop("immediate")
    try:
        gone, number, slowest = time.monotonic(), 5, 0.0
        while time.monotonic() - gone < OUTAGE:
            before = time.monotonic()
            assert town.deliver(ask(number, number)) == 503
            slowest = max(slowest, time.monotonic() - before)
            assert town.status("/readyz") == 503 and town.status("/healthz") == 200
            number += 1
            time.sleep(0.2)
    finally:
        cluster.start()
    back = time.monotonic()
    until(lambda: town.status("/readyz") == 200, 60)
    ready = time.monotonic() - back
    town.redeliver()
    ends = town.check()
    log.info("database gone %.0f s: %s events refused, slowest answer %.2f s, ready %.1f s after "
             "its return, then %s", OUTAGE, number - 5, slowest, ready, dict(ends))  # fmt: skip
    assert ends == {"replied": number}


def test_a_process_that_dies_while_the_database_is_away_comes_back_with_it(town, line, cluster):
    web = town.web(2)
    for number in range(4):
        assert town.deliver(ask(number, number)) == 200
    town.settled()
    cluster.stop("immediate")
    try:
        for child in children_of(web.pid):
            os.kill(child, signal.SIGKILL)
        time.sleep(max(2.0, min(OUTAGE, 25)))
        assert town.deliver(ask(4, 4)) != 200
    finally:
        cluster.start()
    until(lambda: town.status("/readyz") == 200, 60)
    assert web.poll() is None
    town.redeliver()
    assert town.check() == {"replied": 5}


def test_line_gone_for_a_while_is_answered_after_it(town, line):
    """Shorter than a token's life: the same tokens are tried until LINE is back."""
    town.web(1)
    line.pause()
    for number in range(5):
        assert town.deliver(ask(number, number)) == 200
    assert town.status("/readyz") == 200  # the bot is well; LINE is not
    time.sleep(min(OUTAGE, 20))
    line.resume()
    ends = town.check()
    log.info("LINE silent %.0f s: %s", min(OUTAGE, 20), dict(ends))
    assert ends["unanswered"] == 0


@pytest.mark.skipif(OUTAGE < 60, reason="takes a minute: MADOGUCHI_OUTAGE=60")
def test_line_gone_for_long_is_recorded_and_life_goes_on(town, line):
    line.process.kill()  # connection refused: certainly nothing was sent
    line.process.wait()
    town.web(1)
    for number in range(5):
        assert town.deliver(ask(number, number)) == 200
    ends = town.settled(120)
    log.info("LINE gone for good: %s", dict(ends))
    assert ends == {"unanswered": 5}
    assert town.status("/readyz") == 200


def test_without_a_worker_the_web_says_so(town, line, monkeypatch):
    town.web(1, **SEPARATE)
    code, text = get(town.port, "/readyz")
    assert code == 503 and "応答の処理が止まっています" in text.decode()
    worker = town.worker()
    until(lambda: town.status("/readyz") == 200)
    assert town.stop(worker) == 0


def test_a_worker_that_hangs_loses_its_work_to_another(town, line):
    """Stopped in the middle (SIGSTOP), as a machine that freezes; later it wakes up again."""
    town.web(1, **SEPARATE)
    frozen = town.worker()
    until(lambda: town.status("/readyz") == 200)
    town.deliver(ask(0, 0))
    town.settled()
    os.killpg(frozen.pid, signal.SIGSTOP)
    town.worker()
    for number in range(1, 9):
        town.deliver(ask(number, number))
    town.settled()
    os.killpg(frozen.pid, signal.SIGCONT)
    for number in range(9, 17):
        town.deliver(ask(number, number))
    assert town.check() == {"replied": 17}


def test_many_processes_started_at_once_on_an_empty_database_share_the_work(town, line):
    web = town.web(3)
    others = [town.worker() for _ in range(2)]
    for number in range(40):
        assert town.deliver(ask(number, number)) == 200
    assert town.check() == {"replied": 40}
    assert all(process.poll() is None for process in (web, *others))
