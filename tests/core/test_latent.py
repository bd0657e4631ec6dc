"""The axes of latent meaning beside the exact decomposition."""

import numpy as np
import pytest
from scipy import sparse

from bot.core.latent import DIMENSIONS, latent


def _axes(matrix: np.ndarray) -> np.ndarray:
    """What `latent` finds for a matrix, each axis as long as it reaches."""
    rows = sparse.csr_matrix(matrix.astype(np.float32))
    found = latent(rows, rows, rows[:0])
    return found.axes[found.row] * found.length[found.row, None]


@pytest.mark.parametrize("size", [400, 700])
@pytest.mark.parametrize(("strongest", "missed"), [(1.0, 0.2), (5.0, 0.2), (3000.0, 5.0)])
def test_axes_span_the_strongest_directions(size: int, strongest: float, missed: float) -> None:
    chance = np.random.default_rng(3)
    left, right = (np.linalg.qr(chance.random((size, size)))[0] for _ in range(2))
    strengths = np.concatenate(([strongest], np.geomspace(1.0, 0.05, size - 1)))
    exact = right[:, :DIMENSIONS]
    found, _ = np.linalg.qr(_axes(left @ np.diag(strengths) @ right.T))
    cosines = np.linalg.svd(exact.T @ found)[1]
    assert cosines[: DIMENSIONS // 2].min() > 0.999
    assert DIMENSIONS - (cosines**2).sum() < missed


def test_a_matrix_of_few_directions_gives_finite_axes() -> None:
    for matrix in (np.outer(np.arange(1, 9), np.arange(1, 7)), np.eye(4), np.ones((300, 260))):
        assert np.isfinite(_axes(matrix)).all()
