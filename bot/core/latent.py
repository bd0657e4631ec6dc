"""Latent meaning: words that keep the same company are near, learned from the index alone.

Truncated singular value decomposition of the document-term matrix (Deerwester and others, 1990)
from a block Krylov space with a random start (Golub and Underwood, 1977; Musco and Musco, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse  # type: ignore[import-untyped]  # no stubs among the locked packages

DIMENSIONS = 150
# Of the 150 directions of the public set a space so large misses 0.0002 in squares, one of 28
# blocks 0.1; half as many directions at once miss nothing either, but are slower to multiply.
_AT_ONCE, _BLOCKS = 16, 32
_LEAST = 1e-6  # what keeps the next directions apart where a matrix has no more of its own


@dataclass(frozen=True, eq=False)
class Latent:
    """Vectors of unit length for each document, side by side: whole, title, title with even terms.

    `axes` gives terms' directions among them, of unit length (as exact as half precision is), and
    `length` how far they reach: next to nothing for a rare term, which therefore hardly counts in
    the first two vectors. Even terms count by their direction alone. `row` gives a term's row of
    both; row 0 is the origin, for terms that say nothing.
    """

    row: NDArray[np.int32]
    axes: NDArray[np.float32]
    length: NDArray[np.float32]
    placed: NDArray[np.float32]  # documents, 3, dimensions


def latent(whole: sparse.csr_matrix, title: sparse.csr_matrix, lines: sparse.csr_matrix) -> Latent:
    """Learns the axes from documents-by-terms matrices and places every document.

    `lines` are the word list's: each keeps company like a small document, so that everyday words
    lie near the office words they mean.
    """
    # Here and not above: only building needs SciPy.
    from scipy import sparse

    company = sparse.vstack([whole, lines]).tocsr()
    shared = np.bincount(company.indices[company.data > 0], minlength=whole.shape[1]) > 1
    used = np.flatnonzero(shared)
    row = np.zeros(whole.shape[1], np.int32)
    row[used] = np.arange(1, len(used) + 1)
    axes = _axes(company[:, used].tocsr())
    axes = np.vstack((np.zeros((1, axes.shape[1]), np.float32), axes))
    length = np.linalg.norm(axes, axis=1).astype(np.float32)
    return _placed(whole, title, row, _unit(axes), length)


def placed_again(earlier: Latent, whole: sparse.csr_matrix, title: sparse.csr_matrix) -> Latent:
    """Places changed documents among the axes of an earlier index; new terms say nothing."""
    row = np.zeros(whole.shape[1], np.int32)
    row[: len(earlier.row)] = earlier.row
    return _placed(whole, title, row, earlier.axes, earlier.length)


def _placed(
    whole: sparse.csr_matrix,
    title: sparse.csr_matrix,
    row: NDArray[np.int32],
    axes: NDArray[np.float32],
    length: NDArray[np.float32],
) -> Latent:
    used = np.flatnonzero(row)
    even = axes[row[used]]
    far = even * length[row[used], None]
    pairs = ((whole, far), (title, far), (title, even))
    placed = np.stack([_unit(matrix[:, used] @ terms) for matrix, terms in pairs], axis=1)
    # Half precision is enough, and half the size where it is kept.
    return Latent(row, axes.astype(np.float16).astype(np.float32), length, placed)


def _axes(matrix: sparse.csr_matrix) -> NDArray[np.float32]:
    """The main directions of a matrix (rows: documents), one column each, by term."""
    documents, terms = matrix.shape
    wanted = min(DIMENSIONS, documents, terms)
    if wanted == 0:
        return np.zeros((terms, 0), np.float32)
    across = matrix.T.tocsr()
    if documents <= _AT_ONCE * _BLOCKS:
        exact = matrix.astype(np.float64)
        values, left = np.linalg.eigh((exact @ exact.T).toarray())
    else:
        basis, within = _krylov(matrix, across)
        values, turns = np.linalg.eigh(within, UPLO="U")
        left = basis @ turns[:, -wanted:]
    strongest = np.ascontiguousarray(left[:, : -wanted - 1 : -1])
    scale = 1.0 / np.sqrt(np.maximum(values[: -wanted - 1 : -1], 1e-9))
    directions: NDArray[np.float32] = (across @ strongest * scale).astype(np.float32)
    return directions


def _krylov(
    matrix: sparse.csr_matrix, across: sparse.csr_matrix
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Directions of documents, orthonormal, that hold the strongest; `matrix` by `across` within.

    Of the second, which is symmetric, only the upper half is filled.
    """
    documents, size = matrix.shape[0], _AT_ONCE * _BLOCKS
    noise = np.random.default_rng(0).standard_normal((documents, _AT_ONCE)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=0)
    basis = np.empty((documents, size), np.float32, order="F")
    within = np.zeros((size, size), np.float32)
    latest, _ = np.linalg.qr(noise)
    for begin in range(0, size, _AT_ONCE):
        end = begin + _AT_ONCE
        basis[:, begin:end] = latest
        known = basis[:, :end]
        following = matrix @ (across @ latest)
        within[:end, begin:end] = shares = known.T @ following
        following += _LEAST * noise - known @ shares
        latest, _ = np.linalg.qr(following)
        # Once more, since rounding leaves of what was taken out.
        latest, _ = np.linalg.qr(latest - known @ (known.T @ latest))
    return basis, within


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
