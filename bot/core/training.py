"""Fits the calibration of confidence to marked questions. Pure; nothing is written here.

Three logistic regressions (first right, right among the first three, in scope) over standardised
signals, with L2; every figure of merit is cross-validated, all questions for one item in one fold.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.confidence import SHIPPED, SIGNALS, Calibration, Costs, decide, probabilities
from bot.core.documents import Ranking

Vector = NDArray[Any]
_L2 = 3.0
_BINS = 10
FOLDS = 5


@dataclass(frozen=True)
class Marked:
    """A question as it was ranked, and what is known about the ranking.

    `inside`: something in the knowledge base answers it. `weight` is how much it counts. `item` is
    what it asks for (empty: nothing of the city).
    """

    source: str
    text: str
    ranking: Ranking
    first: bool
    three: bool
    inside: bool
    weight: float = 1.0
    item: str = ""


def fit(marked: Sequence[Marked]) -> Calibration:
    """The calibration of these questions. Raises ValueError when there are none to learn from."""
    found = [each for each in marked if each.ranking.signals]
    if not found:
        raise ValueError("no ranked questions to learn from")
    weights = np.array([each.weight for each in found])
    values = np.array([each.ranking.signals for each in found])
    mean = np.average(values, axis=0, weights=weights)
    deviation = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights)) + 1e-6
    scaled = np.column_stack([(values - mean) / deviation, np.ones(len(values))])
    labels = np.array([(each.first, each.three, each.inside) for each in found], float)
    rows = np.stack([_logistic(scaled, column, weights) for column in labels.T])
    return Calibration(mean, deviation, rows[:, :-1], rows[:, -1])


def _logistic(values: Vector, labels: Vector, weights: Vector) -> Vector:
    penalty = np.full(values.shape[1], _L2)
    penalty[-1] = 1e-3  # the intercept is free

    def loss(row: Vector) -> tuple[float, Vector]:
        logits = values @ row
        error = float(weights @ (np.logaddexp(0.0, logits) - labels * logits))
        slope = values.T @ (weights * (1.0 / (1.0 + np.exp(-logits)) - labels))
        return error + 0.5 * float(penalty @ row**2), slope + penalty * row

    # Here and not above: every other command starts 0.9 s sooner.
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # no stubs shipped

    start = np.zeros(values.shape[1])
    row: Vector = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return row


def with_calibration(marked: Marked, calibration: Calibration) -> Ranking:
    """The question's ranking with the probabilities of another calibration."""
    ranking = marked.ranking
    if not ranking.signals:
        return ranking
    found = probabilities(ranking.signals, calibration)
    return Ranking(ranking.matches, *found, ranking.signals)


def cross_validated(marked: Sequence[Marked], folds: int = FOLDS) -> list[Ranking]:
    """Each question's ranking, calibrated without any question of its fold."""
    keys = [(each.item or each.text).encode("utf-8", "replace") for each in marked]
    places = [zlib.crc32(key) % folds for key in keys]
    fitted = [
        fit([each for each, at in zip(marked, places, strict=True) if at != fold])
        for fold in range(folds)
    ]
    return [with_calibration(each, fitted[at]) for each, at in zip(marked, places, strict=True)]


def merit(marked: Sequence[Marked], rankings: Sequence[Ranking], costs: Costs) -> dict[str, float]:
    """Shares of what the decisions come to, and the calibration error of "the first is right"."""
    count = len(marked) or 1
    pairs = [(each, decide(ranking, costs)) for each, ranking in zip(marked, rankings, strict=True)]
    return {
        "questions": len(marked),
        "first_right": round(sum(each.first for each in marked) / count, 4),
        "three_right": round(sum(each.three for each in marked) / count, 4),
        "answered_right": round(sum(d == "answer" and e.first for e, d in pairs) / count, 4),
        "answered_wrong": round(sum(d == "answer" and not e.first for e, d in pairs) / count, 4),
        "choices_right": round(sum(d == "choices" and e.three for e, d in pairs) / count, 4),
        "choices": round(sum(d == "choices" for _, d in pairs) / count, 4),
        "calibration_error": round(calibration_table(marked, rankings)["ece"], 4),
    }


def calibration_table(marked: Sequence[Marked], rankings: Sequence[Ranking]) -> dict[str, Any]:
    """For each tenth of P(first right) the said and the true share; `ece` is the mean gap.

    Questions count by their weight, `messages` is what those of a tenth count for together.
    """
    said = np.array([ranking.top1 for ranking in rankings])
    true = np.array([float(each.first) for each in marked])
    weights = np.array([each.weight for each in marked])
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    rows = []
    for number in sorted(set(bins.tolist())):
        here = weights * (bins == number)
        count = max(float(here.sum()), 1e-9)
        shares = {"said": float(here @ said) / count, "true": float(here @ true) / count}
        rows.append(shares | {"messages": count})
    gaps = sum(row["messages"] * abs(row["said"] - row["true"]) for row in rows)
    return {"ece": gaps / max(float(weights.sum()), 1e-9), "bins": rows}


def changed(
    marked: Sequence[Marked], fresh: Calibration, costs: Costs, old: Calibration = SHIPPED
) -> list[dict[str, str]]:
    """The questions that `fresh` would decide otherwise than `old`, and whether that is better."""
    rows = []
    for each in marked:
        before = decide(with_calibration(each, old), costs)
        after = decide(with_calibration(each, fresh), costs)
        if before != after:
            right = "right" if each.first else "wrong"
            row = {"source": each.source, "text": each.text, "before": before, "after": after}
            rows.append(row | {"first": right})
    return rows


def weights_file(calibration: Calibration, made: dict[str, Any]) -> str:
    """The text of `confidence.json`; `made` says what it was made from, and its figures."""
    data = {
        "made": made,
        "signals": SIGNALS,
        "mean": calibration.mean.round(5).tolist(),
        "deviation": calibration.deviation.round(5).tolist(),
        "coefficients": calibration.coefficients.round(4).tolist(),
        "intercepts": calibration.intercepts.round(4).tolist(),
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
