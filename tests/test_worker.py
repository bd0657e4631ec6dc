"""The worker's threads, with a real database; LINE is a fake that can be held up."""

import threading
import time
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.core.ports import Answerer
from bot.errors import StoreError
from bot.line.events import parse_event
from bot.services.keeping import Keeper
from bot.services.replying import Replying
from bot.services.retention import Housekeeping
from bot.worker import Pace, ReplyWorker
from tests.services.builders import (
    HANAKO,
    Echo,
    FakeClock,
    FakeLine,
    deliver,
    receiver,
    text_event,
)
from tests.store.builders import statuses


def now():
    return datetime.now(UTC)


class HeldLine(FakeLine):
    """Lets replies through only when told to, except those to tokens in `free`."""

    def __init__(self, *free):
        super().__init__()
        self.free = free
        self.reached, self.open = threading.Event(), threading.Event()

    def reply(self, reply_token, messages):
        self.reached.set()
        if reply_token not in self.free:
            assert self.open.wait(20)
        super().reply(reply_token, messages)


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def start(db, line, **changes):
    worker = ReplyWorker(Replying(db, Echo(), line, parse_event, now), **changes)
    worker.start()
    return worker, receiver(db, now, wake=worker.wake)


def test_events_are_answered_as_they_come(db):
    line = FakeLine()
    worker, door = start(db, line)
    for n in range(40):
        deliver(door, text_event(f"{n}", who=f"U{n % 7:032x}"))
    until(lambda: len(line.sent) == 40)
    worker.stop()
    assert set(statuses(db).values()) == {"replied"}
    by_resident = [
        [int(m[0]["text"]) for _, m in line.sent if int(m[0]["text"]) % 7 == r] for r in range(7)
    ]
    assert all(numbers == sorted(numbers) for numbers in by_resident)


class Aside(Answerer):
    """Decides when told to `send`, and only then, as another process would."""

    def __init__(self):
        self._begun, self._echo, self.most = [], Echo(), 0

    def begin(self, event, state, now):
        answered = []
        self._begun.append(lambda: answered.append(self._echo.answer(event, state, now)))
        return lambda: answered[0]

    def send(self):
        self.most = max(self.most, len(self._begun))
        for decide in self._begun:
            decide()
        self._begun.clear()


@pytest.mark.parametrize("events", [3, 8, 30])
def test_what_another_process_decides_is_answered_whether_a_turn_is_full_or_not(db, events):
    line, aside = FakeLine(), Aside()
    door = receiver(db, now)
    for n in range(events):
        deliver(door, text_event(f"{n}", who=f"U{n:032x}"))
    worker = ReplyWorker(Replying(db, aside, line, parse_event, now), send=aside.send, batch=4)
    worker.start()
    until(lambda: len(line.sent) == events)
    worker.stop()
    assert sorted(int(messages[0]["text"]) for _, messages in line.sent) == list(range(events))
    assert set(statuses(db).values()) == {"replied"}
    assert aside.most <= 4


def test_a_slow_reply_holds_up_nobody_else(db):
    line = HeldLine("token-b")
    worker, door = start(db, line)
    deliver(door, text_event(event_id="a"), text_event(who=HANAKO, event_id="b"))
    until(lambda: statuses(db) == {"a": "decided", "b": "replied"})
    line.open.set()
    until(lambda: statuses(db)["a"] == "replied")
    worker.stop()


def test_replies_to_a_slow_line_leave_side_by_side(db):
    class Together(FakeLine):
        """Answers nobody before ten ask."""

        asking = threading.Barrier(10)

        def reply(self, reply_token, messages):
            self.asking.wait(20)
            super().reply(reply_token, messages)

    line = Together()
    worker, door = start(db, line)
    for n in range(10):
        deliver(door, text_event(f"{n}", who=f"U{n:032x}"))
    until(lambda: len(line.sent) == 10)
    worker.stop()
    assert set(statuses(db).values()) == {"replied"}


def test_stopping_finishes_what_is_at_line_and_leaves_the_rest(db):
    line = HeldLine()
    worker, door = start(db, line)
    deliver(door, text_event(event_id="a"))
    assert line.reached.wait(20)
    deliver(door, text_event(event_id="next"))  # waits behind the first
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    line.open.set()
    stopper.join(20)
    assert not worker.alive()
    assert statuses(db) == {"a": "replied", "next": "waiting"}


