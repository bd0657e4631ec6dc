"""How phrases sound, by number: grams of two and three sounds, looked up all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
_NONE = -1


def _alphabet() -> bytes:
    """A code for the lower byte of each character that a sound is made of; 0 for all others.

    These are `terms.spoken`'s, digits, Latin letters and katakana, and the marks of start and end:
    no two of them share their lower byte.
    """
    letters = "^$0123456789abcdefghijklmnopqrstuvwxyzー" + "".join(map(chr, range(0x30A1, 0x30FB)))
    codes = {ord(letter) & 0xFF: code for code, letter in enumerate(letters, 1)}
    return bytes(codes.get(byte, 0) for byte in range(256))


_CODES = _alphabet()
_SIZE = max(_CODES) + 1


@dataclass(frozen=True, eq=False)
class Sounds:
    """The numbers of `p:` terms, in tables instead of by name.

    A question has some fifty such grams; looking up each as a text waits for memory several times.
    """

    pairs: Ints  # for each two codes the gram's number
    rows: Ints  # for each two codes where `triples` goes on with the third
    triples: Ints

    def find(self, sound: str) -> tuple[int, ...]:
        """The numbers of the known grams of `terms.sound_grams`, each once."""
        codes = _coded(f"^{sound}$")
        pairs = codes[:-1] * _SIZE
        pairs += codes[1:]
        triples = self.rows.take(pairs[:-1])
        triples += codes[2:]
        found = np.concatenate((self.pairs.take(pairs), self.triples.take(triples)))
        numbers = dict.fromkeys(found.tolist())
        numbers.pop(_NONE, None)
        return tuple(numbers)


def _coded(text: str) -> Ints:
    lower = text.encode("utf-16-le", "surrogatepass")[::2].translate(_CODES)
    return np.frombuffer(lower, np.uint8).astype(np.int32)


def sounds_of(grams: Mapping[str, int]) -> Sounds:
    """The tables over grams of two or three sounds (without namespace) and their numbers."""
    codes = _coded("".join(grams))
    lengths = np.fromiter(map(len, grams), np.intp, len(grams))
    numbers = np.fromiter(grams.values(), np.int32, len(grams))
    begins = np.cumsum(lengths) - lengths
    beginnings = codes[begins] * _SIZE + codes[begins + 1] if len(grams) else begins
    long = lengths == 3
    used, row = np.unique(beginnings[long], return_inverse=True)
    pairs = np.full(_SIZE * _SIZE, _NONE, np.int32)
    pairs[beginnings[~long]] = numbers[~long]
    rows = np.zeros(_SIZE * _SIZE, np.int32)  # the first row is of pairs that nothing follows
    rows[used] = np.arange(1, len(used) + 1) * _SIZE
    triples = np.full((len(used) + 1) * _SIZE, _NONE, np.int32)
    triples[(row + 1) * _SIZE + codes[begins[long] + 2]] = numbers[long]
    return Sounds(pairs, rows, triples)
