"""The search index: built once from documents, immutable, shared by threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.counts import (
    CONCEPT,
    FIELDS,
    READING,
    DocumentCounts,
    concept_term,
    count_concepts,
    count_document,
    fingerprint,
    lexicon_mark,
    lexicon_readings,
    related_text,
)
from bot.core.documents import Document
from bot.core.kana import KanaDecoder, build_decoder
from bot.core.lexicon import Line, Triggers, triggers
from bot.core.terms import GRAM, WORD, word_terms
from bot.core.text import fold
from bot.core.tokens import Tokenize

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
_B = 0.75
_FIELD_WEIGHTS = {WORD: (2.0, 1.0, 0.5, 0.3), GRAM: (3.0, 1.0, 0.5, 0.3), CONCEPT: (2.0, 1.0, 0.5, 0.1)}  # fmt: skip
_K1 = {WORD: 2.0, GRAM: 3.0, CONCEPT: 3.0}
_NAMESPACES = (WORD, GRAM, CONCEPT)


@dataclass(frozen=True, eq=False)
class Postings:
    """For each term number t: `docs[start[t]:start[t+1]]` and what the term adds to each."""

    start: Ints
    docs: Ints
    impact: Floats  # BM25F over all fields
    title: Floats  # idf where the term is in the title or a question, else 0


@dataclass(frozen=True, eq=False)
class Phrases:
    """Title and questions one by one; rows of one document are neighbours."""

    size: int
    first: Ints  # for each document its first phrase
    start: Ints
    rows: Ints
    weight: Floats  # unit length within words and within sounds
    idf: Floats


@dataclass(frozen=True, eq=False)
class Index:
    """Everything `rank` needs. Build with `build_index`; never changed afterwards."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    number: Mapping[str, int]  # term -> term number
    idf: Floats
    postings: Postings
    phrases: Phrases
    title_idf: Floats  # for each document the idf sum of its title's words
    concept_title_idf: Floats
    words: tuple[str, ...]  # for each document its title's words, for fuzzy comparison
    expansions: tuple[tuple[tuple[int, ...], int], ...]  # for each line: word terms, concept term
    triggers: Triggers
    decoder: KanaDecoder
    lexicon: tuple[Line, ...]
    counts: tuple[DocumentCounts, ...]


def build_index(
    documents: Sequence[Document],
    lexicon: Sequence[Line],
    tokenize: Tokenize,
    previous: Index | None = None,
) -> Index:
    """An index over the documents; what did not change since `previous` is not counted again."""
    counts = _counts(documents, lexicon, tokenize, previous)
    return assemble(documents_titles(documents), counts, tuple(lexicon), tokenize)


def documents_titles(documents: Sequence[Document]) -> list[tuple[str, str]]:
    return [(document.id, document.title) for document in documents]


def _counts(
    documents: Sequence[Document],
    lexicon: Sequence[Line],
    tokenize: Tokenize,
    previous: Index | None,
) -> list[DocumentCounts]:
    mark = lexicon_mark(lexicon)
    known = {item.fingerprint: item for item in previous.counts} if previous else {}
    titles = {document.id: document.title for document in documents}
    found: list[DocumentCounts | None] = []
    fresh: list[int] = []
    for place, document in enumerate(documents):
        related = related_text(document, titles)
        item = known.get(fingerprint(document, related, mark))
        if item is None:
            item = count_document(document, related, mark, tokenize)
            fresh.append(place)
        found.append(item)
    fields = [
        (
            "\n".join((documents[p].title, *documents[p].questions)),
            documents[p].answer,
            related_text(documents[p], titles),
            documents[p].contact,
        )
        for p in fresh
    ]
    for place, concepts in zip(fresh, count_concepts(fields, lexicon), strict=True):
        item = found[place]
        assert item is not None
        found[place] = DocumentCounts(item.fingerprint, {**item.terms, **concepts}, item.phrases)
    return [item for item in found if item is not None]


