"""Which answers helped, and which of two or three residents chose: as staff may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.reactions import SOLVED, UNSOLVED
from bot.store.reactions import Choice

FEW = 5  # groups smaller than this are hidden: they could be somebody


@dataclass(frozen=True)
class Verdicts:
    """What residents said of one thing: it helped, it did not."""

    item: str
    solved: int
    unsolved: int

    @property
    def count(self) -> int:
        """How many said anything."""
        return self.solved + self.unsolved

    @property
    def percent(self) -> int:
        """How many of a hundred it helped."""
        return round(100 * self.solved / self.count) if self.count else 0


def verdicts(item: str, counted: Mapping[str, int]) -> Verdicts:
    """From the counts by kind."""
    return Verdicts(item, counted.get(SOLVED, 0), counted.get(UNSOLVED, 0))


def least_helpful(by_item: Mapping[str, Counter[str]]) -> tuple[list[Verdicts], int]:
    """Answers that at least `FEW` told about, the least helpful first; and how many are hidden."""
    every = [verdicts(item, counted) for item, counted in by_item.items()]
    shown = [each for each in every if each.count >= FEW]
    shown.sort(key=lambda v: (v.solved / v.count, -v.count, v.item))
    return shown, len(every) - len(shown)


def shown_choices(choices: Sequence[Choice]) -> list[Choice]:
    """Offers that at least `FEW` chose from."""
    return [each for each in choices if each.chosen.total() >= FEW]
