"""Measures of a ranked list against graded judgements, as in the public benchmark's table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

CUT = 10


def recall(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Relevant ids (grade 1 and more) among the first ten, over all relevant ids."""
    return sum(item in relevant for item in ranked[:CUT]) / len(relevant)


def precision(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Relevant ids among the first ten, over ten."""
    return sum(item in relevant for item in ranked[:CUT]) / CUT


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """Discounted gain with gain = grade, log2(rank + 1), over the best possible."""
    gained = _discounted(relevant.get(item, 0) for item in ranked[:CUT])
    return gained / _discounted(sorted(relevant.values(), reverse=True)[:CUT])


def _discounted(grades: Iterable[int]) -> float:
    return sum(grade / math.log2(rank + 2) for rank, grade in enumerate(grades))


def reciprocal_rank(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """One over the place of the first relevant id among the first ten, or 0."""
    return next((1.0 / rank for rank, item in enumerate(ranked[:CUT], 1) if item in relevant), 0.0)


def summary(
    rankings: Mapping[str, Sequence[str]], judgements: Mapping[str, Mapping[str, int]]
) -> dict[str, float]:
    """The mean of every measure over the questions."""
    pairs = [(rankings[key], judgements[key]) for key in rankings if judgements.get(key)]

    def mean(values: Iterable[float]) -> float:
        return round(sum(values) / max(1, len(pairs)), 4)

    found = {
        "recall@10": mean(recall(*pair) for pair in pairs),
        "precision@10": mean(precision(*pair) for pair in pairs),
        "ndcg@10": mean(ndcg(*pair) for pair in pairs),
        "mrr": mean(reciprocal_rank(*pair) for pair in pairs),
    }
    for cut in (1, 3, 10):
        found[f"hit@{cut}"] = mean(
            float(any(item in relevant for item in ranked[:cut])) for ranked, relevant in pairs
        )
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of the values do not exceed; 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def memory_mib() -> float:
    """Memory of this process in MiB: its proportional share (PSS), where Linux tells."""
    try:
        lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    sizes = [int(line.split()[1]) for line in lines if line.startswith("Pss:")]
    return round(sum(sizes) / 1024, 1)
