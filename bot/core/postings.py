"""Inverted lists: which documents, and which of their phrases, hold a term and how much it adds.

Scores are BM25F (Robertson, Zaragoza and Taylor, 2004) with one saturation over weighted fields,
and cosine of idf weights for phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bot.core.counts import CONCEPT, FIELDS, READING, DocumentCounts, Vocabulary
from bot.core.terms import GRAM, PHRASE, WORD

if TYPE_CHECKING:
    from scipy import sparse  # type: ignore[import-untyped]  # no stubs among the locked packages

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Spaces = NDArray[np.int8]
Numbers = NDArray[np.uint16] | NDArray[np.int32]  # of documents or phrases
_B = 0.75
_SPACES = (WORD, GRAM, CONCEPT, PHRASE, READING)
_WORDS, _GRAMS, _CONCEPTS = range(3)
_FIELD_WEIGHTS = ((2.0, 1.0, 0.5, 0.3), (3.0, 1.0, 0.5, 0.3), (2.0, 1.0, 0.5, 0.1))
_K1 = (2.0, 3.0, 3.0)
_LATENT_WEIGHTS = np.array([1.0, 0.3, 0.5, 0.0, 0.0], np.float32)


@dataclass(frozen=True, eq=False)
class Postings:
    """For each term number t: `docs[start[t]:start[t+1]]` and what the term adds to each.

    `title_docs[title_start[t]:title_start[t+1]]` are those that have it in the title or a question.
    Numbers of documents are kept in the type that phrases' need: a question waits for memory.
    """

    size: int  # documents
    start: Ints
    docs: Numbers
    impact: Floats  # BM25F over all fields
    title_start: Ints
    title_docs: Numbers
    idf: Floats  # for each term
    latent_weight: Floats  # for each term

    def matrices(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Documents by terms, weighted for latent meaning: whole documents, and titles."""
        # Here and not above: only building needs SciPy, and a start with a saved index is quick.
        from scipy import sparse

        shape = (self.size, len(self.idf))
        gain = self.impact * np.repeat(self.latent_weight, np.diff(self.start))
        named = np.repeat(self.idf * self.latent_weight, np.diff(self.title_start))
        whole, title = (
            sparse.csc_matrix((values, docs.astype(np.int32), start), shape=shape).tocsr()
            for values, docs, start in (
                (gain, self.docs, self.start),
                (named, self.title_docs, self.title_start),
            )
        )
        lengths = np.sqrt(np.asarray(whole.multiply(whole).sum(axis=1)).ravel())
        scale = sparse.diags((1.0 / np.maximum(lengths, 1e-9)).astype(np.float32))
        return (scale @ whole).tocsr(), title

    def line_matrix(self, lines: Sequence[Sequence[int]]) -> sparse.csr_matrix:
        """Lines (their term numbers) by terms, weighted for latent meaning, of unit length."""
        from scipy import sparse

        terms = np.array([term for line in lines for term in line], np.int32)
        ends = np.cumsum([0, *map(len, lines)]).astype(np.int32)
        weight = self.idf[terms] * self.latent_weight[terms]
        owner = np.repeat(np.arange(len(lines)), np.diff(ends))
        lengths = np.sqrt(np.bincount(owner, weight**2, len(lines)))
        weight = (weight / np.maximum(lengths, 1e-9)[owner]).astype(np.float32)
        return sparse.csr_matrix((weight, terms, ends), shape=(len(lines), len(self.idf)))


@dataclass(frozen=True, eq=False)
class Phrases:
    """Title and questions one by one; rows of one document are neighbours.

    The cosine of a phrase with a question is the sum of squared idf over what both hold, times the
    phrase's scale; no weight is kept for a term in a phrase.
    """

    size: int
    first: Ints  # for each document its first phrase
    start: Ints
    rows: Numbers
    idf: Floats  # for each term
    scales: Floats  # 3, phrases: 1 over the length of its words' idf, their sum, its sounds' length


def spaces(vocabulary: Vocabulary) -> Spaces:
    """For each term the code of its namespace."""
    codes = {space: code for code, space in enumerate(_SPACES)}
    heads = map(itemgetter(slice(0, 2)), vocabulary)
    return np.fromiter(map(codes.__getitem__, heads), np.int8, len(vocabulary))


