"""Scores of every document for a query (first stage), and features of the best ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.core.index import Index
from bot.core.query import Query

Vector = NDArray[Any]
_Part = tuple[list[memoryview], Vector, Vector]  # lists, their lengths, what each of them adds
FEATURES = (
    "first",  # the first stage's score
    "covd",  # share of the question's words (by idf) that the document holds
    "ccovd",  # the same of the word list's lines that fired
    "rcov",  # share of the closest phrase that the question explains
    "both",  # harmonic mean of `covd` and `rcov`
    "latent",  # cosine of latent meaning with the whole document
    "latent_title",  # with its title
    "sound",  # likeness to the closest phrase in sound
    "gram_title",  # weighted idf of the question's grams that are in titles
    "title_length",
    "latent_even",  # cosine of latent meaning with the title, every term counting alike
    "generality",  # of the title
)
_GROUP_WEIGHTS = np.array([1.0, 1.0, 0.3, 0.9], np.float32)
_PHRASE_WEIGHT = 5.0


@dataclass(frozen=True, eq=False)
class Scored:
    """The candidates (document numbers, best first stage first) and a row of features for each."""

    candidates: Vector
    features: Vector  # columns as in FEATURES
    phrase: Vector  # likeness of each candidate's closest phrase, cosine of words and of sounds


class _Asked(NamedTuple):
    """A query's terms and sounds as arrays: `weights` and `idf` of terms, `heard` in phrases.

    Own words come first, then expansions up to `words`, grams up to `grams`, concepts up to
    `end`, then sounds; `heard` has words and sounds alone.
    """

    numbers: Vector
    weights: Vector
    idf: Vector
    heard: Vector
    own: int
    words: int
    grams: int
    end: int


def score(index: Index, query: Query, keep: int) -> Scored:
    """The best `keep` documents by the first stage, with their features."""
    asked = _asked(index, query)
    by_document, by_phrase = _sums(index, query, asked)
    first = by_document[0] + _PHRASE_WEIGHT * by_phrase[0]
    candidates = _best(first, keep)
    _, held, named, titled = by_document.take(candidates, axis=1)
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
    features[11] = index.generality.take(candidates)
    return Scored(candidates, features.T, likeness / 2)


def _asked(index: Index, query: Query) -> _Asked:
    own, words, grams, count = accumulate(query.sizes)
    numbers = np.array(query.terms + query.sounds, np.intp)
    return _Asked(
        numbers,
        np.array(query.weights, np.float32),
        index.postings.idf.take(numbers[:count]),
        index.phrases.idf.take(np.concatenate((numbers[:words], numbers[count:]))),
        own,
        words,
        grams,
        count,
    )


def _sums(index: Index, query: Query, asked: _Asked) -> tuple[Vector, Vector]:
    """Four rows over documents and three over documents' phrases.

    BM25F, idf of own words held, of concepts held, weighted idf of grams in titles; likeness, share
    of the phrase explained, likeness in sound. Likeness is the cosine of words and that of sounds of
    the one phrase that is closest in both. It is one pass: each sum has places of its own.
    """
    parts, impact = _parts(index, query, asked)
    lists, lengths, adds = zip(*parts, strict=True)
    runs = np.concatenate(lengths)
    gains = np.concatenate(adds).repeat(runs)
    gains[: len(impact)] *= impact
    places = index.places.repeat(list(map(len, lists))).repeat(runs)
    places += _joined(chain.from_iterable(lists), index.lists.phrases.format)
    size = 4 * index.postings.size
    sums = np.bincount(places, gains, size + 3 * index.phrases.size)
    by_phrase = sums[size:].reshape(3, -1) * index.phrases.scales
    by_phrase[0] += by_phrase[2]
    if index.phrases.size != index.postings.size:
        by_phrase = np.maximum.reduceat(by_phrase, index.phrases.first, axis=1)
    return sums[:size].reshape(4, -1), by_phrase


def _parts(index: Index, query: Query, asked: _Asked) -> tuple[tuple[_Part, ...], Vector]:
    """What the sums run over, in their order, and the impacts that multiply the gains of the first."""
    _, weights, idf, heard, own, words, grams, end = asked
    docs, impact, titles, rows = index.lists
    spans = index.spans.take(asked.numbers, axis=0)
    in_docs, in_said = (spans[:, 1::2] - spans[:, ::2]).T
    held = list(map(slice, *spans[:end, :2].T.tolist()))
    said = list(map(slice, *spans[:, 2:].T.tolist()))
    whole = [docs[place] for place in held]
    titled = [titles[place] for place in said[words:grams]]
    worded = [rows[place] for place in said[:words]]
    sounding = [rows[place] for place in said[end:]]
    squares = heard * heard
    parts = (
        (whole, in_docs[:end], weights * _GROUP_WEIGHTS.repeat(query.sizes)),
        (whole[:own], in_docs[:own], idf[:own]),
        (whole[grams:], in_docs[grams:end], idf[grams:]),
        (titled, in_said[words:grams], weights[words:grams] * idf[words:grams]),
        (worded[:own], in_said[:own], _normed(squares[:own])),
        (worded, in_said[:words], heard[:words]),
        (sounding, in_said[end:], _normed(squares[words:])),
    )
    return parts, _joined([impact[place] for place in held], impact.format)


def _joined(lists: Iterable[memoryview], kind: str) -> Vector:
    """Lists one after the other.

    Copying runs is faster than picking single places, where lists are long; slices of memory,
    joined as bytes, take half the time of arrays.
    """
    joined: Vector = np.frombuffer(b"".join(lists), kind)
    return joined


def _normed(squares: Vector) -> Vector:
    """Squares over the length of what was squared."""
    normed: Vector = squares / max(math.sqrt(float(np.add.reduce(squares))), 1e-6)
    return normed


def _meaning(features: Vector, index: Index, asked: _Asked, candidates: Vector) -> None:
    """Cosines of latent meaning: whole candidates, their titles, titles with even terms."""
    latent, terms = index.latent, asked.numbers[: asked.end]
    strength = asked.weights * asked.idf * index.postings.latent_weight.take(terms)
    rows = latent.row.take(terms)
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