def test_what_an_earlier_process_left_is_answered_at_the_start(db):
    deliver(receiver(db, now), text_event(event_id="a"))
    line = FakeLine()
    gone = Replying(db, Echo(), line, parse_event, now, lease_ms=100)
    gone.turn([], [], 8)  # claimed, then killed
    worker, _ = start(db, line)
    until(lambda: statuses(db) == {"a": "replied"})
    worker.stop()
    assert [token for token, _ in line.sent] == ["token-a"]


def test_a_database_that_fails_for_a_while_loses_and_doubles_nothing(db, monkeypatch):
    line = FakeLine()
    replying = Replying(db, Echo(), line, parse_event, now)
    turn, failures = replying.turn, iter([False, True, True])

    def failing(done, sent, room, **changes):
        if done and next(failures, False):
            raise StoreError("voll")
        return turn(done, sent, room, **changes)

    monkeypatch.setattr(replying, "turn", failing)
    monkeypatch.setattr("bot.worker._STORE_PAUSE_SECONDS", 0.01)
    worker = ReplyWorker(replying)
    worker.start()
    door = receiver(db, now, wake=worker.wake)
    deliver(door, text_event("一"))
    until(lambda: len(line.sent) == 1)
    deliver(door, text_event("二"))
    until(lambda: set(statuses(db).values()) == {"replied"})
    worker.stop()
    assert [messages[0]["text"] for _, messages in line.sent] == ["一", "二"]


def test_no_thread_to_be_had_for_a_moment_does_not_end_the_answering(db, monkeypatch, caplog):
    failures = iter([RuntimeError("can't start new thread")])

    def send():
        for error in failures:
            raise error

    monkeypatch.setattr("bot.worker._STORE_PAUSE_SECONDS", 0.01)
    line = FakeLine()
    replying = Replying(db, Echo(), line, parse_event, now, lease_ms=200)
    worker = ReplyWorker(replying, send=send, look_seconds=0.02)
    worker.start()
    deliver(receiver(db, now, wake=worker.wake), text_event(event_id="a"))
    until(lambda: statuses(db) == {"a": "replied"})
    assert worker.alive() and "worker failed" in caplog.text
    worker.stop()


def test_a_worker_that_is_not_running_is_not_alive(db):
    worker = ReplyWorker(Replying(db, Echo(), FakeLine(), parse_event, now))
    assert not worker.alive()
    worker.start()
    assert worker.alive()
    worker.stop()
    assert not worker.alive()


def test_stopping_a_worker_that_never_ran_does_nothing(db):
    ReplyWorker(
        Replying(db, Echo(), FakeLine(), parse_event, now), housekeeping=[lambda: None]
    ).stop()


def test_housekeeping_goes_on_after_a_failure(monkeypatch, caplog):
    monkeypatch.setattr("bot.services.keeping.PAUSE_SECONDS", 0.01)
    calls, enough = [], threading.Event()

    def task():
        calls.append(1)
        if len(calls) == 3:
            enough.set()
        raise StoreError("ひみつ")

    keeper = Keeper(task)
    keeper.start()
    assert enough.wait(20)
    keeper.stop()
    assert "housekeeping failed" in caplog.text and "ひみつ" not in caplog.text


def test_a_task_that_fails_keeps_no_other_from_being_done():
    done = threading.Event()

    def broken():
        raise StoreError("ひみつ")

    keeper = Keeper(broken, done.set)
    keeper.start()
    assert done.wait(20)
    keeper.stop()


def test_a_thread_that_was_not_to_be_had_is_asked_for_again(db, monkeypatch):
    begin, failed = threading.Thread.start, []

    def begin_later(thread):
        if thread.name.startswith("sender-") and len(failed) < 3:
            failed.append(thread)
            raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", begin_later)
    line = FakeLine()
    worker, door = start(db, line)
    deliver(door, text_event(event_id="a"))
    until(lambda: line.sent)
    worker.stop()
    assert len(failed) == 3 and statuses(db) == {"a": "replied"}


