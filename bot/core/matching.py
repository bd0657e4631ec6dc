"""From a resident's message to ranked candidates. Pure, thread-safe, never raises on any text."""

from __future__ import annotations

import numpy as np

from bot.core.confidence import Signals, probabilities
from bot.core.documents import Document, Match, Ranking
from bot.core.explain import explain
from bot.core.index import Index, build_index
from bot.core.query import CONCEPTS, read_query
from bot.core.rerank import rerank
from bot.core.scoring import score
from bot.core.tokens import Tokenize

__all__ = ["Document", "Index", "Match", "Ranking", "build_index", "explain", "rank"]

_CANDIDATES = 60


def rank(index: Index, text: str, tokenize: Tokenize, limit: int = 10) -> Ranking:
    """The best `limit` documents for a message, best first, with calibrated probabilities."""
    if not index.ids:
        return Ranking((), 0.0, 0.0, 0.0)
    query = read_query(index, text, tokenize)
    scored = score(index, query, max(_CANDIDATES, limit))
    if not len(scored.candidates):
        return Ranking((), 0.0, 0.0, 0.0)
    values = rerank(scored.features)
    order = np.argsort(-values, kind="stable")
    matches = tuple(
        Match(index.ids[document], value)
        for document, value in zip(
            scored.candidates[order[:limit]].tolist(), values[order[:limit]].tolist(), strict=True
        )
    )
    best = order[:5]
    first = float(scored.features[best[0], 0])
    signals = Signals(
        score=first,
        margin2=float(values[best[0]] - values[best[1]]) if len(best) > 1 else 3.0,
        margin4=float(values[best[0]] - values[best[3]]) if len(best) > 3 else 3.0,
        phrase=float(scored.phrase[best[0]]),
        covered=float(scored.features[best[0], 1]),
        unknown=len(query.unknown) / max(1, len(query.words)),
        concepts=query.groups.count(CONCEPTS),
    )
    return Ranking(matches, *probabilities(signals))
