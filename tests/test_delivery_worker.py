"""The worker's threads: they deliver, stop cleanly, survive a broken store, share the work."""

from __future__ import annotations

import threading
import time

import pytest

from bot.core.announcements import State
from bot.core.delivery import Pace
from bot.delivery_worker import DeliveryLock, DeliveryWorker
from bot.errors import StoreBusy, StoreError
from bot.store import gauges
from bot.store.clock import now_ms
from tests.services.announcing import (
    Line,
    Office,
    bystanders,
    draft,
    people,
    quiet,
    server_error,
)
from tests.store.builders import opened


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    bystanders(db)
    yield db
    db.close()


def until(done, seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.02)
    return done()


def worker(office: Office, **options) -> DeliveryWorker:
    return DeliveryWorker(office.delivery, office.starting, **({"senders": 4} | options))


def test_it_starts_sends_and_finishes(db):
    office, line = Office(db), Line()
    office.delivery.line = office.starting.line = line
    ids = people(db, 1203)
    line.script = [server_error()]
    announcement = office.ordered(draft())
    running = worker(office, alone=True)
    running.start()
    assert until(lambda: office.state(announcement) == State.SENT) and running.alive()
    running.stop()
    assert line.got == dict.fromkeys(ids, 1)


def test_ten_workers_side_by_side_send_each_batch_once(db):
    line = Line()
    line_lock = threading.Lock()
    take = line._take

    def slowly(*args):
        time.sleep(0.005)
        with line_lock:
            return take(*args)

    line._take = slowly
    offices = [Office(db, line) for _ in range(10)]
    ids = people(db, 15_200)
    announcement = offices[0].ordered(draft())
    running = [worker(office, senders=2) for office in offices]
    for each in running:
        each.start()
    assert until(lambda: offices[0].state(announcement) == State.SENT)
    for each in running:
        each.stop()
    assert line.got == dict.fromkeys(ids, 1)
    assert len(line.requests) == len(set(line.requests)) == 31


def test_stopping_gives_back_what_has_not_left(db):
    line = Line()
    office = Office(db, line, pace=Pace(requests_per_second=5, people_per_minute=1e9))
    ids = people(db, 1500)
    announcement = office.ordered(draft())
    running = worker(office)
    running.start()
    assert until(lambda: len(line.requests) >= 1)
    running.stop()
    assert all(not row.in_flight for row in office.rows(announcement))
    second = worker(Office(db, line))
    second.start()
    assert until(lambda: office.state(announcement) == State.SENT)
    second.stop()
    assert line.got == dict.fromkeys(ids, 1)


def test_a_store_that_fails_for_a_while_loses_no_answer(db, monkeypatch):
    line = Line()
    office = Office(db, line)
    ids = people(db, 600)
    announcement = office.ordered(draft())
    turn, failures = office.delivery.turn, []

    def broken(settled, room):
        if settled and len(failures) < 2:
            failures.append(settled)
            raise StoreError("満杯です。")
        return turn(settled, room)

    office.delivery.turn = broken
    running = worker(office)
    running.start()
    assert until(lambda: office.state(announcement) == State.SENT)
    running.stop()
    assert failures and line.got == dict.fromkeys(ids, 1)
    assert len(line.requests) == 2


def test_a_sqlite_file_is_delivered_from_by_one_process(tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    first = DeliveryLock(url)
    assert first.alone
    with pytest.raises(StoreBusy, match="1つだけ"):
        DeliveryLock(url, wait_seconds=0)
    first.release()
    DeliveryLock(url, wait_seconds=0).release()
    assert not DeliveryLock("postgresql://x/y").alone


def test_the_same_on_postgresql(postgres):
    line = Line()
    bystanders(postgres)
    ids = people(postgres, 2600)
    line.unknown = {ids[3]}
    offices = [Office(postgres, line) for _ in range(4)]
    announcement = offices[0].ordered(draft())
    running = [worker(office, senders=2) for office in offices]
    for each in running:
        each.start()
    assert until(lambda: offices[0].state(announcement) == State.SENT)
    for each in running:
        each.stop()
    assert line.got == dict.fromkeys(set(ids) - {ids[3]}, 1)
    assert offices[0].counts(announcement) == {"accepted": 2599, "failed": 1}


def test_line_being_slow_to_tell_of_other_things_holds_up_no_announcement(db):
    office, line = Office(db), Line()
    office.delivery.line = office.starting.line = line
    asking, answered = threading.Event(), threading.Event()

    def ask():
        asking.set()
        answered.wait(30)

    ids = people(db, 6)
    running = worker(office, chores=(ask,))
    running.start()
    assert asking.wait(20)
    announcement = office.ordered(draft())
    sent = until(lambda: office.state(announcement) == State.SENT, 15)
    answered.set()
    running.stop()
    assert sent and line.got == dict.fromkeys(ids, 1)


def test_what_is_done_ends_though_nothing_of_it_is_left_to_send(db):
    """All residents have had their month's share; the last answer came during a pause."""
    office, line = Office(db), Line()
    office.delivery.line = office.starting.line = line
    ids = people(db, 6)
    before = office.sent(draft())
    for each in ids:
        quiet(db, each, monthly_cap=1)
    running = worker(office)
    running.start()
    capped = office.ordered(draft("もう一つのお知らせです。"))
    ended = until(lambda: office.state(capped) == State.SENT, 10)
    running.stop()
    assert ended and line.got == dict.fromkeys(ids, 1)

    paused = office.started(draft("緊急です。", kind="emergency", segment="{everyone: true}"))
    work = office.delivery.turn([], 8)
    office.announcing.pause(paused)
    office.delivery.turn([office.delivery.send(each) for each in work.outgoing], 8)
    office.announcing.resume(paused)
    running = worker(office)
    running.start()
    ended = until(lambda: office.state(paused) == State.SENT, 10)
    running.stop()
    assert ended and office.state(before) == State.SENT and len(line.broadcasts) == 1


@pytest.mark.parametrize("kind", ["db", "postgres"])
def test_the_oldest_batch_waits_from_when_its_turn_came(request, kind):
    db = request.getfixturevalue(kind)
    bystanders(db)
    office = Office(db, pace=Pace(people_per_minute=1000))
    people(db, 2500)

    def waits(minutes: int = 0) -> float:
        with db.read() as connection:
            now = now_ms(connection) + minutes * 60_000
            found = gauges.behind(connection, now)
        assert found.oldest_batch is not None
        return (now - found.oldest_batch) / 60_000

    office.ordered(draft())
    assert waits(20) == pytest.approx(20, abs=1)  # no worker to start it
    office.starting.start_due()
    assert waits() < 1  # none was tried yet
    office.work()
    assert waits() < 1 and waits(20) > 15  # spread; then nobody is there any more
