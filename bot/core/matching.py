"""From a resident's message to ranked candidates. Pure, thread-safe, never raises on any text."""

from __future__ import annotations

import numpy as np

from bot.core.confidence import probabilities, signals
from bot.core.documents import Document, Match, Ranking
from bot.core.explain import explain
from bot.core.index import Index, build_index
from bot.core.query import read_query
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
    first = order[0]
    vector = signals(
        values[order],
        scored.features[first],
        float(scored.phrase[first]),
        len(query.words),
        len(query.unknown),
        len(query.fired),
    )
    return Ranking(matches, *probabilities(vector))
