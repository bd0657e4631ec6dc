"""Text lengths as LINE counts them, and cutting to them: UTF-16 units and grapheme clusters.

The cluster rule is our own and short. It joins combining marks, variation selectors, emoji
modifiers, zero-width-joiner emoji, flags, half-width voicing marks and CR LF. It does not join
Indic vowel signs, Thai and Lao vowels, conjoining Hangul letters or prepended signs: those count
one by one, so a length is never less than Unicode's (UAX #29) and a text that fits here fits LINE.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice

ELLIPSIS = "…"
_JOINER = "\u200d"
_VOICING = "\uff9e\uff9f"
# Emoji that take part in joined sequences without being wide; all others that do are wide.
_NARROW_EMOJI = frozenset("↔↕⚕⚖✈⚧⛓⛹❤♀♂➡⬛🏳👁🗨🕵🏋🏌🌫")
_SKIN_TONES = frozenset("🏻🏼🏽🏾🏿")


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units: a rare kanji or an emoji counts two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def grapheme_len(text: str) -> int:
    """Number of grapheme clusters, never fewer than Unicode's rule gives."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return sum(1 for _ in clusters(text))


def cut_utf16(text: str, limit: int) -> str:
    """`text` if it fits, else as many whole clusters as fit with 「…」 within `limit` units."""
    if utf16_len(text) <= limit:
        return text
    return _cut(text, limit, utf16_len)


def cut_graphemes(text: str, limit: int) -> str:
    """`text` if it fits, else its first `limit - 1` clusters and 「…」."""
    if len(text) <= limit or sum(1 for _ in islice(clusters(text), limit + 1)) <= limit:
        return text
    return _cut(text, limit, lambda _: 1)


def clusters(text: str) -> Iterator[str]:
    """The grapheme clusters of `text` in order; joined they are `text` again."""
    start = 0
    for at in range(1, len(text)):
        if not _joins(text, start, at):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _cut(text: str, limit: int, size: Callable[[str], int]) -> str:
    if limit < 1:
        return ""
    room, kept = limit - 1, ""
    for cluster in clusters(text):
        room -= size(cluster)
        if room < 0:
            break
        kept += cluster
    return kept + ELLIPSIS


def _joins(text: str, start: int, at: int) -> bool:
    """Whether the character at `at` belongs to the cluster that began at `start`."""
    char, previous = text[at], text[at - 1]
    if char.isascii():
        return char == "\n" and previous == "\r"
    if _is_control(previous):
        return False
    if _extends(char):
        return True
    if previous == _JOINER:
        before = text[start : at - 1].rpartition(_JOINER)[2]
        return _is_emoji(before[:1]) and _is_emoji(char)
    return at == start + 1 and _is_flag_half(previous) and _is_flag_half(char)


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Mn", "Me")
        or char in _VOICING
        or "\u200c" <= char <= _JOINER
        or char in _SKIN_TONES
        or "\U000e0020" <= char <= "\U000e007f"  # tags of regional flags
    )


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cn", "Cs", "Zl", "Zp") and not _extends(char)


def _is_emoji(char: str) -> bool:
    if char in _NARROW_EMOJI:
        return True
    in_block = "\U0001f300" <= char <= "\U0001faff" and char not in _SKIN_TONES
    return in_block and unicodedata.east_asian_width(char) == "W"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
