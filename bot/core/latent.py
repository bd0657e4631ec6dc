"""Latent meaning: words that keep the same company are near, learned from the index alone.

Truncated singular value decomposition of the document-term matrix (Deerwester and others, 1990)
by randomised subspace iteration (Halko, Martinsson and Tropp, 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

DIMENSIONS = 150
_POWER_STEPS = 3
_OVERSAMPLED = 10


@dataclass(frozen=True, eq=False)
class Latent:
    """Vectors of unit length for documents (whole and title); `axes` places terms among them."""

    axes: NDArray[np.float16]  # one row for each term
    whole: NDArray[np.float32]
    title: NDArray[np.float32]


def axes_of(matrix: sparse.csr_matrix) -> NDArray[np.float16]:
    """The main directions of a document-term matrix with rows of unit length, by term."""
    documents, terms = matrix.shape
    wanted = min(DIMENSIONS, documents, terms)
    if wanted == 0:
        return np.zeros((terms, 0), np.float16)
    sketch = min(wanted + _OVERSAMPLED, documents, terms)
    start = np.random.default_rng(0).standard_normal((terms, sketch)).astype(np.float32)
    basis, _ = np.linalg.qr(matrix @ start)
    for _ in range(_POWER_STEPS):
        other, _ = np.linalg.qr(matrix.T @ basis)
        basis, _ = np.linalg.qr(matrix @ other)
    _, _, directions = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    return np.ascontiguousarray(directions[:wanted].T).astype(np.float16)


def latent(
    whole: sparse.csr_matrix, title: sparse.csr_matrix, axes: NDArray[np.float16] | None = None
) -> Latent:
    """Vectors of every document; `axes` of an earlier index may be kept when little changed."""
    kept = axes_of(whole) if axes is None else axes
    exact = kept.astype(np.float32)
    return Latent(kept, _unit(whole @ exact), _unit(title @ exact))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
