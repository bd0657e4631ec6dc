"""One wrong kana in a message typed in kana, mended with the knowledge base's own words."""

from __future__ import annotations

from bot.core.kana import KanaDecoder, Reading
from bot.core.repair import FLICK_ROWS
from bot.core.romaji import SYLLABLES, slipped
from bot.core.text import hiragana, katakana

_SHORTEST, _LONGEST = 4, 10  # kana of a word that may mend
_MOST = 60  # kana looked at, so that a hostile text costs no more than a long question
_SLIP = 4.0  # how much less a reading must cost with the kana mended


def mended_kana(decoder: KanaDecoder, reading: Reading) -> Reading | None:
    """What is read with one kana mended, or None where that is not likelier by far.

    A kana counts as mistyped where another of its flick key, or of a key beside its letter's on a
    romaji keyboard, makes a known word; the longest such word is tried.
    """
    words, longest = decoder.words, decoder.longest
    sound = katakana(reading.typed)
    length, mended = _SHORTEST - 1, ""
    for place in reading.loose[:_MOST]:
        earlier = _reaching(decoder, sound, place, length)
        for other in _INSTEAD.get(sound[place], ()):
            text = sound[:place] + other + sound[place + 1 :]
            ways = [
                (start, longest.get(text[start : start + 2], 0)) for start in (place - 1, place)
            ]
            for start, farthest in (*earlier, *ways):
                for size in range(farthest, max(length, place - start), -1):
                    if start >= 0 and text[start : start + size] in words:
                        length, mended = size, text
                        break
    if not mended:
        return None
    again = decoder.read(hiragana(mended), reading.romaji)
    return again if again.cost + _SLIP <= reading.cost else None


def _reaching(decoder: KanaDecoder, sound: str, place: int, known: int) -> list[tuple[int, int]]:
    """Where words longer than `known` may begin that hold the place, and how long they can be."""
    found = []
    for start in range(max(0, place - _LONGEST + 1), place - 1):
        # Few pairs of kana begin a word that reaches so far.
        farthest = decoder.longest.get(sound[start : start + 2], 0)
        if farthest > known and farthest > place - start:
            found.append((start, farthest))
    return found


def _instead() -> dict[str, tuple[str, ...]]:
    """For each katakana what may have been meant by it."""
    found: dict[str, dict[str, None]] = {}
    for row in FLICK_ROWS:
        for kana in row:
            found.setdefault(kana, {}).update(dict.fromkeys(row.replace(kana, "")))
    for syllable in SYLLABLES:
        # A syllable with a small kana keeps it: only what stands before it is another.
        same = (other for other in slipped(syllable) if other[1:] == syllable[1:])
        firsts = [katakana(other[0]) for other in same]
        found.setdefault(katakana(syllable[0]), {}).update(dict.fromkeys(firsts))
    return {kana: tuple(others) for kana, others in found.items()}


_INSTEAD = _instead()
