"""Fits `priors.json`: which kind of answer a kind of question wants. Pure; nothing is written here.

ListNet over the candidates of each question (the right ones against all shown), L2 towards no
addition at all, cross-validated by the item that is asked for.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.priors import (
    KINDS,
    NO_KIND,
    TYPES,
    Priors,
    closeness_columns,
    question_types,
)
from bot.core.rerank import rerank, standardise

Vector = NDArray[Any]
KEPT = 15  # candidates of each question, best first by the plain second look
FOLDS = 5
_BY_KIND = len(KINDS) * len(TYPES)
_L2_KIND, _L2_FEATURE = 15.0, 300.0
_CLOSENESS = 3  # the last of the learned columns


@dataclass(frozen=True, eq=False)
class Listed:
    """The candidates of one question, and which of them are right.

    `item` is what the question asks for (questions of one item share a fold); `weight` is how
    much the question counts.
    """

    source: str
    item: str
    text: str
    base: Vector  # the plain second look's score of each candidate
    columns: Vector  # what the priors weigh of each: standardised features, closeness
    kinds: Vector
    types: Vector
    right: NDArray[np.bool_]
    weight: float = 1.0


def listed(
    source: str,
    item: str,
    text: str,
    folded: str,
    features: Vector,
    phrase: Vector,
    kinds: Vector,
    right: Sequence[bool],
    weight: float,
) -> Listed:
    """A question from its candidates (rows of `features`, see `scoring.FEATURES`)."""
    base = rerank(features)
    kept = np.argsort(-base, kind="stable")[:KEPT]
    columns = np.hstack((standardise(features), closeness_columns(features, phrase)))
    return Listed(
        source, item, text, base[kept], columns[kept], kinds[kept].astype(int),
        question_types(folded), np.array(right, bool)[kept], weight,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Packed:
    base: Vector
    columns: Vector
    kinds: Vector
    types: Vector
    right: Vector
    weight: Vector

    def of(self, rows: Vector) -> _Packed:
        """These questions only."""
        return _Packed(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def _pack(questions: Sequence[Listed]) -> _Packed:
    count, width = len(questions), questions[0].columns.shape[1]
    packed = _Packed(
        base=np.full((count, KEPT), -1e3),
        columns=np.zeros((count, KEPT, width)),
        kinds=np.full((count, KEPT), NO_KIND),
        types=np.stack([each.types for each in questions]),
        right=np.zeros((count, KEPT), bool),
        weight=np.array([each.weight for each in questions]),
    )
    for row, each in enumerate(questions):
        size = len(each.base)
        packed.base[row, :size] = each.base
        packed.columns[row, :size] = each.columns
        packed.kinds[row, :size] = each.kinds
        packed.right[row, :size] = each.right
    return packed


def _scores(theta: Vector, packed: _Packed) -> Vector:
    by_kind = packed.types @ theta[:_BY_KIND].reshape(len(KINDS), len(TYPES)).T
    by_kind = np.append(by_kind, np.zeros((len(by_kind), 1)), 1)
    scores: Vector = packed.base + np.take_along_axis(by_kind, packed.kinds, 1)
    scores += packed.columns @ theta[_BY_KIND:]
    return scores


def _solve(packed: _Packed) -> Vector:
    width = packed.columns.shape[2]
    penalty = np.r_[np.full(_BY_KIND, _L2_KIND), np.full(width, _L2_FEATURE)]

    def loss(theta: Vector) -> tuple[float, Vector]:
        scores = _scores(theta, packed)
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        wanted = np.where(packed.right, shares, 0.0)
        total = wanted.sum(1, keepdims=True) + 1e-12
        slope = (shares - wanted / total) * packed.weight[:, None]
        by_kind = np.stack(
            [(slope * (packed.kinds == kind)).sum(1) @ packed.types for kind in range(len(KINDS))]
        )
        by_column = np.einsum("nd,ndf->f", slope, packed.columns)
        gradient = np.r_[by_kind.ravel(), by_column] + 2 * penalty * theta
        error = -float(packed.weight @ np.log(total[:, 0])) + float(penalty @ theta**2)
        return error, gradient

    # Here and not above: every other command starts 0.9 s sooner.
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # no stubs shipped

    start = np.zeros(_BY_KIND + width)
    theta: Vector = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return theta


def fit(questions: Sequence[Listed]) -> Priors:
    """The priors of these questions. Raises ValueError when none has its right answer listed."""
    known = [each for each in questions if each.right.any()]
    if not known:
        raise ValueError("no questions with a right candidate to learn from")
    theta = _solve(_pack(known))
    kinds = theta[:_BY_KIND].reshape(len(KINDS), len(TYPES))
    columns = theta[_BY_KIND:]
    return Priors(
        np.vstack([kinds, np.zeros(len(TYPES))]), columns[:-_CLOSENESS], columns[-_CLOSENESS:]
    )


def merit(questions: Sequence[Listed]) -> dict[str, dict[str, float]]:
    """By source, the share with the right one first and among three: plain, and cross-validated."""
    packed = _pack(questions)
    places = np.array([zlib.crc32(each.item.encode()) % FOLDS for each in questions])
    known = packed.right.any(1)
    found = packed.base.copy()
    for fold in range(FOLDS):
        theta = _solve(packed.of((places != fold) & known))
        found[places == fold] = _scores(theta, packed.of(places == fold))
    sources = np.array([each.source for each in questions])
    return {
        source: {
            "questions": int((sources == source).sum()),
            **_shares("plain", packed.base[sources == source], packed.right[sources == source]),
            **_shares("fitted", found[sources == source], packed.right[sources == source]),
        }
        for source in dict.fromkeys(sources.tolist())
    }


def _shares(name: str, scores: Vector, right: Vector) -> dict[str, float]:
    ordered = np.take_along_axis(right, np.argsort(-scores, 1, kind="stable"), 1)
    return {
        f"{name}_first": round(float(ordered[:, 0].mean()), 4),
        f"{name}_three": round(float(ordered[:, :3].any(1).mean()), 4),
    }


def failing(questions: Sequence[Listed], priors: Priors, source: str) -> list[str]:
    """The questions of a source whose first candidate is wrong under these priors."""
    theta = np.r_[priors.kinds[:-1].ravel(), priors.features, priors.closeness]
    packed = _pack(questions)
    first = _scores(theta, packed).argmax(1)
    right = packed.right[np.arange(len(first)), first]
    pairs = zip(questions, right, strict=True)
    return sorted({each.text for each, found in pairs if each.source == source and not found})


def priors_file(priors: Priors, made: Mapping[str, Any]) -> str:
    """The text of `priors.json`; `made` says what it was made from, and its figures."""
    data = {
        "made": made,
        "kinds": KINDS,
        "types": TYPES,
        "weights": priors.kinds[:-1].round(3).tolist(),
        "features": priors.features.round(3).tolist(),
        "closeness": priors.closeness.round(3).tolist(),
    }
    rows = (f' "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in data.items())
    return "{\n" + ",\n".join(rows) + "\n}\n"
