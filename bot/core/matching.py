"""From a resident's message to ranked candidates. Pure, thread-safe, never raises on any text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.confidence import Signals, probabilities
from bot.core.documents import Document, Match, Ranking
from bot.core.explain import explain
from bot.core.index import Index, build_index
from bot.core.query import CONCEPTS, ORIGINAL, Query, read_query
from bot.core.tokens import Tokenize

__all__ = ["Document", "Index", "Match", "Ranking", "build_index", "explain", "rank"]

Vector = NDArray[Any]
_GROUP_WEIGHTS = np.array([1.0, 1.0, 0.3, 0.9])
_PHRASE_WORDS, _PHRASE_SOUNDS = 10.0, 10.0


def rank(index: Index, text: str, tokenize: Tokenize, limit: int = 10) -> Ranking:
    """The best `limit` documents for a message, best first, with calibrated probabilities."""
    query = read_query(index, text, tokenize)
    if not index.ids:
        return Ranking((), 0.0, 0.0, 0.0)
    scores, covered = _first_stage(index, query)
    phrase = _phrase_similarity(index, query)
    total = scores + _PHRASE_WORDS * phrase
    count = min(max(limit, 5), len(total))
    best = np.argpartition(-total, count - 1)[:count]
    best = best[np.lexsort((best, -total[best]))]
    best = best[total[best] > 0]
    matches = tuple(Match(index.ids[i], round(float(total[i]), 4)) for i in best[:limit])
    return Ranking(matches, *probabilities(_signals(index, query, best, total, phrase, covered)))


def _first_stage(index: Index, query: Query) -> tuple[Vector, Vector]:
    size = len(index.ids)
    if not query.terms:
        return np.zeros(size), np.zeros(size)
    postings = index.postings
    terms = np.asarray(query.terms, np.int32)
    groups = np.asarray(query.groups)
    weights = np.asarray(query.weights) * _GROUP_WEIGHTS[groups]
    starts = postings.start[terms]
    lengths = postings.start[terms + 1] - starts
    places = _ranges(starts, lengths)
    docs = postings.docs[places]
    scores = np.bincount(docs, np.repeat(weights, lengths) * postings.impact[places], size)
    asked = (groups == ORIGINAL) * index.idf[terms]
    total = float(asked.sum()) + sum(np.log1p(size) for _ in query.unknown)
    covered = np.bincount(docs, np.repeat(asked, lengths), size)
    return scores, covered / total if total else covered


def _ranges(starts: Vector, lengths: Vector) -> Vector:
    """The numbers start..start+length of each pair, one after the other."""
    ends = np.cumsum(lengths)
    if not len(ends):
        return np.zeros(0, np.int64)
    places: Vector = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
    return places


def _phrase_similarity(index: Index, query: Query) -> Vector:
    """For each document its most similar phrase: cosine of words plus cosine of sounds (0..2)."""
    phrases = index.phrases
    rows = np.zeros(phrases.size)
    for terms in (query.phrase_words, query.phrase_sounds):
        if not terms:
            continue
        number = np.asarray(terms, np.int32)
        idf = phrases.idf[number]
        starts = phrases.start[number]
        lengths = phrases.start[number + 1] - starts
        places = _ranges(starts, lengths)
        weight = np.repeat(idf / np.linalg.norm(idf), lengths) * phrases.weight[places]
        rows += np.bincount(phrases.rows[places], weight, phrases.size)
    similarity: Vector = np.maximum.reduceat(rows, phrases.first)
    return similarity


def _signals(
    index: Index,
    query: Query,
    best: Vector,
    total: Vector,
    phrase: Vector,
    covered: Vector,
) -> Signals:
    if not len(best):
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0)
    top = float(total[best[0]])
    second = float(total[best[1]]) if len(best) > 1 else 0.0
    fourth = float(total[best[3]]) if len(best) > 3 else 0.0
    unknown = len(query.unknown) / len(query.words) if query.words else 0.0
    return Signals(
        score=top,
        margin2=(top - second) / top,
        margin4=(top - fourth) / top,
        phrase=float(phrase[best[0]]) / 2,
        covered=float(covered[best[0]]),
        unknown=unknown,
        concepts=sum(group == CONCEPTS for group in query.groups),
    )
