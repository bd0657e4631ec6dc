"""Latent meaning: words that keep the same company are near, learned from the index alone.

Truncated singular value decomposition of the document-term matrix (Deerwester and others, 1990)
by randomised subspace iteration (Halko, Martinsson and Tropp, 2011), accelerated by Chebyshev
polynomials (Zhou, Saad, Tiago and Chelikowsky, 2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy import sparse  # type: ignore[import-untyped]  # no stubs among the locked packages

DIMENSIONS = 150
# Enough for another random start to change nothing that matters: with 4 plain steps and 10
# directions more than wanted, Hit@1 on the public set moved by 0.010 with the start. Of its 150
# directions these miss 0.03 in squares; eight plain steps missed 0.15 and took half as long again.
_STEPS, _AT_ONCE = 6, 3
_OVERSAMPLED = 100
_STEEPEST = (
    1e6  # how far the strongest direction is drawn out at once: single precision has 7 digits
)


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
    sketch = min(wanted + _OVERSAMPLED, documents, terms)
    across = matrix.T.tocsr()
    start = np.random.default_rng(0).standard_normal((terms, sketch)).astype(np.float32)
    basis, _ = np.linalg.qr(matrix @ start)
    image = across @ basis
    left = _STEPS
    while left > 0:
        drawn, steps = _drawn_out(matrix, across, basis, image, left)
        basis, _ = np.linalg.qr(drawn)
        image = across @ basis
        left -= steps
    values, turns = np.linalg.eigh(image.T @ image)
    strongest = np.argsort(-values)[:wanted]
    scale = 1.0 / np.sqrt(np.maximum(values[strongest], 1e-9))
    directions: NDArray[np.float32] = (image @ (turns[:, strongest] * scale)).astype(np.float32)
    return directions


def _drawn_out(
    matrix: sparse.csr_matrix,
    across: sparse.csr_matrix,
    basis: NDArray[np.float32],
    image: NDArray[np.float32],
    left: int,
) -> tuple[NDArray[np.float32], int]:
    """The basis with its strong directions drawn out by at most `left` steps, and by how many.

    A Chebyshev polynomial of `matrix` by `across`: at most 1 up to the weakest direction of the
    basis, and steeper than any power beyond. `image` is `across` by the basis.
    """
    strengths = np.linalg.eigvalsh(image.T @ image)
    edge, strongest = float(strengths[0]), float(strengths[-1])
    current: NDArray[np.float32] = matrix @ image
    if edge <= strongest / _STEEPEST:  # too weak to be told from rounding
        return current, 1
    growth = math.acosh(2.0 * strongest / edge - 1.0)  # each step's, as a logarithm
    steps = min(_AT_ONCE, left, max(1, int(math.log(2.0 * _STEEPEST) / max(growth, 1e-9))))
    before, current = basis, (2.0 / edge) * current - basis
    for _ in range(steps - 1):
        twice = (4.0 / edge) * (matrix @ (across @ current)) - 2.0 * current
        before, current = current, twice - before
    return current, steps


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
