"""The search index: built once from documents, immutable, shared by threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.core.counts import (
    READING,
    DocumentCounts,
    Reading,
    Vocabulary,
    compounds,
    concept_term,
    count_documents,
    fingerprint,
    lexicon_mark,
    readings,
    related_text,
    split_reading,
)
from bot.core.documents import Document
from bot.core.kana import KanaDecoder, build_decoder
from bot.core.latent import Latent, latent, placed_again
from bot.core.lexicon import Line, Triggers, triggers
from bot.core.postings import Phrases, Postings, phrase_postings, spaces, term_postings
from bot.core.priors import kind_numbers
from bot.core.repair import Repairer, build_repairer
from bot.core.terms import word_terms
from bot.core.text import fold, hiragana_share
from bot.core.tokens import Tokenize
from bot.core.vocabulary import Terms, terms_of

_KEEP_AXES = 0.1  # the share of changed documents up to which the latent axes are kept


class Lists(NamedTuple):
    """All inverted lists as memory: cutting it takes half the time of cutting arrays."""

    docs: memoryview
    impact: memoryview
    titles: memoryview
    phrases: memoryview


@dataclass(frozen=True, eq=False)
class Index:
    """Everything `rank` needs. Build with `build_index`; never changed afterwards."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    kinds: NDArray[np.int8]  # rows of the priors
    terms: Terms
    postings: Postings
    phrases: Phrases
    latent: Latent
    title_length: NDArray[np.float32]  # log(1 + characters)
    generality: NDArray[np.float32]  # of each title
    expansions: tuple[tuple[tuple[int, ...], int], ...]  # for each line: word terms, concept term
    triggers: Triggers
    decoder: KanaDecoder
    repairer: Repairer
    lexicon: tuple[Line, ...]
    counts: tuple[DocumentCounts, ...]

    @cached_property
    def spans(self) -> NDArray[np.int32]:
        """For each term (rows) where its lists begin and end: documents, then titles or phrases.

        Titles of grams, phrases of all others. One short row to fetch for each term of a question.
        """
        titled = np.zeros(len(self.postings.idf), bool)
        titled[list(self.terms.grams.values())] = True
        docs, titles, phrases = self.postings.start, self.postings.title_start, self.phrases.start
        spans = np.empty((len(titled), 4), np.int32)
        for column, place in enumerate((slice(None, -1), slice(1, None))):
            spans[:, column] = docs[place]
            spans[:, 2 + column] = np.where(titled, titles[place], phrases[place])
        return spans

    @cached_property
    def lists(self) -> Lists:
        """The lists themselves, to be cut and joined."""
        postings = self.postings
        arrays = (postings.docs, postings.impact, postings.title_docs, self.phrases.rows)
        return Lists(*(array.data for array in arrays))

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Where each sum of a question begins: four over documents, then three over phrases."""
        sizes = [self.postings.size] * 4 + [self.phrases.size] * 3
        return np.cumsum([0, *sizes[:-1]])


def build_index(
    documents: Sequence[Document],
    lexicon: Sequence[Line],
    tokenize: Tokenize,
    previous: Index | None = None,
) -> Index:
    """An index over the documents; what did not change since `previous` is not counted again.

    With a `previous` index that is nearly the same, its latent axes are kept, so scores may
    differ in the third digit from an index built from nothing.
    """
    return IndexBuilder(lexicon, tokenize, previous).build(documents)


class IndexBuilder:
    """Builds indexes over versions of documents, each from the one before as `build_index` does.

    Beyond that it reads no text twice, which it pays for with memory: for many builds in a row.
    """

    def __init__(
        self, lexicon: Sequence[Line], tokenize: Tokenize, previous: Index | None = None
    ) -> None:
        self._lexicon = tuple(lexicon)
        # Words of the word list stand in many lines.
        self._read: Tokenize = cache(lambda word: tokenize(fold(word)))
        same = previous is not None and previous.lexicon == self._lexicon
        self._earlier = previous if same else None
        vocabulary = dict(self._earlier.terms.number) if self._earlier else {}
        self._reading = Reading(tokenize, vocabulary)

    def build(self, documents: Sequence[Document]) -> Index:
        """An index over the documents."""
        lexicon, earlier, vocabulary = self._lexicon, self._earlier, self._reading.vocabulary
        read, before = self._read, len(vocabulary)
        counts, fresh = _counts(documents, lexicon, self._reading, earlier)
        expansions = earlier.expansions if earlier else _expansions(lexicon, vocabulary, read)
        if not earlier or len(vocabulary) > before:
            decoder = _decoder(counts, vocabulary, () if earlier else lexicon, read)
        else:
            decoder = earlier.decoder
        space = spaces(vocabulary)
        postings = term_postings(counts, space)
        phrases = phrase_postings(counts, space)
        lines = partial(_line_terms, lexicon, expansions, vocabulary, read)
        nearly = earlier if _nearly(earlier, documents, fresh) else None
        self._earlier = Index(
            ids=tuple(document.id for document in documents),
            titles=tuple(document.title for document in documents),
            kinds=kind_numbers([document.kind for document in documents]),
            terms=terms_of(vocabulary, (np.diff(postings.start) + np.diff(phrases.start)) > 0),
            postings=postings,
            phrases=phrases,
            latent=_latent(postings, nearly, lines),
            title_length=np.log1p([len(each.title) for each in documents]).astype(np.float32),
            generality=np.array([item.generality for item in counts], np.float32),
            expansions=expansions,
            triggers=earlier.triggers if earlier else triggers(lexicon),
            decoder=decoder,
            repairer=_repairer(vocabulary, lexicon, earlier, before),
            lexicon=lexicon,
            counts=tuple(counts),
        )
        return self._earlier


def _nearly(earlier: Index | None, documents: Sequence[Document], fresh: int) -> bool:
    """Whether so few of the documents are `fresh` or gone that the earlier axes still fit."""
    if earlier is None:
        return False
    gone = len(earlier.counts) - (len(documents) - fresh)
    return fresh + gone <= _KEEP_AXES * len(documents)


def _latent(
    postings: Postings, earlier: Index | None, lines: Callable[[], list[tuple[int, ...]]]
) -> Latent:
    """Latent meaning along the axes of an earlier index, or along its own.

    `lines` gives the terms of the word list's lines; only own axes need them.
    """
    matrices = postings.matrices()
    if earlier:
        return placed_again(earlier.latent, *matrices)
    return latent(*matrices, postings.line_matrix(lines()))


def _counts(
    documents: Sequence[Document],
    lexicon: tuple[Line, ...],
    reading: Reading,
    previous: Index | None,
) -> tuple[list[DocumentCounts], int]:
    mark = lexicon_mark(lexicon)
    known = {item.fingerprint: item for item in previous.counts} if previous else {}
    titles = {document.id: document.title for document in documents}
    related = [related_text(document, titles) for document in documents]
    prints = [
        fingerprint(document, texts, mark)
        for document, texts in zip(documents, related, strict=True)
    ]
    fresh = [place for place, print_ in enumerate(prints) if print_ not in known]
    counted = count_documents(
        [documents[place] for place in fresh],
        [related[place] for place in fresh],
        lexicon,
        reading,
    )
    known.update({item.fingerprint: item for item in counted})
    return [known[print_] for print_ in prints], len(fresh)


def _expansions(
    lexicon: Sequence[Line], vocabulary: Vocabulary, read: Tokenize
) -> tuple[tuple[tuple[int, ...], int], ...]:
    found = []
    for line in lexicon:
        concept = vocabulary.setdefault(concept_term(line), len(vocabulary))
        words = dict.fromkeys(t for word in line[1] for t in word_terms(read(word)))
        numbers = tuple(vocabulary.setdefault(t, len(vocabulary)) for t in words)
        found.append((numbers, concept))
    return tuple(found)


def _line_terms(
    lexicon: Sequence[Line],
    expansions: Sequence[tuple[tuple[int, ...], int]],
    vocabulary: Mapping[str, int],
    read: Tokenize,
) -> list[tuple[int, ...]]:
    """The terms of each line: its known words on both sides, and its concept."""
    found = []
    for (left, _, _), (right, concept) in zip(lexicon, expansions, strict=True):
        words = [term for word in left for term in word_terms(read(word))]
        known = [vocabulary[term] for term in words if term in vocabulary]
        found.append(tuple(dict.fromkeys((*known, *right, concept))))
    return found


def _repairer(
    vocabulary: Mapping[str, int], lexicon: Sequence[Line], previous: Index | None, before: int
) -> Repairer:
    """The previous repairer, where no written word was added to the `before` first terms."""
    if previous:
        added = islice(vocabulary, before, None)
        if not any(term.startswith(READING) for term in added):
            return previous.repairer
    return repairer_for(vocabulary, lexicon)


def repairer_for(vocabulary: Mapping[str, int], lexicon: Sequence[Line]) -> Repairer:
    """A repairer over the written words of an index and the word list's everyday words."""
    written = (split_reading(term)[2] for term in vocabulary if term.startswith(READING))
    return build_repairer((*written, *(word for left, _, _ in lexicon for word in left)))


def _decoder(
    counts: Sequence[DocumentCounts],
    vocabulary: Vocabulary,
    lexicon: Sequence[Line],
    read: Tokenize,
) -> KanaDecoder:
    """A kana decoder over the documents' words and the word list's."""
    for left, right, _ in lexicon:
        for word in (*left, *right):
            if hiragana_share(word) < 1.0:
                tokens = read(word)
                for term in (*readings(tokens), *compounds(tokens)):
                    vocabulary.setdefault(term, len(vocabulary))
    totals = np.zeros(len(vocabulary), np.int64)
    for item in counts:
        totals[item.terms] += item.tallies.sum(axis=1, dtype=np.int64)
    rows = []
    for term, place in vocabulary.items():
        if term.startswith(READING):
            reading, kind, written = split_reading(term)
            rows.append((reading, written, kind, max(1, int(totals[place]))))
    return build_decoder(rows)