def test_an_idle_worker_turns_at_once_and_a_busy_one_at_its_pace():
    pace = Pace(seconds=0.01, burst=2)
    assert [pace.pause(5.0) for _ in range(2)] == [0.0, 0.0]
    assert pace.pause(5.0) == pytest.approx(0.01)
    assert pace.pause(5.01) == pytest.approx(0.01)
    assert pace.pause(6.0) == 0.0


def test_one_worker_serves_several_accounts_each_with_its_own_line(db):
    lines = {"a": FakeLine(), "b": FakeLine()}
    worker = ReplyWorker(
        *[Replying(db, Echo(), lines[a], parse_event, now, account=a) for a in lines]
    )
    worker.start()
    for account in lines:
        door = receiver(db, now, account=account, wake=partial(worker.wake, account))
        for n in range(10):
            deliver(door, text_event(f"{account}{n}", event_id=f"{n}"))
    until(lambda: all(len(line.sent) == 10 for line in lines.values()))
    worker.stop()
    for account, line in lines.items():
        assert [m[0]["text"] for _, m in line.sent] == [f"{account}{n}" for n in range(10)]


def test_an_account_whose_line_is_slow_holds_up_no_other(db):
    held, quick = HeldLine(), FakeLine()
    worker = ReplyWorker(
        Replying(db, Echo(), held, parse_event, now, account="slow"),
        Replying(db, Echo(), quick, parse_event, now),
        senders=4,
    )
    worker.start()
    slow = receiver(db, now, account="slow", wake=partial(worker.wake, "slow"))
    deliver(slow, *[text_event(who=f"U{n:032x}") for n in range(3)])
    assert held.reached.wait(20)
    deliver(receiver(db, now, wake=worker.wake), text_event())
    until(lambda: len(quick.sent) == 1)
    held.open.set()
    until(lambda: len(held.sent) == 3)
    worker.stop()


def test_what_other_processes_took_in_is_found_without_being_told(db):
    line = FakeLine()
    worker = ReplyWorker(Replying(db, Echo(), line, parse_event, now), look_seconds=0.02)
    worker.start()
    time.sleep(0.1)  # it has looked once and rests
    deliver(receiver(db, now), text_event())
    until(lambda: len(line.sent) == 1)
    worker.stop()


def test_two_workers_keep_the_order_of_each_resident(db):
    line = FakeLine()
    workers = [
        ReplyWorker(Replying(db, Echo(), line, parse_event, now), look_seconds=0.02)
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    door = receiver(db, now)
    for n in range(30):
        deliver(door, text_event(f"{n}", who=f"U{n % 3:032x}"))
    until(lambda: len(line.sent) == 30)
    for worker in workers:
        worker.stop()
    for resident in range(3):
        said = [int(m[0]["text"]) for _, m in line.sent if int(m[0]["text"]) % 3 == resident]
        assert said == sorted(said)


def test_scheduled_work_is_done_by_one_of_many(db):
    done = []
    clock = FakeClock()
    keepers = [Housekeeping(db, clock) for _ in range(3)]
    for keeping in keepers:
        keeping.purge = done.append
    for keeping in keepers:
        keeping()
    assert len(done) == 1
    clock.advance(3600)
    for keeping in keepers:
        keeping()
    assert len(done) == 1
    clock.advance(6 * 3600)
    for keeping in keepers:
        keeping()
    assert len(done) == 2


def test_scheduled_work_whose_process_died_over_it_is_taken_up_by_another(db):
    clock, done = FakeClock(), []

    def die(_now):
        raise RuntimeError

    dying, other = Housekeeping(db, clock), Housekeeping(db, clock)
    dying.purge, other.purge = die, done.append
    with pytest.raises(RuntimeError):
        dying()
    other()
    assert done == []
    clock.advance(601)
    other()
    assert len(done) == 1


def test_a_clock_set_back_does_not_put_scheduled_work_off_for_long(db):
    clock, done = FakeClock(), []
    keeping = Housekeeping(db, clock)
    keeping.purge = done.append
    keeping()
    clock.advance(-30 * 86400)
    keeping()
    assert len(done) == 2
