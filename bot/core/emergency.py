"""Recognise danger in a message, in any wording, without crying wolf."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.core.knowledge import Emergency
from bot.core.text import fold, hiragana

_BLANKS = re.compile(r"[\s・、,]+")


def find_emergencies(text: str, emergencies: Iterable[Emergency]) -> list[Emergency]:
    """The emergencies whose signs stand in `text`, in the order given.

    A sign is an AND of blank-separated groups, each a `|` list of alternatives, looked for as
    substrings of the text without blanks, in hiragana, in lower case. The words of `calm` are
    taken out first, longest first, so that 火事の保険 raises no alarm and 火事で罹災証明 does.
    """
    plain = _plain(text)
    return [each for each in emergencies if plain and _signs(each.signs, each.calm).stand_in(plain)]


@dataclass(frozen=True)
class _Signs:
    """Signs and calm words in the spelling in which they are looked for."""

    calm: re.Pattern[str] | None
    words: re.Pattern[str] | None  # the signs of one group, which are most
    groups: tuple[tuple[tuple[str, ...], ...], ...]

    def stand_in(self, plain: str) -> bool:
        """Whether any sign is left in `plain` without its calm words."""
        if self.calm is not None:
            plain = self.calm.sub("\n", plain)
        if self.words is not None and self.words.search(plain):
            return True
        return any(
            all(any(word in plain for word in group) for group in sign) for sign in self.groups
        )


@lru_cache(maxsize=256)  # a message must not wait for hundreds of words to be folded
def _signs(signs: tuple[str, ...], calm: tuple[str, ...]) -> _Signs:
    read = [tuple(map(_alternatives, fold(sign).split())) for sign in signs]
    whole = [sign for sign in read if sign and all(sign)]
    single = [word for sign in whole if len(sign) == 1 for word in sign[0]]
    groups = tuple(sign for sign in whole if len(sign) > 1)
    return _Signs(_any_of(map(_plain, calm)), _any_of(single), groups)


def _alternatives(group: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_plain, group.split("|"))))


def _any_of(words: Iterable[str]) -> re.Pattern[str] | None:
    """Matches any of the words, the longest where several begin."""
    found = sorted(set(filter(None, words)), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, found))) if found else None


def _plain(text: str) -> str:
    return _BLANKS.sub("", hiragana(fold(text)))
