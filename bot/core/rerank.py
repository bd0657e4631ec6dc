"""The second look at the best candidates: a linear model over standardised features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Fitted by ListNet with L2 towards the first stage; see docs/quality.md for how and on what.
WEIGHTS = np.array([0.573, 0.459, 0.167, 0.371, -0.282, 0.181, 0.29, 0.194, -0.098, -0.055])
_SOUND = 7  # the column of likeness in sound, see scoring.FEATURES
_LITERAL, _LITERAL_BONUS = 0.75, 4.0


def standardise(features: NDArray[Any]) -> NDArray[Any]:
    """Each column with mean 0 and deviation 1 among the candidates."""
    centred = features - features.mean(axis=0)
    scaled: NDArray[Any] = centred / (np.sqrt((centred * centred).mean(axis=0)) + 1e-6)
    return scaled


def rerank(features: NDArray[Any], weights: NDArray[Any] = WEIGHTS) -> NDArray[Any]:
    """A score for each candidate (row); a phrase that is said almost literally always wins."""
    literal = np.clip((features[:, _SOUND] - _LITERAL) / (1.0 - _LITERAL), 0.0, 1.0)
    scores: NDArray[Any] = standardise(features) @ weights + _LITERAL_BONUS * literal
    return scores
