"""How sure a ranking is, and what to do about it at the least cost to the resident."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bot.core.documents import Ranking

Decision = Literal["answer", "choices", "fallback"]


@dataclass(frozen=True)
class Signals:
    """What the probabilities are computed from. Shares are 0..1."""

    score: float
    margin2: float  # how far the second is behind, as a share of the first
    margin4: float
    phrase: float  # likeness to one phrasing of the first
    covered: float  # share of the message's words found in the first
    unknown: float  # share of words the knowledge base has never seen
    concepts: int  # lines of the word list that fired


def probabilities(signals: Signals) -> tuple[float, float, float]:
    """P(first right), P(right among the first three), P(in scope)."""
    base = 4.0 * signals.phrase + 2.0 * signals.covered - 2.0 * signals.unknown
    top1 = _logistic(base + 5.0 * signals.margin2 + 1.0 * signals.margin4 - 3.2)
    top3 = max(top1, _logistic(base + 3.0 * signals.margin4 - 1.6))
    scope = _logistic(base + 0.3 * min(signals.concepts, 3) - 1.8)
    return top1, top3, scope


def _logistic(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


@dataclass(frozen=True)
class Costs:
    """What each outcome costs the resident; only the ratios matter."""

    wrong_answer: float = 10.0  # a wrong answer shown as sure
    question_back: float = 2.0  # having to choose although the answer was there
    miss: float = 4.0  # no answer although there is one
    wrong_choices: float = 6.0  # choices without the right one
    out_of_scope_answer: float = 10.0  # an answer to something the city was not asked
    out_of_scope_choices: float = 3.0


def decide(ranking: Ranking, costs: Costs) -> Decision:
    """The outcome with the least expected cost; the thresholds follow from the costs."""
    if not ranking.matches:
        return "fallback"
    scope = ranking.in_scope
    top1, top3 = ranking.top1, max(ranking.top1, ranking.top3)
    outside = 1.0 - scope
    answer = (1.0 - top1) * costs.wrong_answer
    choices = (
        top3 * costs.question_back
        + max(0.0, 1.0 - top3 - outside) * costs.wrong_choices
        + outside * costs.out_of_scope_choices
    )
    fallback = scope * costs.miss
    if answer <= choices and answer <= fallback:
        return "answer"
    return "choices" if choices <= fallback else "fallback"
