"""Scores of every document for a query (first stage), and features of the best ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.index import Index
from bot.core.query import CONCEPTS, EXPANSION, GRAMS, ORIGINAL, Query

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


def score(index: Index, query: Query, keep: int) -> Scored:
    """The best `keep` documents by the first stage, with their features."""
    postings = index.postings
    terms = np.array(query.terms, np.int32)
    groups = np.array(query.groups, np.int8)
    weights = np.array(query.weights, np.float32)
    runs, lengths = _runs(postings.start, terms)
    docs = _joined(postings.docs, runs)
    gains = (weights * _GROUP_WEIGHTS[groups]).repeat(lengths) * _joined(postings.impact, runs)
    likeness, covered, sounds = _phrases(index, query, terms, groups)
    first = np.bincount(docs, gains, postings.size) + _PHRASE_WEIGHT * likeness
    candidates = _best(first, keep)
    slots = np.full(postings.size, -1, np.int32)
    slots[candidates] = np.arange(len(candidates), dtype=np.int32)
    near = slots.take(docs)
    kept = (near >= 0).nonzero()[0]
    near = near.take(kept)
    owner = np.arange(len(terms)).repeat(lengths).take(kept)
    features = np.empty((len(candidates), len(FEATURES)))
    features[:, 0] = first.take(candidates)
    _coverage(features, query, postings.idf[terms], groups, near, owner, postings.size)
    features[:, 3] = rcov = covered.take(candidates)
    features[:, 4] = 2 * rcov * features[:, 1] / np.maximum(rcov + features[:, 1], 1e-6)
    _meaning(features, index, terms, weights, candidates)
    features[:, 7] = sounds.take(candidates)
    # Of the titles only what the candidates hold is read.
    places = kept + (postings.start[terms] + lengths - lengths.cumsum()).take(owner)
    grams = (weights * (groups == GRAMS)).take(owner) * postings.title.take(places)
    features[:, 8] = np.bincount(near, grams, len(candidates))
    features[:, 9] = index.title_length.take(candidates)
    return Scored(candidates, features, likeness.take(candidates) / 2)


def _coverage(
    features: Vector,
    query: Query,
    idf: Vector,
    groups: Vector,
    near: Vector,
    owner: Vector,
    size: int,
) -> None:
    """Shares of the question, by idf, that the candidates hold: its words, its concepts."""
    unknown = len(query.unknown) * math.log1p(size)
    for column, group, missing in ((1, ORIGINAL, unknown), (2, CONCEPTS, 0.0)):
        asked = idf * (groups == group)
        held = np.bincount(near, asked.take(owner), len(features))
        features[:, column] = held / max(float(asked.sum()) + missing, 1e-6)


def _meaning(
    features: Vector, index: Index, terms: Vector, weights: Vector, candidates: Vector
) -> None:
    """Cosines of latent meaning: whole candidates, their titles, titles with even terms."""
    postings, latent = index.postings, index.latent
    strength = weights * postings.idf.take(terms) * postings.latent_weight.take(terms)
    rows = latent.row.take(terms)
    axes = latent.axes.take(rows, axis=0)
    even = strength @ axes
    meaning = (strength * latent.length.take(rows)) @ axes
    even /= max(math.sqrt(float(even @ even)), 1e-9)
    meaning /= max(math.sqrt(float(meaning @ meaning)), 1e-9)
    # One fetch: an entry's vectors are neighbours.
    placed = latent.placed.take(candidates, axis=0).reshape(3 * len(candidates), len(even))
    features[:, 5:7] = (placed @ meaning).reshape(-1, 3)[:, :2]
    features[:, 10] = placed[2::3] @ even


def _runs(start: Vector, terms: Vector) -> tuple[list[slice], Vector]:
    """Where the list of each term stands, and how long it is."""
    begins, ends = start[terms], start[terms + 1]
    return list(map(slice, begins.tolist(), ends.tolist())), ends - begins


def _joined(values: Vector, runs: Sequence[slice]) -> Vector:
    """The lists one after the other; copying runs is faster than picking single places."""
    # Slices of a memoryview, and bytes, take half the time of arrays.
    joined: Vector = np.frombuffer(b"".join(map(values.data.__getitem__, runs)), values.dtype)
    return joined


def _best(values: Vector, keep: int) -> Vector:
    """The places of the `keep` largest positive values, largest first, ties by place."""
    enough = values > 0
    if keep < len(values):
        least = np.partition(values, len(values) - keep)[len(values) - keep]
        if least > 0:
            enough = values >= least
    places = enough.nonzero()[0]
    ordered: Vector = places.take((-values.take(places)).argsort(kind="stable")[:keep])
    return ordered


def _phrases(
    index: Index, query: Query, terms: Vector, groups: Vector
) -> tuple[Vector, Vector, Vector]:
    """For each document, over its phrases: likeness, share of the phrase explained, likeness in sound.

    Likeness is the cosine of words and that of sounds of the one phrase that is closest in both.
    """
    phrases = index.phrases
    size = phrases.size
    spread = groups <= EXPANSION
    words = terms[spread]
    own = (groups[spread] == ORIGINAL) * phrases.idf[words]
    own = own / max(math.sqrt(float(own @ own)), 1e-6)
    sounds = np.array(query.sounds, np.int32)
    heard = phrases.idf[sounds]
    heard = heard / max(math.sqrt(float(heard @ heard)), 1e-6)
    # Words and sounds are fetched in one go: the sounds' lists come behind those of the words.
    runs, lengths = _runs(phrases.start, np.concatenate((words, sounds)))
    rows, weight = _joined(phrases.rows, runs), _joined(phrases.weight, runs)
    likeness = np.concatenate((own, heard)).repeat(lengths) * weight
    spoken = int(lengths[: len(words)].sum())
    by_word = np.bincount(rows[:spoken], likeness[:spoken], size)
    by_sound = np.bincount(rows[spoken:], likeness[spoken:], size)
    held = np.bincount(rows[:spoken], weight[:spoken], size) * phrases.cover
    if size == len(phrases.first):  # one phrase each
        return by_word + by_sound, held, by_sound
    first = phrases.first
    closest = np.maximum.reduceat(by_word + by_sound, first)
    return closest, np.maximum.reduceat(held, first), np.maximum.reduceat(by_sound, first)
