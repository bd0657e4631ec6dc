"""Answer quality on our own content, cross-validated, and the calibration of its probabilities.

Each phrasing is asked once of an index that never saw it. Messages of no concern to a city
(outside.txt) and unseen questions (tests/bench/unseen.tsv, where present) are asked of the whole.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.confidence import Costs, decide
from bot.core.documents import Document, Ranking
from bot.core.index import Index, IndexBuilder, build_index
from bot.core.lexicon import Line
from bot.core.matching import rank
from bot.core.tokens import Tokenize

OUTSIDE = Path(__file__).with_name("outside.txt")
# Intents that are the right reply to small talk, rude words, a shop's matters and the like.
TALK = frozenset(
    {"chitchat", "greeting", "thanks", "goodbye", "positive-feedback", "complaint",
     "who-are-you", "how-to-use", "menu", "no-info-private"}
)  # fmt: skip
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
_SEED = 20261121
_BINS = 10


@dataclass(frozen=True)
class Asked:
    """One question, what was expected (empty: nothing fits) and how it was ranked."""

    text: str
    expected: str
    topic: str
    ranking: Ranking

    @property
    def first_right(self) -> bool:
        return self._right(1)

    @property
    def three_right(self) -> bool:
        return self._right(3)

    def _right(self, cut: int) -> bool:
        shown = [match.id for match in self.ranking.matches[:cut]]
        if not self.expected:
            return bool(shown) and shown[0] in TALK
        return self.expected in shown


def run(
    cities: Mapping[str, Sequence[Document]],
    lexicon: Sequence[Line],
    topics: Mapping[str, str],
    tokenize: Tokenize,
    folds: int = 10,
    share: float = 1.0,
) -> dict[str, Any]:
    """The figures of every city and topic: ranking, decisions, calibration.

    `cities` maps a city to what may answer there, `topics` an id to its topic; `share` of the
    phrasings is asked.
    """
    outside = outside_messages()
    result: dict[str, Any] = {"cities": {}, "topics": {}}
    inside_all: list[Asked] = []
    outside_all: list[Asked] = []
    for city, documents in cities.items():
        inside = list(held_out(documents, lexicon, topics, tokenize, folds, share))
        index = build_index(documents, lexicon, tokenize)
        out = [ask(index, text, "", "outside", tokenize) for text in outside]
        result["cities"][city] = figures(inside) | {"outside": outside_figures(out)}
        inside_all += inside
        outside_all += out
    for topic in sorted({asked.topic for asked in inside_all}):
        result["topics"][topic] = figures([a for a in inside_all if a.topic == topic])
    result["all"] = figures(inside_all) | {"outside": outside_figures(outside_all)}
    result["calibration"] = calibration_table([*inside_all, *outside_all])
    return result


def outside_messages() -> list[str]:
    """The shipped messages that are of no concern to a city."""
    return [line for line in _lines(OUTSIDE) if not line.startswith("#")]


def ask(index: Index, text: str, expected: str, topic: str, tokenize: Tokenize) -> Asked:
    """Ranks one question."""
    return Asked(text, expected, topic, rank(index, text, tokenize, 5))


def held_out(
    documents: Sequence[Document],
    lexicon: Sequence[Line],
    topics: Mapping[str, str],
    tokenize: Tokenize,
    folds: int,
    share: float,
) -> Iterator[Asked]:
    """Asks each Japanese phrasing of an index built without it and its fold."""
    for index, text, item in left_out(documents, lexicon, tokenize, folds, share):
        yield ask(index, text, item, topics.get(item, "intent"), tokenize)


def left_out(
    documents: Sequence[Document],
    lexicon: Sequence[Line],
    tokenize: Tokenize,
    folds: int,
    share: float,
) -> Iterator[tuple[Index, str, str]]:
    """A share of the Japanese phrasings, each with an index that never saw it and its document."""
    chance = random.Random(_SEED)
    places = {document.id: _shuffled(len(document.questions), chance) for document in documents}
    builder = IndexBuilder(lexicon, tokenize)
    for fold in range(folds):
        kept = [
            dataclasses.replace(document, questions=tuple(_without(document, places, folds, fold)))
            for document in documents
        ]
        index = builder.build(kept)
        for document in documents:
            for text in _only(document, places, folds, fold):
                if _JAPANESE.search(text) and chance.random() < share:
                    yield index, text, document.id


def _shuffled(count: int, chance: random.Random) -> list[int]:
    places = list(range(count))
    chance.shuffle(places)
    return places


def _only(
    document: Document, places: Mapping[str, Sequence[int]], folds: int, fold: int
) -> list[str]:
    pairs = zip(document.questions, places[document.id], strict=True)
    return [text for text, place in pairs if place % folds == fold]


def _without(
    document: Document, places: Mapping[str, Sequence[int]], folds: int, fold: int
) -> list[str]:
    pairs = zip(document.questions, places[document.id], strict=True)
    return [text for text, place in pairs if place % folds != fold]


def figures(asked: Sequence[Asked], costs: Costs | None = None) -> dict[str, float]:
    """Shares of the questions: first right, right among three, and what each decision gave."""
    decided = [(item, decide(item.ranking, costs or Costs())) for item in asked]
    return {
        "questions": len(asked),
        "first_right": _share(item.first_right for item in asked),
        "three_right": _share(item.three_right for item in asked),
        "answered_right": _share(d == "answer" and item.first_right for item, d in decided),
        "answered_wrong": _share(d == "answer" and not item.first_right for item, d in decided),
        "choices_right": _share(d == "choices" and item.three_right for item, d in decided),
        "choices_wrong": _share(d == "choices" and not item.three_right for item, d in decided),
        "fallback": _share(d == "fallback" for _, d in decided),
    }


def outside_figures(asked: Sequence[Asked], costs: Costs | None = None) -> dict[str, float]:
    """How messages of no concern to a city were met."""
    decided = [(item, decide(item.ranking, costs or Costs())) for item in asked]
    return {
        "messages": len(asked),
        "not_answered": _share(d != "answer" or item.first_right for item, d in decided),
        "small_talk": _share(d == "answer" and item.first_right for item, d in decided),
        "choices": _share(d == "choices" for _, d in decided),
    }


def calibration_table(asked: Sequence[Asked]) -> dict[str, Any]:
    """For P(first right): said and true share in each tenth, and the expected calibration error."""
    bins: list[list[Asked]] = [[] for _ in range(_BINS)]
    for item in asked:
        bins[min(int(item.ranking.top1 * _BINS), _BINS - 1)].append(item)
    rows = [
        {
            "said": round(sum(item.ranking.top1 for item in items) / len(items), 3),
            "true": _share(item.first_right for item in items),
            "messages": len(items),
        }
        for items in bins
        if items
    ]
    error = sum(row["messages"] * abs(row["said"] - row["true"]) for row in rows)
    return {"ece": round(error / max(1, len(asked)), 4), "bins": rows}


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return round(sum(found) / len(found), 4) if found else 0.0


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
