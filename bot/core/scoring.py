"""Scores of every document for a query (first stage), and features of the best ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.index import Index
from bot.core.query import CONCEPTS, EXPANSION, GRAMS, ORIGINAL, Query

Vector = NDArray[Any]
FEATURES = ("first", "covd", "ccovd", "rcov", "both", "latent", "latent_title", "sound", "gram_title", "title_length")  # fmt: skip
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
    terms = np.array(query.terms, np.int32)
    groups = np.array(query.groups, np.int8)
    weights = np.array(query.weights, np.float32)
    hits = _gather(index.postings.start, terms)
    postings = index.postings
    docs = postings.docs[hits.places]
    gains = (weights * _GROUP_WEIGHTS[groups])[hits.owner] * postings.impact[hits.places]
    words, covered, sounds = _phrases(index, query, terms, groups)
    first = np.bincount(docs, gains, postings.size) + _PHRASE_WEIGHT * (words + sounds)
    candidates = _best(first, keep)
    slots = np.full(postings.size, -1, np.int32)
    slots[candidates] = np.arange(len(candidates), dtype=np.int32)
    near = slots[docs]
    kept = near >= 0
    near, owner, places = near[kept], hits.owner[kept], hits.places[kept]
    size = len(candidates)
    idf = postings.idf[terms]
    asked = idf * (groups == ORIGINAL)
    asked_about = idf * (groups == CONCEPTS)
    unknown = len(query.unknown) * float(np.log1p(postings.size))
    covd = np.bincount(near, asked[owner], size) / max(float(asked.sum()) + unknown, 1e-6)
    ccovd = np.bincount(near, asked_about[owner], size) / max(float(asked_about.sum()), 1e-6)
    grams = (weights * (groups == GRAMS))[owner] * postings.title[places]
    rcov = covered[candidates]
    meaning = (weights * idf * postings.latent_weight[terms]) @ index.latent.axes[
        index.latent.row[terms]
    ]
    meaning = meaning / max(float(np.sqrt(meaning @ meaning)), 1e-9)
    columns = (
        first[candidates],
        covd,
        ccovd,
        rcov,
        2 * rcov * covd / np.maximum(rcov + covd, 1e-6),
        index.latent.whole[candidates] @ meaning,
        index.latent.title[candidates] @ meaning,
        sounds[candidates],
        np.bincount(near, grams, size),
        index.title_length[candidates],
    )
    phrase = (words + sounds)[candidates] / 2
    return Scored(candidates, np.stack(columns, axis=1), phrase)


@dataclass(frozen=True, eq=False)
class _Hits:
    places: Vector  # into the postings
    owner: Vector  # which query term


def _gather(start: Vector, terms: Vector) -> _Hits:
    begins = start[terms]
    lengths = start[terms + 1] - begins
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    owner = np.repeat(np.arange(len(terms)), lengths)
    return _Hits(np.arange(total) + (begins - (ends - lengths))[owner], owner)


def _best(values: Vector, keep: int) -> Vector:
    """The places of the `keep` largest positive values, largest first, ties by place."""
    if keep < len(values):
        places = np.sort(np.argpartition(values, len(values) - keep)[len(values) - keep :])
    else:
        places = np.arange(len(values))
    places = places[values[places] > 0]
    ordered: Vector = places[np.argsort(-values[places], kind="stable")]
    return ordered


def _phrases(
    index: Index, query: Query, terms: Vector, groups: Vector
) -> tuple[Vector, Vector, Vector]:
    """For each document, over its phrases: word cosine, share of the phrase explained, sound cosine.

    Word and sound cosine are those of the one phrase that is closest in both together.
    """
    phrases = index.phrases
    spread = groups <= EXPANSION
    words = terms[spread]
    own = (groups[spread] == ORIGINAL) * phrases.idf[words]
    own = own / max(float(np.sqrt(own @ own)), 1e-6)
    hits = _gather(phrases.start, words)
    rows = phrases.rows[hits.places]
    weight = phrases.weight[hits.places]
    by_word = np.bincount(rows, own[hits.owner] * weight, phrases.size)
    covered = np.bincount(rows, weight, phrases.size) * phrases.cover
    sounds = np.array(query.sounds, np.int32)
    heard = phrases.idf[sounds]
    heard = heard / max(float(np.sqrt(heard @ heard)), 1e-6)
    hits = _gather(phrases.start, sounds)
    by_sound = np.bincount(
        phrases.rows[hits.places], heard[hits.owner] * phrases.weight[hits.places], phrases.size
    )
    first = phrases.first
    together = np.maximum.reduceat(by_word + by_sound, first)
    sound = np.maximum.reduceat(by_sound, first)
    return together - sound, np.maximum.reduceat(covered, first), sound
