"""Which kind of answer a kind of question tends to want: small learned additions to the score.

「プッシュ型って何？」 wants the glossary, 「プッシュ型はいつから？」 does not; a common entry yields to
the city's own. Documents without a kind (the public benchmark's) are left as they are.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.core.rerank import WEIGHTS, rerank

Vector = NDArray[Any]

KINDS: Final = ("own", "common", "term", "menu", "no-info", "intent")
TYPES: Final = ("any", "definition", "city", "bare", "polar", "facet", "wish")
_COVERED = 1  # the column of the share of the question explained, see scoring.FEATURES
_PATTERNS = (
    re.compile(
        r"(?:とは|って|は)(?:何|なに|なん|どういう|どんな)(?!時|曜|日|円|に)|(?:とは|って)[?。]*$|意味|何のこと"
    ),
    re.compile("市(?=[のではもにがを]|内|民|役所)|町(?=[のでは])|うちの|この街"),
    re.compile("[一-龠ァ-ヶーa-z0-9][?。]*$"),
    re.compile("(?:ます|です|せん)か[?。]*$|(?:る|ある|ない|いい)(?:の|んですか)?[?。]+$"),
    re.compile("いくら|いつ|どこ|何時|何日|電話|持ち物|必要|要り|いくつ|料金|手数料|期限"),
    re.compile("たい|のこと|について|関する|ほしい|欲しい|相談"),
)


@dataclass(frozen=True, eq=False)
class Priors:
    """What was learned from the cities' own content, whose entries have phrasings and kinds."""

    kinds: Vector  # a row for each of KINDS and one of zeros, a column for each of TYPES
    features: Vector  # added to the second look's weights
    closeness: Vector  # of the closest phrase, standardised; its upper end; nearly all explained


def read_priors(text: str) -> Priors:
    """The priors in a weights file (JSON).

    Raises KeyError or ValueError when the file is broken or was made for other kinds.
    """
    data = json.loads(text)
    if tuple(data["kinds"]) != KINDS or tuple(data["types"]) != TYPES:
        raise ValueError("the weights file was made for other kinds")
    kinds = np.array(data["weights"], float).reshape(len(KINDS), len(TYPES))
    return Priors(
        np.vstack([kinds, np.zeros(len(TYPES))]),
        np.array(data["features"], float),
        np.array(data["closeness"], float),
    )


SHIPPED = read_priors(files("bot.core").joinpath("priors.json").read_text("utf-8"))
NO_KIND = len(KINDS)


def kind_numbers(kinds: Sequence[str]) -> Vector:
    """The row of each kind; `NO_KIND` for an unknown one."""
    rows = {kind: row for row, kind in enumerate(KINDS)}
    return np.array([rows.get(kind, NO_KIND) for kind in kinds], np.int8)


def question_types(folded: str) -> Vector:
    """Which of `TYPES` a folded message is, as ones and zeros."""
    found = [1.0, *(float(pattern.search(folded) is not None) for pattern in _PATTERNS)]
    return np.array(found)


def prior_scores(
    kinds: Vector, folded: str, features: Vector, phrase: Vector, priors: Priors = SHIPPED
) -> Vector:
    """The score of each candidate (row of `features`, see `scoring.FEATURES`) of these kinds.

    `phrase` is the likeness of each candidate's closest phrase. Without any kind this is the
    plain second look.
    """
    if (kinds == NO_KIND).all():
        return rerank(features)
    near = closeness_columns(features, phrase)
    by_kind = (priors.kinds @ question_types(folded))[kinds]
    scores: Vector = rerank(features, WEIGHTS + priors.features) + near @ priors.closeness + by_kind
    return scores


def closeness_columns(features: Vector, phrase: Vector) -> Vector:
    """How close each candidate's closest phrase is: standardised, its upper end, nearly all of it."""
    size = len(phrase)
    columns = np.empty((size, 3))
    spread = phrase - np.add.reduce(phrase) / size
    deviation = math.sqrt(float(np.add.reduce(spread * spread)) / size)
    columns[:, 0] = spread / (deviation + 1e-6)
    columns[:, 1] = 2.0 * np.minimum(np.maximum((phrase - 0.6) / 0.4, 0.0), 1.0)
    columns[:, 2] = np.minimum(np.maximum((features[:, _COVERED] - 0.7) / 0.3, 0.0), 1.0)
    return columns


__all__ = ["KINDS", "NO_KIND", "SHIPPED", "TYPES", "Priors", "kind_numbers", "prior_scores"]
