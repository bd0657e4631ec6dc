"""What several threads hand in at the same moment is done at once, by one of them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class _Turn(Generic[T, R]):
    """One thread's item; it sleeps on `woken` until it is done or the next to do them."""

    __slots__ = ("done", "error", "item", "result", "woken")

    def __init__(self, item: T) -> None:
        self.item = item
        self.done = False
        self.result: R | None = None
        self.error: BaseException | None = None
        # A bare lock: much cheaper than threading.Event, and there is one waiter.
        self.woken = threading.Lock()
        self.woken.acquire()


class Gathering(Generic[T, R]):
    """Hands items to `do` in the order they came, all that wait in one call, one call at a time."""

    def __init__(self, do: Callable[[list[T]], R]) -> None:
        self._do = do
        self._lock = threading.Lock()
        self._waiting: deque[_Turn[T, R]] = deque()
        self._busy = False

    def hand_in(self, item: T) -> R:
        """What the call returned in which `item` was; its exception is that of all in it."""
        turn: _Turn[T, R] = _Turn(item)
        with self._lock:
            self._waiting.append(turn)
            first, self._busy = not self._busy, True
        if not first:
            turn.woken.acquire()
        if not turn.done:
            self._lead()
        if turn.error is not None:
            raise turn.error
        return turn.result  # type: ignore[return-value]  # set with `done`

    def _lead(self) -> None:
        """Do what waits, our own item the first of it, and let the next thread do the rest."""
        with self._lock:
            turns, self._waiting = self._waiting, deque()
        result: R | None = None
        error: BaseException | None = None
        try:
            result = self._do([turn.item for turn in turns])
        except BaseException as raised:
            error = raised
        with self._lock:
            if self._waiting:
                self._waiting[0].woken.release()
            else:
                self._busy = False
        for turn in turns:
            turn.result, turn.error, turn.done = result, error, True
            turn.woken.release()
