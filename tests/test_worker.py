"""The worker's threads, with a real database; LINE is a fake that can be held up."""

import threading
import time
from datetime import UTC, datetime

import pytest

from bot.errors import StoreError
from bot.line.client import CONNECTIONS
from bot.line.events import parse_event
from bot.services.replying import Replying
from bot.worker import SENDERS, Keeper, Pace, ReplyWorker
from tests.services.builders import HANAKO, Echo, FakeLine, deliver, receiver, text_event
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


def test_a_slow_reply_holds_up_nobody_else(db):
    line = HeldLine("token-b")
    worker, door = start(db, line)
    deliver(door, text_event(event_id="a"), text_event(who=HANAKO, event_id="b"))
    until(lambda: statuses(db) == {"a": "decided", "b": "replied"})
    line.open.set()
    until(lambda: statuses(db)["a"] == "replied")
    worker.stop()


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


def test_a_worker_that_is_not_running_is_not_alive(db):
    worker = ReplyWorker(Replying(db, Echo(), FakeLine(), parse_event, now))
    assert not worker.alive()
    worker.start()
    assert worker.alive()
    worker.stop()
    assert not worker.alive()


def test_stopping_a_worker_that_never_ran_does_nothing(db):
    ReplyWorker(
        Replying(db, Echo(), FakeLine(), parse_event, now), housekeeping=lambda: None
    ).stop()


def test_housekeeping_goes_on_after_a_failure(monkeypatch, caplog):
    monkeypatch.setattr("bot.worker.HOUSEKEEPING_SECONDS", 0.01)
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


def test_an_idle_worker_turns_at_once_and_a_busy_one_at_its_pace():
    pace = Pace(seconds=0.01, burst=2)
    assert [pace.pause(5.0) for _ in range(2)] == [0.0, 0.0]
    assert pace.pause(5.0) == pytest.approx(0.01)
    assert pace.pause(5.01) == pytest.approx(0.01)
    assert pace.pause(6.0) == 0.0


def test_every_sender_has_a_connection_to_keep():
    assert SENDERS <= CONNECTIONS
