"""Questions that mean the same, put together: for staff who read what was missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core.nearness import likeness, plain
from bot.core.terms import tokenize_text, word_terms
from bot.core.text import fold
from bot.core.tokens import Tokenize
from bot.store.question_reads import NOT_OURS, Asked, digest_of

LIKE = 72.0  # letters in common, 0..100
SHARED = 0.6  # meaningful words in common, of the shorter question
HALF_LIKE, HALF_SHARED = 45.0, 0.5  # a little of both is enough too
DOUBTFUL = ("choices", "fallback", "unanswered", "expired")


@dataclass(frozen=True)
class Group:
    """Wordings of one question, most asked first; `near` are the ids that came closest."""

    wordings: tuple[Asked, ...]
    near: tuple[str, ...]

    @property
    def count(self) -> int:
        """How often it was asked."""
        return sum(each.count for each in self.wordings)

    @property
    def day(self) -> str:
        """When it was asked last."""
        return max(each.day for each in self.wordings)

    @property
    def title(self) -> str:
        """The wording that was used most."""
        return self.wordings[0].text


def unanswered(asked: Sequence[Asked], marks: Mapping[str, str]) -> list[Asked]:
    """What was asked back or missed and nobody has dealt with."""
    return [
        each
        for each in asked
        if each.outcome in DOUBTFUL and digest_of(each.text) not in marks and each.text.strip()
    ]


def not_ours(marks: Mapping[str, str]) -> int:
    """How many wordings staff have called none of the city's business."""
    return sum(mark == NOT_OURS for mark in marks.values())


def group(asked: Sequence[Asked], tokenize: Tokenize) -> list[Group]:
    """Groups, the newest first, then the most asked.

    A wording joins the first group that shares its closest entry or a word, and is like that
    group's most asked wording in letters or in words.
    """
    groups: list[list[Asked]] = []
    heads: list[tuple[str, frozenset[str]]] = []
    places: dict[str, list[int]] = {}
    for each in sorted(asked, key=lambda a: (-a.count, a.text)):
        text = plain(each.text)
        words = frozenset(word_terms(tokenize_text(fold(each.text), tokenize)))
        keys = {*words, *(f"near:{item}" for item in each.candidates[:1])}
        candidates = dict.fromkeys(place for key in keys for place in places.get(key, ()))
        found = next((p for p in candidates if _same(text, words, *heads[p])), None)
        if found is None:
            found = len(groups)
            groups.append([])
            heads.append((text, words))
            for key in keys:
                places.setdefault(key, []).append(found)
        groups[found].append(each)
    made = [Group(tuple(_merged(each)), _near(each)) for each in groups]
    return sorted(made, key=lambda g: (g.day, g.count), reverse=True)


def _same(text: str, words: frozenset[str], head: str, head_words: frozenset[str]) -> bool:
    shorter = min(len(words), len(head_words))
    shared = len(words & head_words) / shorter if shorter else 0.0
    if shorter >= 2 and shared >= SHARED:
        return True
    like = likeness(text, head)
    return like >= LIKE or (shared >= HALF_SHARED and like >= HALF_LIKE)


def _merged(asked: Sequence[Asked]) -> list[Asked]:
    """One line for each wording, whatever came of it."""
    found: dict[str, Asked] = {}
    for each in asked:
        known = found.get(each.text)
        count = each.count + (known.count if known else 0)
        day = max(each.day, known.day) if known else each.day
        found[each.text] = Asked(each.text, each.outcome, each.candidates, count, day)
    return sorted(found.values(), key=lambda a: (-a.count, a.text))


def _near(asked: Sequence[Asked]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for each in asked for item in each.candidates[:3]))[:3]
