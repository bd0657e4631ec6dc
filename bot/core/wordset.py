"""Many words looked for in a short text at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from operator import add


class Words:
    """Finds which of some words stand in a text, without looking for each of them."""

    def __init__(self, words: Iterable[str]) -> None:
        """Empty words are left out: they would stand in every text."""
        self._by_start: dict[str, list[str]] = {}
        for word in dict.fromkeys(filter(None, words)):
            self._by_start.setdefault(word[:2], []).append(word)
        self._starts = frozenset(self._by_start)
        self._any_short = any(len(start) == 1 for start in self._starts)

    def standing_in(self, text: str) -> set[str]:
        """Those that are a part of `text`."""
        starts = self._starts.intersection(map(add, text, text[1:]))
        if self._any_short:
            starts |= self._starts.intersection(text)
        return {word for start in starts for word in self._by_start[start] if word in text}

    def any_in(self, text: str) -> bool:
        """Whether one of them is a part of `text`."""
        return bool(self.standing_in(text))
