"""What several threads hand in at the same moment is done at once, by one of them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.services.gathering import Gathering


class Door:
    """A `do` that can be held up; `calls` are the items of each call."""

    def __init__(self):
        self.calls, self.open = [], threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, items):
        self.calls.append(list(items))
        self.entered.release()
        assert self.open.wait(20)
        if "bad" in items:
            raise ValueError("bad")
        return len(self.calls)


def waiting(gathering, count):
    """Returns when `count` items wait for the call that runs."""
    pause = threading.Event()
    while len(gathering._waiting) < count:
        pause.wait(0.001)


@pytest.fixture
def door():
    return Door()


def handed_in(door, *items):
    """The calls' results in the order of `items`; the first's call runs while the others come."""
    gathering = Gathering(door)
    with ThreadPoolExecutor(len(items)) as threads:
        results = [threads.submit(gathering.hand_in, items[0])]
        assert door.entered.acquire(timeout=20)
        for number, item in enumerate(items[1:], 1):
            results.append(threads.submit(gathering.hand_in, item))
            waiting(gathering, number)
        door.open.set()
        return [result.exception(20) or result.result() for result in results]


def test_what_comes_while_a_call_runs_goes_together_in_the_next(door):
    assert handed_in(door, "a", "b", "c", "d") == [1, 2, 2, 2]
    assert door.calls == [["a"], ["b", "c", "d"]]


def test_a_failure_is_everyones_in_its_call_and_nobody_elses(door):
    first, second, third = handed_in(door, "a", "bad", "c")
    assert first == 1 and isinstance(second, ValueError) and isinstance(third, ValueError)
    gathering = Gathering(door)
    with pytest.raises(ValueError, match="bad"):
        gathering.hand_in("bad")
    assert gathering.hand_in("later") == 4


def test_many_threads_lose_and_double_nothing():
    done, lock = [], threading.Lock()

    def do(items):
        assert lock.acquire(blocking=False), "two calls at a time"
        done.extend(items)
        lock.release()
        return set(items)

    gathering = Gathering(do)

    def hand_in(first):
        for number in range(first, first + 200):
            assert number in gathering.hand_in(number)

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(hand_in, start * 1000) for start in range(8)]:
            future.result(60)
    assert sorted(done) == [start * 1000 + n for start in range(8) for n in range(200)]
