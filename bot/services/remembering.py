"""Remembers rankings: in a storm a whole city asks the same thing in the same words."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from bot.core.documents import Ranking

MOST = 1000  # about 2 MiB
_LONGEST = 100  # characters; who writes more writes it once


class Remembering:
    """The same as `rank`, at once for a message that was ranked lately. For one index; threads
    may share it. Keeps digests of messages, no words."""

    def __init__(self, rank: Callable[[str], Ranking], most: int = MOST) -> None:
        self._rank = rank
        self._most = most
        self._known: OrderedDict[bytes, Ranking] = OrderedDict()
        self._lock = Lock()

    def __call__(self, text: str) -> Ranking:
        """`rank(text)`."""
        if len(text) > _LONGEST:
            return self._rank(text)
        key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
        ranking = self._rank(text)
        with self._lock:
            self._known[key] = ranking
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return ranking
