"""What the matcher searches and what it returns: plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple


@dataclass(frozen=True)
class Document:
    """One thing a resident can be answered with.

    `questions` are the residents' phrasings, in any language; `related` holds titles, or ids of
    other documents; `contact` the words that name whom to ask; `kind` one of `priors.KINDS`, or
    empty where there are no kinds.
    """

    id: str
    title: str
    questions: tuple[str, ...]
    answer: str
    related: tuple[str, ...] = ()
    contact: str = ""
    kind: str = ""


class Match(NamedTuple):
    """One candidate. Scores compare within one ranking only."""

    id: str
    score: float


@dataclass(frozen=True)
class Ranking:
    """Candidates, best first, and three calibrated probabilities (0..1).

    `top1`: the first is right. `top3`: the right one is among the first three.
    `in_scope`: the question is about something the knowledge base covers.
    `signals`: what these were computed from (`confidence.SIGNALS`), for refitting.
    """

    matches: tuple[Match, ...]
    top1: float
    top3: float
    in_scope: float
    signals: tuple[float, ...] = ()

    def led_by(self, *ids: str) -> Ranking:
        """The same with these ids before the others; one that is not among them gets score 0."""
        scores = {match.id: match.score for match in self.matches}
        others = (match for match in self.matches if match.id not in ids)
        first = (Match(item, scores.get(item, 0.0)) for item in ids)
        return replace(self, matches=(*first, *others))
