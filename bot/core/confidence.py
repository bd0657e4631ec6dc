"""How sure a ranking is, and what to do about it at the least cost to the resident."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from operator import mul
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bot.core.documents import Ranking

Decision = Literal["answer", "choices", "fallback"]
Vector = NDArray[Any]
SIGNALS = (
    "margin2",  # how far the second is behind the first, in reranked score
    "margin4",
    "share",  # softmax share of the first among the candidates
    "share3",  # and of the first three
    "log_first",  # log(1 + first-stage score) of the first
    "covd",  # share of the question (by idf) found in the first
    "ccovd",  # the same over lines of the word list
    "rcov",  # share of its closest phrase that the question explains
    "latent",
    "latent_title",
    "sound",  # likeness to the closest phrase in sound
    "word",  # and in words
    "unknown",  # share of words the knowledge base has never seen
    "length",  # log(1 + meaningful words)
    "fired",  # lines of the word list that fired, up to four, over four
    "wordless",  # 1 where no meaningful word was read
)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Logistic regressions over standardised signals, one row for each probability."""

    mean: Vector
    deviation: Vector
    coefficients: Vector  # rows: first right, right among the first three, in scope
    intercepts: Vector

    @cached_property
    def rows(self) -> list[tuple[list[float], float]]:
        """For each probability the factors of signals as they come, and what is added."""
        factors = self.coefficients / self.deviation
        return list(
            zip(factors.tolist(), (self.intercepts - factors @ self.mean).tolist(), strict=True)
        )


def calibration(text: str) -> Calibration:
    """The calibration in a weights file (JSON). Raises KeyError or ValueError when it is broken."""
    data = json.loads(text)
    if tuple(data["signals"]) != SIGNALS:
        raise ValueError("the weights file was made for other signals")
    return Calibration(
        *(np.array(data[key], float) for key in ("mean", "deviation", "coefficients", "intercepts"))
    )


SHIPPED = calibration(files("bot.core").joinpath("confidence.json").read_text("utf-8"))


def signals(
    values: Vector, features: Vector, likeness: float, words: int, unknown: int, fired: int
) -> tuple[float, ...]:
    """What the probabilities are computed from.

    `values` are reranked scores and `features` the first candidate's row (see
    `scoring.FEATURES`), both best first; `likeness` is that of its closest phrase.
    """
    # So few numbers are quicker as Python's own than as arrays.
    shares: list[float] = np.exp(values - values[0]).tolist()
    best: list[float] = values[:4].tolist()
    row: list[float] = features.tolist()
    total = sum(shares)
    return (
        min(best[0] - best[1], 4.0) if len(best) > 1 else 3.0,
        min(best[0] - best[3], 5.0) if len(best) > 3 else 3.0,
        1.0 / total,
        sum(shares[:3]) / total,
        math.log1p(row[0]),
        row[1],
        row[2],
        min(row[3], 1.5),
        row[5],
        row[6],
        row[7],
        likeness * 2 - row[7],
        unknown / max(1, words),
        math.log1p(words),
        min(fired, 4) / 4,
        float(words == 0),
    )


def probabilities(
    vector: Sequence[float], shipped: Calibration = SHIPPED
) -> tuple[float, float, float]:
    """P(first right), P(right among the first three), P(in scope), each 0..1."""
    top1, top3, scope = (
        _logistic(sum(map(mul, factors, vector), added)) for factors, added in shipped.rows
    )
    return top1, max(top1, top3), max(top1, scope)


def _logistic(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(logit, -30.0), 30.0)))


def reasons(vector: Sequence[float], shipped: Calibration = SHIPPED) -> list[tuple[str, float]]:
    """What raises (+) or lowers P(first right) against the usual question, in log-odds, most first."""
    parts = shipped.coefficients[0] * (np.array(vector) - shipped.mean) / shipped.deviation
    return sorted(zip(SIGNALS, parts.tolist(), strict=True), key=lambda pair: -abs(pair[1]))


@dataclass(frozen=True)
class Costs:
    """What each outcome costs the resident; only the ratios matter."""

    wrong_answer: float = 10.0  # a wrong answer shown as sure
    question_back: float = 2.0  # having to choose although the answer was there
    miss: float = 4.0  # no answer although there is one
    wrong_choices: float = 5.0  # choices without the right one
    outside_choices: float = 4.0  # choices for something the city was not asked


def decide(ranking: Ranking, costs: Costs) -> Decision:
    """The outcome with the least expected cost; every threshold follows from the costs."""
    expected = expected_costs(ranking, costs)
    best: Decision = "fallback"
    outcomes: Sequence[Decision] = ("choices", "answer")
    for outcome in outcomes:
        if expected[outcome] <= expected[best]:
            best = outcome
    return best if ranking.matches else "fallback"


def expected_costs(ranking: Ranking, costs: Costs) -> dict[Decision, float]:
    """The expected cost of each outcome, for the decision and for its explanation."""
    inside = ranking.in_scope
    found = max(ranking.top1, ranking.top3)
    return {
        "answer": (1.0 - ranking.top1) * costs.wrong_answer,
        "choices": found * costs.question_back
        + max(0.0, inside - found) * costs.wrong_choices
        + (1.0 - inside) * costs.outside_choices,
        "fallback": inside * costs.miss,
    }


__all__ = ["Calibration", "Costs", "Decision", "decide", "expected_costs", "probabilities"]
