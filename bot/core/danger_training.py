"""Fits `danger.json`: how danger is worded. Pure; nothing is written here.

L2-regularised logistic regression over the grams of each text and of its reading, the grams that
say least left out; then Platt's calibration (1999) of that score and of the matcher's P(in scope),
on scores of texts that the regression did not see. Everything is cross-validated by group.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.danger_score import (
    DangerCosts,
    DangerWeights,
    danger_ratio,
    grams_of,
    wording_score,
)

Vector = NDArray[Any]
FOLDS = 3
KEPT = 9000  # grams in the file
_SEEN = 3  # texts with a gram, for it to be learned from
_L2 = 0.02
_ROUNDS = 60
_LONGEST = 60  # characters; danger is told in few
_BY_READING = 0.3  # what a text counts for when written in kana
# Danger is rare among the texts; residents' own questions are what it must not be taken from.
_EACH: Mapping[str, float] = {"danger": 3.0, "residents": 3.0}
_JUDGED = ("danger", "residents", "calm", "outside")  # what the calibration is made on


@dataclass(frozen=True)
class Told:
    """One text: where it is from ("danger" or a kind of harmless), its reading in kana, what it
    asks for (texts of one `group` share a fold), the matcher's P(in scope)."""

    text: str
    source: str
    reading: str = ""
    group: str = ""
    in_scope: float = 0.0

    @property
    def is_danger(self) -> bool:
        """Whether somebody is in danger."""
        return self.source == "danger"


def fit(told: Sequence[Told]) -> tuple[DangerWeights, dict[str, dict[str, float]]]:
    """The weights, and the cross-validated figures of their making by source.

    Raises ValueError where either kind of text is missing.
    """
    if len({each.is_danger for each in told}) < 2:
        raise ValueError("danger and harmless texts are needed to learn from")
    unseen = held_out_scores(told)
    figures = merit(told, cross_fitted_ratios(told, unseen), DangerCosts())
    return calibrated(_wording(told), told, unseen), figures


def held_out_scores(told: Sequence[Told]) -> Vector:
    """The score of each text by weights that saw nothing of its fold."""
    folds, scores = _folds(told), np.zeros(len(told))
    for fold in range(FOLDS):
        weights = _wording([each for each, at in zip(told, folds, strict=True) if at != fold])
        for place in np.flatnonzero(folds == fold).tolist():
            scores[place] = wording_score(told[place].text, weights)
    return scores


def cross_fitted_ratios(told: Sequence[Told], scores: Vector) -> Vector:
    """The log-likelihood ratios of texts, calibrated on the texts of the other folds."""
    folds, ratios = _folds(told), np.zeros(len(told))
    for fold in range(FOLDS):
        others = np.flatnonzero(folds != fold).tolist()
        weights = calibrated(_NOTHING, [told[n] for n in others], scores[others])
        for place in np.flatnonzero(folds == fold).tolist():
            ratios[place] = danger_ratio(scores[place], told[place].in_scope, weights)
    return ratios


def calibrated(weights: DangerWeights, told: Sequence[Told], scores: Vector) -> DangerWeights:
    """The weights with a calibration of `scores`, danger counting as much as all the rest."""
    kept = [n for n, each in enumerate(told) if each.source in _JUDGED]
    plain = replace(weights, wording=0.0, scope=1.0, added=0.0)
    scope = [danger_ratio(0.0, told[n].in_scope, plain) for n in kept]
    columns = np.c_[scores[kept], scope, np.ones(len(kept))]
    danger = np.array([told[n].is_danger for n in kept])
    mass = np.where(danger, 0.5 / max(1, danger.sum()), 0.5 / max(1, (~danger).sum())) * len(kept)
    wording, scoped, added = _regression(columns, danger, mass, 1e-6, 200)
    return replace(weights, wording=float(wording), scope=float(scoped), added=float(added))


def merit(told: Sequence[Told], ratios: Vector, costs: DangerCosts) -> dict[str, dict[str, float]]:
    """By source the shares that get the card, and the card or the line."""
    figures = {}
    for source in _JUDGED:
        places = [n for n, each in enumerate(told) if each.source == source]
        if places:
            figures[source] = {
                "texts": len(places),
                "card": round(float((ratios[places] >= costs.card_from).mean()), 4),
                "card_or_line": round(float((ratios[places] >= costs.line_from).mean()), 4),
            }
    return figures


