"""Term counts of documents: the slow half of building an index, done once for each document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.documents import Document
from bot.core.kana_language import word_class
from bot.core.lexicon import Line
from bot.core.terms import gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, sentences, squeeze
from bot.core.tokens import Token, Tokenize

FIELDS = 4  # title and questions, answer, related titles, contact
CONCEPT, READING = "c:", "r:"
_COMPOUND = frozenset({"名詞", "接頭辞", "接尾辞"})
_MAX_FIELD = 3000  # characters of one field that count
_SHORT = 50_000  # characters of a text in which a word is sought faster from its start

Ints = NDArray[np.int32]
Vocabulary = dict[str, int]  # term -> term number; grows while documents are counted


@dataclass(frozen=True, eq=False)
class DocumentCounts:
    """Terms of one document with their counts by field, and the terms of each of its phrases."""

    fingerprint: str
    terms: Ints
    tallies: NDArray[np.uint16]  # one row for each term, one column for each field
    phrases: tuple[Ints, ...]


def fingerprint(document: Document, related: str, lexicon_mark: str) -> str:
    """Equal exactly when the document would be counted the same."""
    parts = (document.title, *document.questions, "\0", document.answer, related)
    text = "\n".join((lexicon_mark, *parts, document.contact))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]


def lexicon_mark(lexicon: Sequence[Line]) -> str:
    """A short digest of the word list."""
    return hashlib.sha256(repr(tuple(lexicon)).encode("utf-8", "replace")).hexdigest()[:12]


def related_text(document: Document, titles: Mapping[str, str]) -> str:
    """The related titles, one on each line."""
    return "\n".join(titles.get(item, item) for item in document.related)


def count_documents(
    documents: Sequence[Document],
    related: Sequence[str],
    lexicon: Sequence[Line],
    tokenize: Tokenize,
    vocabulary: Vocabulary,
) -> list[DocumentCounts]:
    """The counts of every document; new terms are given numbers in `vocabulary`."""
    mark = lexicon_mark(lexicon)
    found = []
    fields = [
        ("\n".join((document.title, *document.questions)), document.answer, texts, document.contact)
        for document, texts in zip(documents, related, strict=True)
    ]
    concepts = _count_concepts(fields, lexicon)
    for document, texts, extra in zip(documents, related, concepts, strict=True):
        terms, phrases = _count_words(document, texts, tokenize)
        terms.update(extra)
        found.append(
            DocumentCounts(
                fingerprint(document, texts, mark),
                _numbers(terms, vocabulary),
                np.array(list(terms.values()), np.uint16).reshape(-1, FIELDS),
                tuple(_numbers(phrase, vocabulary) for phrase in phrases),
            )
        )
    return found


def _numbers(terms: dict[str, list[int]] | list[str], vocabulary: Vocabulary) -> Ints:
    numbers = []
    for term in terms:
        number = vocabulary.get(term)
        if number is None:
            number = vocabulary[term] = len(vocabulary)
        numbers.append(number)
    return np.array(numbers, np.int32)


def _count_words(
    document: Document, related: str, tokenize: Tokenize
) -> tuple[dict[str, list[int]], list[list[str]]]:
    terms: dict[str, list[int]] = {}
    phrases = []
    for question in (document.title, *document.questions):
        tokens = tokenize_text(fold(question), tokenize)
        words = dict.fromkeys(word_terms(tokens))
        phrases.append([*words, *dict.fromkeys(phrase_terms(spoken(tokens)))])
        _add(terms, 0, tokens)
    for field, text in ((1, document.answer), (2, related), (3, document.contact)):
        for sentence in sentences(fold(text[:_MAX_FIELD])):
            _add(terms, field, tokenize(sentence))
    return terms, phrases


def _add(terms: dict[str, list[int]], field: int, tokens: Sequence[Token]) -> None:
    for term in (*word_terms(tokens), *gram_terms(tokens), *readings(tokens, field == 0)):
        tally = terms.get(term)
        if tally is None:
            tally = terms[term] = [0] * FIELDS
        tally[field] += 1


def readings(tokens: Sequence[Token], compounds: bool = False) -> list[str]:
    """Pseudo-terms that say how meaningful words (and compound nouns) are read, for kana.

    `r:READING/CLASS/WRITTEN`, see `split_reading`.
    """
    found = [
        f"{READING}{token.reading}/{word_class(token.pos)}/{token.surface}"
        for token in tokens
        if token.word is not None and len(token.reading) > 1
    ]
    if compounds:
        for start, token in enumerate(tokens):
            reading, written = token.reading, token.surface
            if token.pos[0] not in _COMPOUND or not reading:
                continue
            for other in tokens[start + 1 : start + 4]:
                if other.pos[0] not in _COMPOUND or not other.reading:
                    break
                reading, written = reading + other.reading, written + other.surface
                kind = f"{word_class(token.pos)}>{word_class(other.pos)}"
                found.append(f"{READING}{reading}/{kind}/{written}")
    return found


def split_reading(term: str) -> tuple[str, str, str]:
    """Reading, class and written form of a pseudo-term of `readings`."""
    reading, _, rest = term[len(READING) :].partition("/")
    kind, _, written = rest.partition("/")
    return reading, kind, written


def concept_term(line: Line) -> str:
    """The pseudo-term that stands for a line of the word list."""
    return CONCEPT + ",".join(line[0]) + ">" + ",".join(line[1])


def _count_concepts(
    fields: Sequence[Sequence[str]], lexicon: Sequence[Line]
) -> list[dict[str, list[int]]]:
    """For each document (its four field texts), concept pseudo-terms with counts by field.

    A line's concept is present where one of its office words of two characters and more is.
    """
    texts = [squeeze(fold(text[:_MAX_FIELD])) for texts in fields for text in texts]
    joined = "\n".join(texts)
    places, short = _Places(joined), len(joined) < _SHORT
    starts = np.cumsum([0] + [len(text) + 1 for text in texts])
    owners: dict[str, Counter[int]] = {}
    found: list[dict[str, list[int]]] = [{} for _ in fields]
    for line in lexicon:
        term = concept_term(line)
        for word in dict.fromkeys(squeeze(fold(word)) for word in line[1]):
            if len(word) < 2 or (short and word not in joined):
                continue
            if word not in owners:
                owner_of = np.searchsorted(starts, places.of(word), "right") - 1
                owners[word] = Counter(owner_of.tolist())
            for owner, count in owners[word].items():
                tally = found[owner // FIELDS].setdefault(term, [0] * FIELDS)
                tally[owner % FIELDS] += count
    return found


class _Places:
    """Finds every place of many words in one long text, by its sorted pairs of characters."""

    def __init__(self, text: str) -> None:
        self._codes = np.frombuffer((text + "\0" * 64).encode("utf-32-le"), np.uint32)
        pairs = self._pair(self._codes[:-1], self._codes[1:])
        self._order = np.argsort(pairs, kind="stable")
        self._pairs = pairs[self._order]

    @staticmethod
    def _pair(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint64]:
        return (first.astype(np.uint64) << np.uint64(32)) | second

    def of(self, word: str) -> NDArray[np.int64]:
        """Where the word of two to 64 characters begins."""
        codes = np.frombuffer(word[:64].encode("utf-32-le"), np.uint32)
        low, high = (
            np.searchsorted(self._pairs, self._pair(codes[:1], codes[1:2])[0], side)
            for side in ("left", "right")
        )
        places = self._order[low:high]
        for offset in range(2, len(codes)):
            places = places[self._codes[places + offset] == codes[offset]]
        return places
