"""Scores of every document for a query (first stage), and features of the best ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.core.index import Index
from bot.core.query import Query

Vector = NDArray[Any]
FEATURES = ("first", "covd", "ccovd", "rcov", "both", "latent", "latent_title", "sound", "gram_title", "title_length", "latent_even")  # fmt: skip
_GROUP_WEIGHTS = np.array([1.0, 1.0, 0.3, 0.9], np.float32)
_PHRASE_WEIGHT = 5.0


@dataclass(frozen=True, eq=False)
class Scored:
    """The candidates (document numbers, best first stage first) and a row of features for each."""

    candidates: Vector
    features: Vector  # columns as in FEATURES
    phrase: Vector  # likeness of each candidate's closest phrase, cosine of words and of sounds


class _Asked(NamedTuple):
    """A query's terms as arrays: `weights` and `idf` for each, where their lists begin and end.

    Own words come first, then expansions up to `words`, grams up to `grams`, concepts.
    """

    terms: Vector
    weights: Vector
    idf: Vector
    own: int
    words: int
    grams: int
    spans: list[list[int]]  # `Index.spans` of terms, then of sounds, a list for each column
    lengths: Vector  # of the lists in documents, titles and phrases (rows), in the same order
    heard: Vector  # idf in phrases of words, then of sounds


def score(index: Index, query: Query, keep: int) -> Scored:
    """The best `keep` documents by the first stage, with their features."""
    asked = _asked(index, query)
    by_document, by_phrase = _sums(index, asked)
    first = _first(index, query, asked) + _PHRASE_WEIGHT * by_phrase[0]
    candidates = _best(first, keep)
    held, named, titled = by_document.take(candidates, axis=1)
    likeness, covered, sound = by_phrase.take(candidates, axis=1)
    unknown = len(query.unknown) * math.log1p(index.postings.size)
    own = float(np.add.reduce(asked.idf[: asked.own])) + unknown
    concepts = float(np.add.reduce(asked.idf[asked.grams :]))
    features = np.empty((len(FEATURES), len(candidates)))
    features[0] = first.take(candidates)
    features[1] = held = held / max(own, 1e-6)
    features[2] = named / max(concepts, 1e-6)
    features[3] = covered
    features[4] = 2 * covered * held / np.maximum(covered + held, 1e-6)
    _meaning(features, index, asked, candidates)
    features[7] = sound
    features[8] = titled
    features[9] = index.title_length.take(candidates)
    return Scored(candidates, features.T, likeness / 2)


def _asked(index: Index, query: Query) -> _Asked:
    own, words, grams, count = accumulate(query.sizes)
    numbers = np.array(query.terms + query.sounds, np.intp)
    spans = index.spans.take(numbers, axis=0)
    return _Asked(
        numbers[:count],
        np.array(query.weights, np.float32),
        index.postings.idf.take(numbers[:count]),
        own,
        words,
        grams,
        spans.T.tolist(),
        spans[:, 1::2] - spans[:, ::2],
        index.phrases.idf.take(np.concatenate((numbers[:words], numbers[count:]))),
    )


def _first(index: Index, query: Query, asked: _Asked) -> Vector:
    """BM25F of each document."""
    postings, count = index.postings, len(asked.terms)
    docs, impact = (_joined(values, asked, count) for values in (postings.docs, postings.impact))
    weights = asked.weights * _GROUP_WEIGHTS.repeat(query.sizes)
    gains = weights.repeat(asked.lengths[:count, 0])
    gains *= impact
    return np.bincount(docs, gains, postings.size)


def _sums(index: Index, asked: _Asked) -> tuple[Vector, Vector]:
    """Three rows over documents and three over documents' phrases; no sum knows of BM25F.

    Idf of own words held, of concepts held, weighted idf of grams in titles; likeness, share of the
    phrase explained, likeness in sound. Likeness is the cosine of words and that of sounds of the one
    phrase that is closest in both. It is one pass: each sum has places of its own.
    """
    postings, phrases = index.postings, index.phrases
    own, words, grams, count = asked.own, asked.words, asked.grams, len(asked.terms)
    heard, end = asked.heard, len(asked.lengths)
    squares = heard * heard
    parts = (  # lists, the column of their lengths, whose, what each adds
        (postings.docs, 0, 0, own, asked.idf[:own]),
        (postings.docs, 0, grams, count, asked.idf[grams:]),
        (postings.title_docs, 1, words, grams, asked.weights[words:grams] * asked.idf[words:grams]),
        (phrases.rows, 2, 0, own, _normed(squares[:own])),
        (phrases.rows, 2, 0, words, heard[:words]),
        (phrases.rows, 2, count, end, _normed(squares[words:])),
    )
    lists: list[memoryview] = []
    for values, column, begin, stop, _ in parts:
        lists += _lists(values, asked, column, begin, stop)
    lengths = np.concatenate([asked.lengths[begin:stop, k] for _, k, begin, stop, _ in parts])
    gains = np.concatenate([part[4] for part in parts]).repeat(lengths)
    places = index.places.repeat([part[3] - part[2] for part in parts]).repeat(lengths)
    places += np.frombuffer(b"".join(lists), phrases.rows.dtype)
    size = 3 * postings.size
    sums = np.bincount(places, gains, size + 3 * phrases.size)
    by_phrase = sums[size:].reshape(3, -1) * phrases.scales
    by_phrase[0] += by_phrase[2]
    if phrases.size != postings.size:
        by_phrase = np.maximum.reduceat(by_phrase, phrases.first, axis=1)
    return sums[:size].reshape(3, -1), by_phrase


def _normed(squares: Vector) -> Vector:
    """Squares over the length of what was squared."""
    normed: Vector = squares / max(math.sqrt(float(np.add.reduce(squares))), 1e-6)
    return normed


def _joined(values: Vector, asked: _Asked, count: int) -> Vector:
    """The documents' lists of all terms, one after the other."""
    joined: Vector = np.frombuffer(b"".join(_lists(values, asked, 0, 0, count)), values.dtype)
    return joined