def weights_file(weights: DangerWeights, made: Mapping[str, Any]) -> str:
    """The text of `danger.json`; `made` says what it was made from, and its figures."""
    grams = {gram: round(weight * 100) for gram, weight in sorted(weights.grams.items())}
    data = {
        "made": made,
        "intercept": round(weights.intercept, 4),
        "chance": {
            "wording": round(weights.wording, 4),
            "scope": round(weights.scope, 4),
            "added": round(weights.added, 4),
        },
        "grams": {gram: weight for gram, weight in grams.items() if weight},
    }
    rows = (
        f' "{key}": {json.dumps(value, ensure_ascii=False, separators=(",", ":"))}'
        for key, value in data.items()
    )
    return "{\n" + ",\n".join(rows) + "\n}\n"


_NOTHING = DangerWeights({}, 0.0, 1.0, 0.0, 0.0)


def _folds(told: Sequence[Told]) -> Vector:
    names = (each.group or each.text for each in told)
    return np.array([zlib.crc32(name.encode()) % FOLDS for name in names])


def _wording(told: Sequence[Told]) -> DangerWeights:
    """The gram weights of these texts, uncalibrated."""
    texts, danger, mass = [], [], []
    for each in told:
        if len(each.text) > _LONGEST:
            continue
        weight = _EACH.get(each.source, 1.0)
        forms = ((each.text, weight), (each.reading, weight * _BY_READING))
        for text, counts in forms:
            if text:
                texts.append(sorted(grams_of(text)))
                danger.append(each.is_danger)
                mass.append(counts)
    seen = Counter(gram for grams in texts for gram in grams)
    names = sorted(gram for gram, count in seen.items() if count >= _SEEN)
    places = {gram: n for n, gram in enumerate(names)}
    found = _regression(_columns(texts, places), np.array(danger), np.array(mass), _L2, _ROUNDS)
    # A gram's share in the scores: its weight, and how often it stands in a text.
    share = np.abs(found[:-1]) * np.sqrt([seen[gram] for gram in names])
    best = np.argsort(-share, kind="stable")[:KEPT]
    grams = {names[n]: float(found[n]) for n in best}
    return replace(_NOTHING, grams=grams, intercept=float(found[-1]))


def _columns(texts: Sequence[Sequence[str]], places: Mapping[str, int]) -> Any:
    """A sparse row for each text, a column for each gram and one of ones."""
    # Here and not above: every other command starts sooner.
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # no stubs shipped

    rows = [[places[gram] for gram in grams if gram in places] for grams in texts]
    ends = np.cumsum([0] + [len(row) + 1 for row in rows])
    values = [
        np.r_[np.full(len(row), len(grams) ** -0.5), 1.0]
        for row, grams in zip(rows, texts, strict=True)
    ]
    numbers = np.concatenate([[*row, len(places)] for row in rows])
    return csr_matrix((np.concatenate(values), numbers, ends), shape=(len(texts), len(places) + 1))


def _regression(columns: Any, danger: Vector, mass: Vector, penalty: float, rounds: int) -> Vector:
    """The coefficients of a logistic regression; the last column is not shrunk."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # as above

    sign = np.where(danger, 1.0, -1.0)
    turned = columns.T.tocsr() if hasattr(columns, "tocsr") else columns.T
    shrunk = np.full(columns.shape[1], penalty)
    shrunk[-1] = 0.0

    def loss(theta: Vector) -> tuple[float, Vector]:
        margin = sign * (columns @ theta)
        error = float(mass @ np.logaddexp(0.0, -margin)) + float(shrunk @ theta**2)
        slope = -mass * sign / (1.0 + np.exp(np.clip(margin, -30, 30)))
        return error, turned @ slope + 2 * shrunk * theta

    start = np.zeros(columns.shape[1])
    options = {"maxiter": rounds}
    theta: Vector = minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x
    return theta
