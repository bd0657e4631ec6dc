"""The terms of an index by number, as questions look them up and as a rebuild needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.core.sounds import Sounds, sounds_of
from bot.core.terms import GRAM, PHRASE, WORD

LOOKED_UP = (WORD, GRAM, PHRASE)


@dataclass(frozen=True, eq=False)
class Terms:
    """Numbers of the terms that a question can ask for, without their namespaces.

    Of each kind those that some document holds; `bare` are words that none holds (the word list's,
    which may mean something all the same, and an earlier index's). A table for each, since a question looks up a hundred terms and waits
    for memory. `listed` has every term with its namespace in the order of numbers, in UTF-8 with
    zero bytes between.
    """

    words: Mapping[str, int]
    grams: Mapping[str, int]
    sounds: Sounds
    bare: Mapping[str, int]
    listed: NDArray[np.uint8]

    def knows(self, word: str) -> bool:
        """Whether the word stands anywhere, be it only in the word list."""
        return word in self.words or word in self.bare

    def word(self, word: str) -> int | None:
        """The number of a word, held by a document or not."""
        number = self.words.get(word)
        return self.bare.get(word) if number is None else number

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Every term (with its namespace) and its number; read only for explaining and rebuilding."""
        parts = self.listed.tobytes().decode("utf-8", "surrogatepass")
        return {term: place for place, term in enumerate(parts.split("\0"))} if parts else {}


def terms_of(vocabulary: Mapping[str, int], held: NDArray[np.bool_]) -> Terms:
    """The tables over a vocabulary; `held` says of each term whether a document holds it."""
    tables: dict[str, dict[str, int]] = {space: {} for space in LOOKED_UP}
    bare: dict[str, int] = {}
    for (term, number), is_held in zip(vocabulary.items(), held.tolist(), strict=True):
        table = tables.get(term[:2])
        if table is None:
            continue
        if is_held:
            table[term[2:]] = number
        elif term.startswith(WORD):
            bare[term[2:]] = number
    words, grams, sounds = tables.values()
    return Terms(words, grams, sounds_of(sounds), bare, _listed(vocabulary))


def _listed(vocabulary: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\0".join(vocabulary).encode("utf-8", "surrogatepass"), np.uint8)
