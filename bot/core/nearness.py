"""Which of several phrases is most like a text, letter by letter."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process

from bot.core.text import fold, squeeze

NEAR_DUPLICATE = 90.0  # 0..100: with this much in common two phrases are one


def plain(text: str) -> str:
    """The text in the spelling in which it is compared."""
    return squeeze(fold(text))


def closest(text: str, phrases: Sequence[str], *, least: float = 0.0) -> int | None:
    """The place of the phrase most like `text` (both from `plain`); None below `least`."""
    best = process.extractOne(text, phrases, scorer=fuzz.ratio, score_cutoff=least)
    return None if best is None else int(best[2])


def likeness(one: str, other: str) -> float:
    """How much two texts (from `plain`) have in common, 0..100, in whatever order."""
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other))
