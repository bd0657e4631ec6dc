"""One wrong character in a long word, mended with the knowledge base's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.tokens import Token

_MENDABLE = re.compile("[\u4e00-\u9fff々ァ-ヺー]{3,8}")
_SHORTEST, _LONGEST = 3, 8
_SOLID = re.compile(f"[\u4e00-\u9fff々ァ-ヺー]{{0,{_LONGEST}}}")
_MOST_SUSPECTS = 24  # places looked at, so that a hostile text costs no more than a long one
_PARTICLES = ("助詞", "助動詞")
_NO_PLACE = ("補助記号", "助詞")  # after which no particle stands
FLICK_ROWS = (
    "アイウエオァィゥェォ",
    "カキクケコガギグゲゴ",
    "サシスセソザジズゼゾ",
    "タチツテトダヂヅデドッ",
    "ナニヌネノ",
    "ハヒフヘホバビブベボパピプペポ",
    "マミムメモ",
    "ヤユヨャュョ",
    "ラリルレロ",
    "ワヲンー",
)
_ROW = {kana: row for row, kanas in enumerate(FLICK_ROWS) for kana in kanas}


@dataclass(frozen=True)
class Repairer:
    """Known words by themselves with one character left open ("住*票" -> 住民票)."""

    patterns: Mapping[str, tuple[str, ...]]
    words: frozenset[str]

    def repair(self, text: str, suspects: Sequence[int]) -> str | None:
        """The text with its most certain wrong character mended, or None.

        The longest word that fits wins, then one a slip on the flick keyboard away.
        """
        best: tuple[int, bool, int, str] | None = None
        backwards = text[::-1]
        for place in suspects[:_MOST_SUSPECTS]:
            low = len(text) - _reach(backwards, len(text) - place, _LONGEST)
            high = _reach(text, place + 1, _LONGEST - 1)
            marked = f"{text[low:place]}*{text[place + 1 : high]}"
            for length in range(min(_LONGEST, high - low), _SHORTEST - 1, -1):
                if best and best[0] > length:
                    break
                for start in range(max(low, place - length + 1), min(place, high - length) + 1):
                    fitting = self.patterns.get(marked[start - low : start - low + length])
                    if fitting and text[start : start + length] not in self.words:
                        near, word = _nearest(fitting, place - start, text[place])
                        if best is None or (length, near) > best[:2]:
                            best = (length, near, start, word)
        if best is None:
            return None
        length, _, start, word = best
        return text[:start] + word + text[start + length :]


def _nearest(fitting: Sequence[str], wrong: int, typed: str) -> tuple[bool, str]:
    """The first word whose character at a place is of the same flick key as what was typed there.

    Where there is none the first of all, and False.
    """
    row = _ROW.get(typed, -1)
    near = [word for word in fitting if _ROW.get(word[wrong], -2) == row]
    return bool(near), (near or fitting)[0]


def _reach(text: str, place: int, most: int) -> int:
    """Where the kanji and katakana that begin at a place end, within `most`."""
    found = _SOLID.match(text, place, place + most)
    return found.end() if found else place


def build_repairer(words: Iterable[str]) -> Repairer:
    """A repairer for those of the words that are three to eight kanji or katakana long."""
    known = sorted({word for word in words if _MENDABLE.fullmatch(word)})
    patterns: dict[str, tuple[str, ...]] = {}
    for word in known:
        for place in range(len(word)):
            pattern = f"{word[:place]}*{word[place + 1 :]}"
            patterns[pattern] = (*patterns.get(pattern, ()), word)
    return Repairer(patterns, frozenset(known))


def suspects(tokens: Sequence[Token], known: Callable[[str], bool]) -> list[int]:
    """Places of characters in words that look mistyped: unknown, single, or a stray particle."""
    found: list[int] = []
    place = 0
    for number, token in enumerate(tokens):
        length = len(token.surface)
        if not token.known:
            wrong = True
        elif token.word is not None:
            wrong = (length == 1 and token.pos[0] != "接尾辞") or not known(token.word)
        else:
            wrong = token.pos[0] in _PARTICLES and _is_stray(tokens, number, known)
        if wrong:
            found.extend(range(place, place + length))
        place += length
    return found


def _is_stray(tokens: Sequence[Token], number: int, known: Callable[[str], bool]) -> bool:
    """A particle where none can stand, unless a known word follows it.

    In 「だけで保険証」 it is no slip for 被保険証.
    """
    if number:
        before = tokens[number - 1]
        if before.known and before.pos[0] not in _NO_PLACE:
            return False
    after = tokens[number + 1] if number + 1 < len(tokens) else None
    word = None if after is None or len(after.surface) < 2 else after.word
    return word is None or not known(word)