def _lists(values: Vector, asked: _Asked, column: int, begin: int, end: int) -> list[memoryview]:
    """The lists of some terms in documents, titles or phrases (column 0, 1, 2), to be joined.

    Copying runs is faster than picking single places, where lists are long.
    """
    begins, ends = asked.spans[2 * column : 2 * column + 2]
    data = values.data  # its slices, joined as bytes, take half the time of arrays
    return [data[b:e] for b, e in zip(begins[begin:end], ends[begin:end], strict=True)]


def _meaning(features: Vector, index: Index, asked: _Asked, candidates: Vector) -> None:
    """Cosines of latent meaning: whole candidates, their titles, titles with even terms."""
    latent = index.latent
    strength = asked.weights * asked.idf * index.postings.latent_weight.take(asked.terms)
    rows = latent.row.take(asked.terms)
    axes = latent.axes.take(rows, axis=0)
    even = strength @ axes
    meaning = (strength * latent.length.take(rows)) @ axes
    even /= max(math.sqrt(float(even @ even)), 1e-9)
    meaning /= max(math.sqrt(float(meaning @ meaning)), 1e-9)
    # One fetch: an entry's vectors are neighbours.
    placed = latent.placed.take(candidates, axis=0).reshape(3 * len(candidates), len(even))
    features[5:7] = (placed @ meaning).reshape(-1, 3).T[:2]
    features[10] = placed[2::3] @ even


def _best(values: Vector, keep: int) -> Vector:
    """The places of the `keep` largest positive values, largest first, ties by place."""
    least = 0.0
    if keep < len(values):
        ordered = values.copy()
        ordered.partition(len(values) - keep)
        least = float(ordered[len(values) - keep])
    places = (values >= least if least > 0 else values > 0).nonzero()[0]
    best: Vector = places.take((-values.take(places)).argsort(kind="stable")[:keep])
    return best