def term_postings(counts: Sequence[DocumentCounts], space: Spaces) -> Postings:
    """Postings of words, kanji grams and concepts over whole documents; `space` is of each term."""
    size = len(counts)
    docs, terms, tallies = _columns(counts)
    used = space[terms] <= _CONCEPTS
    docs, terms, tallies = docs[used], terms[used], tallies[used]
    df = np.bincount(terms, minlength=len(space))
    idf = np.log1p((size - df + 0.5) / (df + 0.5)).astype(np.float32)
    impact = idf[terms] * _saturated(docs, tallies, space[terms], size)
    order = _side_by_side(terms)
    numbers = _narrow(docs[order], sum(len(item.phrases) for item in counts))
    titled = tallies[order, 0] > 0
    return Postings(
        size=size,
        start=_starts(df),
        docs=numbers,
        impact=impact[order],
        title_start=_starts(np.bincount(terms[order][titled], minlength=len(space))),
        title_docs=numbers[titled],
        idf=idf,
        latent_weight=_LATENT_WEIGHTS[space],
    )


def _side_by_side(terms: Ints) -> NDArray[np.intp]:
    """An order in which equal terms are neighbours, in the order of terms; each one's stay in order.

    NumPy sorts numbers of 16 bits by counting, in a tenth of the time of longer ones.
    """
    order = (terms & 0xFFFF).astype(np.uint16).argsort(kind="stable")
    return order[(terms[order] >> 16).astype(np.uint16).argsort(kind="stable")]


def _starts(lengths: NDArray[np.intp]) -> Ints:
    """Where each of lists of these lengths begins, and where the last ends."""
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)


def _narrow(numbers: Ints, size: int) -> Numbers:
    """Numbers below `size` in as few bytes as hold them."""
    return numbers.astype(np.uint16) if size <= np.iinfo(np.uint16).max else numbers


def _columns(counts: Sequence[DocumentCounts]) -> tuple[Ints, Ints, Floats]:
    if not counts:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, FIELDS), np.float32)
    docs = np.repeat(np.arange(len(counts), dtype=np.int32), [len(item.terms) for item in counts])
    terms = np.concatenate([item.terms for item in counts])
    return docs, terms, np.concatenate([item.tallies for item in counts]).astype(np.float32)


def _saturated(docs: Ints, tallies: Floats, space: Spaces, size: int) -> Floats:
    """BM25F's saturated term frequency, (k1 + 1) tf / (k1 + tf), of each posting."""
    codes = len(_FIELD_WEIGHTS)
    place = space.astype(np.int32) * size + docs
    weighted = np.zeros(len(docs), np.float32)
    for field in range(FIELDS):
        lengths = np.bincount(place, tallies[:, field], codes * size).reshape(codes, size)
        lengths[_CONCEPTS] = lengths[_WORDS]  # a concept has no own length
        scales = np.empty((codes, size), np.float32)
        for weights, own, scale in zip(_FIELD_WEIGHTS, lengths, scales, strict=True):
            filled = own[own > 0]
            mean = filled.mean() if len(filled) else 1.0
            scale[:] = weights[field] / ((1 - _B) + _B * own / mean)
        weighted += tallies[:, field] * scales.ravel()[place]
    k1 = np.array(_K1, np.float32)[space]
    saturated: Floats = weighted * (k1 + 1) / (k1 + weighted)
    return saturated


def phrase_postings(counts: Sequence[DocumentCounts], space: Spaces) -> Phrases:
    """Postings of words and sounds over single phrases; `space` is of each term."""
    phrases = [phrase for item in counts for phrase in item.phrases]
    rows = np.repeat(np.arange(len(phrases), dtype=np.int32), [len(p) for p in phrases])
    terms = np.concatenate(phrases) if phrases else np.zeros(0, np.int32)
    df = np.bincount(terms, minlength=len(space))
    idf = np.log((len(phrases) + 1) / (df + 0.5)).astype(np.float32)
    is_word = space[terms] == _WORDS
    weights = idf[terms]
    squares = np.where(is_word, weights**2, 0), weights * is_word, np.where(is_word, 0, weights**2)
    words, total, sounds = (np.bincount(rows, each, len(phrases)) for each in squares)
    scales = np.stack((np.sqrt(words), total, np.sqrt(sounds)))
    order = _side_by_side(terms)
    return Phrases(
        size=len(phrases),
        first=np.cumsum([0, *(len(item.phrases) for item in counts)])[:-1].astype(np.int32),
        start=_starts(df),
        rows=_narrow(rows[order], len(phrases)),
        idf=idf,
        scales=(1.0 / np.maximum(scales, 1e-6)).astype(np.float32),
    )