def assemble(
    titles: Sequence[tuple[str, str]],
    counts: Sequence[DocumentCounts],
    lexicon: tuple[Line, ...],
    tokenize: Tokenize,
) -> Index:
    number: dict[str, int] = {}
    docs: list[int] = []
    terms: list[int] = []
    tallies: list[Sequence[int]] = []
    readings: dict[str, int] = {}
    for doc, item in enumerate(counts):
        for term, tally in item.terms.items():
            if term.startswith(READING):
                readings[term] = readings.get(term, 0) + sum(tally)
                continue
            docs.append(doc)
            terms.append(number.setdefault(term, len(number)))
            tallies.append(tally)
    for line in lexicon:
        number.setdefault(concept_term(line), len(number))
    doc_terms = len(number)
    for term, count in lexicon_readings(lexicon, tokenize).items():
        readings[term] = readings.get(term, 0) + count
    space = np.zeros(doc_terms, np.int8)
    for term, n in number.items():
        space[n] = _NAMESPACES.index(term[:2])
    size = len(counts)
    doc_array = np.asarray(docs, np.int32)
    term_array = np.asarray(terms, np.int32)
    tally_array = np.asarray(tallies, np.float32).reshape(-1, FIELDS)
    df = np.bincount(term_array, minlength=doc_terms)
    idf = np.log1p((size - df + 0.5) / (df + 0.5)).astype(np.float32)
    impact = _impacts(doc_array, term_array, tally_array, space, idf, size)
    in_title = (tally_array[:, 0] > 0) * idf[term_array]
    order = np.argsort(term_array, kind="stable")
    postings = Postings(
        start=np.concatenate(([0], np.cumsum(df))).astype(np.int32),
        docs=doc_array[order],
        impact=impact[order],
        title=in_title[order].astype(np.float32),
    )
    is_word = space[term_array] == 0
    is_concept = space[term_array] == 2
    title_idf = np.bincount(doc_array[is_word], in_title[is_word], size).astype(np.float32)
    concept_idf = np.bincount(doc_array[is_concept], in_title[is_concept], size).astype(np.float32)
    expansions = []
    for line in lexicon:
        words = dict.fromkeys(
            t for word in line[1] for t in word_terms(tokenize(fold(word))) if t in number
        )
        expansions.append((tuple(number[t] for t in words), number[concept_term(line)]))
    phrases = _phrases(counts, number)
    return Index(
        ids=tuple(id for id, _ in titles),
        titles=tuple(title for _, title in titles),
        number=number,
        idf=idf,
        postings=postings,
        phrases=phrases,
        title_idf=title_idf,
        concept_title_idf=concept_idf,
        words=tuple(
            " ".join(t[2:] for t in item.phrases[0] if t.startswith(WORD)) for item in counts
        ),
        expansions=tuple(expansions),
        triggers=triggers(lexicon),
        decoder=build_decoder(_reading_rows(readings)),
        lexicon=lexicon,
        counts=tuple(counts),
    )


def _reading_rows(readings: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    for term, count in readings.items():
        reading, _, written = term[2:].partition("/")
        yield reading, written, count


def _impacts(
    docs: Ints,
    terms: Ints,
    tallies: Floats,
    space: NDArray[np.int8],
    idf: Floats,
    size: int,
) -> Floats:
    weighted = np.zeros(len(docs), np.float32)
    k1 = np.zeros(len(docs), np.float32)
    entry_space = space[terms]
    for code, name in enumerate(_NAMESPACES):
        mine = entry_space == code
        lengths_of = mine if name != CONCEPT else entry_space == 0
        k1[mine] = _K1[name]
        for field, weight in enumerate(_FIELD_WEIGHTS[name]):
            lengths = np.bincount(docs[lengths_of], tallies[lengths_of, field], size)
            filled = lengths[lengths > 0]
            mean = filled.mean() if len(filled) else 1.0
            norm = (1 - _B) + _B * lengths / mean
            weighted[mine] += weight * tallies[mine, field] / np.maximum(norm[docs[mine]], 1e-6)
    return (idf[terms] * weighted * (k1 + 1) / (k1 + weighted)).astype(np.float32)


def _phrases(counts: Sequence[DocumentCounts], number: dict[str, int]) -> Phrases:
    rows: list[int] = []
    terms: list[int] = []
    first: list[int] = []
    row = 0
    for item in counts:
        first.append(row)
        for phrase in item.phrases:
            for term in dict.fromkeys(phrase):
                rows.append(row)
                terms.append(number.setdefault(term, len(number)))
            row += 1
    row_array = np.asarray(rows, np.int32)
    term_array = np.asarray(terms, np.int32)
    is_word = np.zeros(len(number), bool)
    for term, n in number.items():
        is_word[n] = term.startswith(WORD)
    df = np.bincount(term_array, minlength=len(number))
    idf = np.log((row + 1) / (df + 0.5)).astype(np.float32)
    weight = idf[term_array]
    mine = is_word[term_array]
    for part in (mine, ~mine):
        length = np.sqrt(np.bincount(row_array[part], weight[part] ** 2, row))
        weight[part] /= np.maximum(length[row_array[part]], 1e-6)
    order = np.argsort(term_array, kind="stable")
    return Phrases(
        size=row,
        first=np.asarray(first, np.int32),
        start=np.concatenate(([0], np.cumsum(df))).astype(np.int32),
        rows=row_array[order],
        weight=weight[order],
        idf=idf,
    )
