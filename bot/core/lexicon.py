"""Everyday words and the office words they mean: the staff-editable word list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add

from bot.core.text import fold, squeeze

_KATAKANA = re.compile("[ァ-ヺー]+")
_LATIN = re.compile("[a-z]+")

_NONE = (None, None)

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


@dataclass(frozen=True)
class Triggers:
    """Finds which lines of the word list fire on a text, in time linear in the text."""

    by_start: dict[str, tuple[tuple[str, int], ...]]

    def find(self, squeezed: str) -> dict[int, str]:
        """The numbers of the lines that fire, each with the longest words that made it fire."""
        hits: dict[int, str] = {}
        beginning = self.by_start.get
        pairs = map(beginning, map(add, squeezed, squeezed[1:] + " "))
        for start, found in enumerate(zip(pairs, map(beginning, squeezed), strict=True)):
            if found == _NONE:  # most places begin no word
                continue
            for words, line in chain(found[0] or (), found[1] or ()):
                if (
                    squeezed.startswith(words, start)
                    and len(words) > len(hits.get(line, ""))
                    and _stands_alone(squeezed, start, words)
                ):
                    hits[line] = words
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
    by_start: dict[str, list[tuple[str, int]]] = {}
    for number, (left, right, both) in enumerate(lines):
        for word in dict.fromkeys((*left, *right) if both else left):
            folded = squeeze(fold(word))
            if folded:
                by_start.setdefault(folded[:2], []).append((folded, number))
    return Triggers({start: tuple(found) for start, found in by_start.items()})
