"""Everyday words and the office words they mean: the staff-editable word list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add

from bot.core.text import fold, squeeze

_KATAKANA = re.compile("[ァ-ヺー]+")
_LATIN = re.compile("[a-z]+")

Line = tuple[tuple[str, ...], tuple[str, ...], bool]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line of the word list, in Japanese; `line` counts from 1."""

    line: int
    text: str


def parse_lexicon(text: str) -> tuple[tuple[Line, ...], tuple[Problem, ...]]:
    """The word list's lines as (left words, right words, both ways), and every problem found.

    A line is `left,words<TAB>=><TAB>right,words`; `==` works both ways; `#` opens a comment.
    """
    lines: list[Line] = []
    problems: list[Problem] = []
    seen: dict[Line, int] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith("#"):
            continue
        line, problem = _parse_line(raw)
        if line is None:
            problems.append(Problem(number, problem))
        elif line in seen:
            problems.append(
                Problem(number, f"{seen[line]}行目と同じ内容です。どちらか一方を消してください。")
            )
        else:
            seen[line] = number
            lines.append(line)
    return tuple(lines), tuple(problems)


def _parse_line(raw: str) -> tuple[Line | None, str]:
    parts = [part.strip() for part in raw.split("\t") if part.strip()]
    if len(parts) != 3 or parts[1] not in ("=>", "=="):
        return None, (
            "「ふだんの言葉（タブ）=>（タブ）役所の言葉」の形で書いてください。"
            "間はタブ、向きは半角の => か == です。"
        )
    left, right = (_words(parts[0]), _words(parts[2]))
    if not left or not right:
        return None, "左と右に、1つ以上の言葉を書いてください。"
    if len(set(left)) < len(left) or len(set(right)) < len(right):
        return None, "同じ言葉が2回書かれています。1つにしてください。"
    return (left, right, parts[1] == "=="), ""


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word for part in cell.replace("、", ",").split(",") if (word := part.strip()))


_Found = tuple[
    str, tuple[int, ...], bool
]  # folded words, their lines, whether they must stand alone


@dataclass(frozen=True)
class Triggers:
    """Finds which lines of the word list fire on a text, in time linear in the text.

    `by_start` has words by their first two characters, `single` those of one character.
    """

    by_start: dict[str, tuple[_Found, ...]]
    single: dict[str, tuple[int, ...]]

    def find(self, squeezed: str) -> dict[int, str]:
        """The numbers of the lines that fire, each with the longest words that made it fire."""
        hits: dict[int, str] = {}
        beginnings = map(self.by_start.get, map(add, squeezed, squeezed[1:]))
        for start, found in enumerate(beginnings):
            if found is None:  # most places begin no word
                continue
            for words, lines, alone in found:
                if not squeezed.startswith(words, start):
                    continue
                if alone and not _stands_alone(squeezed, start, words):
                    continue
                for line in lines:
                    if len(words) > len(hits.get(line, "")):
                        hits[line] = words
        if not self.single.keys().isdisjoint(squeezed):
            for char in filter(self.single.__contains__, squeezed):
                for line in self.single[char]:
                    hits.setdefault(line, char)
        return hits


def _stands_alone(text: str, start: int, words: str) -> bool:
    """Whether the place is no mere part of a longer word (ナンバー in マイナンバー, 本 in 本人)."""
    before, after = text[start - 1 : start], text[start + len(words) : start + len(words) + 1]
    if _KATAKANA.fullmatch(words):
        begins = not _KATAKANA.fullmatch(before)
        return begins and (len(words) > 3 or not _KATAKANA.fullmatch(after))
    if words.isascii():
        return not (_LATIN.fullmatch(before) or _LATIN.fullmatch(after))
    return True


def triggers(lines: Sequence[Line]) -> Triggers:
    """A finder for the lines' left words, and for the right words of lines that go both ways."""
    lines_of: dict[str, list[int]] = {}
    for number, (left, right, both) in enumerate(lines):
        for word in dict.fromkeys((*left, *right) if both else left):
            found = lines_of.setdefault(squeeze(fold(word)), [])
            if number not in found:
                found.append(number)
    by_start: dict[str, list[_Found]] = {}
    for word, numbers in lines_of.items():
        if len(word) > 1:
            alone = word.isascii() or _KATAKANA.fullmatch(word) is not None
            by_start.setdefault(word[:2], []).append((word, tuple(numbers), alone))
    return Triggers(
        {start: tuple(found) for start, found in by_start.items()},
        {word: tuple(numbers) for word, numbers in lines_of.items() if len(word) == 1},
    )
