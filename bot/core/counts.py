"""Term counts of documents: the slow half of building an index, done once for each document."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.documents import Document
from bot.core.generality import generality
from bot.core.kana_language import word_class
from bot.core.lexicon import Line
from bot.core.terms import (
    PHRASE,
    WORD,
    run_grams,
    solid_runs,
    sound_grams,
    spoken,
    tokenize_text,
)
from bot.core.text import fold, sentences, squeeze
from bot.core.tokens import Token, Tokenize, content_words

FIELDS = 4  # title and questions, answer, related titles, contact
CONCEPT, READING = "c:", "r:"
_COMPOUND = frozenset({"名詞", "接頭辞", "接尾辞"})
_MAX_FIELD = 3000  # characters of one field that count
_SHORT = 50_000  # characters of a text in which a word is sought faster from its start

Ints = NDArray[np.int32]
Tallies = NDArray[np.uint16]  # one row for each term, one column for each field
Vocabulary = dict[str, int]  # term -> term number; grows while documents are counted


@dataclass(frozen=True, eq=False)
class DocumentCounts:
    """Terms of one document with their counts by field, and the terms of each of its phrases.

    `generality` is its title's.
    """

    fingerprint: str
    terms: Ints
    tallies: Tallies
    phrases: tuple[Ints, ...]
    generality: int


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
    reading: Reading,
) -> list[DocumentCounts]:
    """The counts of every document; new terms are given numbers in the reading's vocabulary."""
    mark = lexicon_mark(lexicon)
    found = []
    folded = [
        tuple(map(reading.folded, (document.answer, texts, document.contact)))
        for document, texts in zip(documents, related, strict=True)
    ]
    fields = [
        (reading.folded("\n".join((document.title, *document.questions))), *others)
        for document, others in zip(documents, folded, strict=True)
    ]
    concepts = _count_concepts(fields, lexicon)
    for document, texts, others, (said, rows) in zip(
        documents, related, folded, concepts, strict=True
    ):
        terms, tallies = reading.count((document.title, *document.questions), others)
        terms = np.concatenate((terms, reading.numbers(said)))
        tallies = np.concatenate((tallies, rows))
        phrases = tuple(map(reading.phrase, (document.title, *document.questions)))
        found.append(
            DocumentCounts(
                fingerprint(document, texts, mark),
                terms,
                tallies,
                phrases,
                reading.generality(document.title),
            )
        )
    return found


class _Numbers(dict[str, int]):
    """Numbers of one namespace's terms by what follows it; a new term gets the next number."""

    def __init__(self, space: str, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._space = space
        self._vocabulary = vocabulary

    def __missing__(self, term: str) -> int:
        known = self._vocabulary
        number = self[term] = known.setdefault(self._space + term, len(known))
        return number


class Reading:
    """Turns texts into term numbers of a vocabulary; what stands in many documents is read once.

    So is what stands in many versions of a document, where they share a reading.
    """

    def __init__(self, tokenize: Tokenize, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        # Most documents share their contact with others.
        self.folded: Callable[[str], str] = cache(lambda text: fold(text[:_MAX_FIELD]))
        self._tokenize = tokenize
        self._sentences: dict[str, list[int]] = {}
        self._runs: dict[str, list[int]] = {}
        self._questions: dict[str, tuple[list[int], Ints, int]] = {}
        self._words = _Numbers(WORD, vocabulary)
        self._sounds = _Numbers(PHRASE, vocabulary)
        # By identity, since tokenisers hand out the same tokens again and again; kept alive here.
        self._tokens: dict[int, tuple[Token, tuple[int, ...]]] = {}

    def numbers(self, terms: Iterable[str]) -> Ints:
        """The number of each term; a new one gets the next."""
        return np.array(self._numbered(terms), np.int32)

    def count(self, questions: Sequence[str], folded: Sequence[str]) -> tuple[Ints, Tallies]:
        """The terms of a document, and how often each stands in each field."""
        fields = [list(chain.from_iterable([self._question(text)[0] for text in questions]))]
        for text in folded:
            fields.append(list(chain.from_iterable(map(self._sentence, sentences(text)))))
        owner = np.repeat(np.arange(FIELDS), list(map(len, fields)))
        every = np.array(list(chain.from_iterable(fields)), np.int32)
        return _tallied(every, owner)

    def phrase(self, question: str) -> Ints:
        """The words of a title or question, then how it sounds; each once."""
        return self._question(question)[1]

    def generality(self, title: str) -> int:
        """How generally a title asks."""
        return self._question(title)[2]

    def _question(self, text: str) -> tuple[list[int], Ints, int]:
        found = self._questions.get(text)
        if found is None:
            tokens = tokenize_text(fold(text), self._tokenize)
            counted = self._counted(tokens)
            counted += self._numbered(compounds(tokens))
            words = map(self._words.__getitem__, dict.fromkeys(content_words(tokens)))
            sounds = map(self._sounds.__getitem__, dict.fromkeys(sound_grams(spoken(tokens))))
            phrase = np.array([*words, *sounds], np.int32)
            found = self._questions[text] = (counted, phrase, generality(tokens))
        return found

    def _sentence(self, text: str) -> list[int]:
        found = self._sentences.get(text)
        if found is None:
            found = self._sentences[text] = self._counted(self._tokenize(text))
        return found

    def _counted(self, tokens: Sequence[Token]) -> list[int]:
        """Everything of a sentence that is counted."""
        found: list[int] = []
        seen = self._tokens.get
        for token in tokens:
            if token.word is not None:
                known = seen(id(token))
                found += self._token(token, token.word) if known is None else known[1]
        for run in solid_runs(tokens):
            grams = self._runs.get(run)
            if grams is None:
                grams = self._runs[run] = self._numbered(run_grams(run))
            found += grams
        return found

    def _token(self, token: Token, word: str) -> tuple[int, ...]:
        """The numbers of a word and of the pseudo-term of how it is read."""
        numbers = [self._words[word]]
        if len(token.reading) > 1:
            numbers += self._numbered([_spelled(token)])
        self._tokens[id(token)] = (token, tuple(numbers))
        return tuple(numbers)

    def _numbered(self, terms: Iterable[str]) -> list[int]:
        known = self.vocabulary
        return [known.setdefault(term, len(known)) for term in terms]


def readings(tokens: Sequence[Token]) -> list[str]:
    """Pseudo-terms that say how meaningful words are read, for kana.

    `r:READING/CLASS/WRITTEN`, see `split_reading`.
    """
    return [
        _spelled(token) for token in tokens if token.word is not None and len(token.reading) > 1
    ]


def compounds(tokens: Sequence[Token]) -> list[str]:
    """Pseudo-terms like those of `readings` that say how compound nouns are read."""
    found = []
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


def _spelled(token: Token) -> str:
    return f"{READING}{token.reading}/{word_class(token.pos)}/{token.surface}"


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
) -> list[tuple[list[str], Tallies]]:
    """For each document (its four folded fields), concept pseudo-terms with counts by field.

    A line's concept is present where one of its office words of two characters and more is.
    """
    texts = [squeeze(text) for texts in fields for text in texts]
    joined = "\n".join(texts)
    sought = [[squeeze(fold(word)) for word in line[1]] for line in lexicon]
    places = _Places(joined, {word[:2] for words in sought for word in words if len(word) > 1})
    short = len(joined) < _SHORT
    starts = np.cumsum([0] + [len(text) + 1 for text in texts])
    concepts = list(dict.fromkeys(map(concept_term, lexicon)))
    number = {term: place for place, term in enumerate(concepts)}
    document, field = np.divmod(np.arange(len(texts)), FIELDS)
    first_cell = document * len(concepts) * FIELDS + field
    owners: dict[str, NDArray[np.int64]] = {}
    cells = [np.zeros(0, np.int64)]
    for line, words in zip(lexicon, sought, strict=True):
        own = number[concept_term(line)] * FIELDS
        for word in dict.fromkeys(words):
            if len(word) < 2 or (short and word not in joined):
                continue
            if word not in owners:
                owner = np.searchsorted(starts, places.of(word), "right") - 1
                owners[word] = first_cell[owner]
            cells.append(owners[word] + own)
    rows, tallies = _tallied(*np.divmod(np.concatenate(cells), FIELDS))
    ends = np.searchsorted(rows, np.arange(len(fields) + 1) * len(concepts)).tolist()
    said = [concepts[row] for row in (rows % max(1, len(concepts))).tolist()]
    return [(said[begin:end], tallies[begin:end]) for begin, end in pairwise(ends)]


def _tallied(rows: NDArray[Any], fields: NDArray[Any]) -> tuple[NDArray[Any], Tallies]:
    """The rows, each once, and how often each stands with each field."""
    rows, places = np.unique(rows, return_inverse=True)
    tallies = np.bincount(places * FIELDS + fields, minlength=len(rows) * FIELDS)
    return rows, tallies.reshape(-1, FIELDS).astype(np.uint16)


class _Places:
    """Finds every place of words in one long text, by its sorted pairs of characters.

    `beginnings` are the words' first two characters; no other words are found.
    """

    def __init__(self, text: str, beginnings: Collection[str]) -> None:
        self._codes = _codes(text + "\0" * 64)
        first, second = np.zeros((2, sys.maxunicode + 1), bool)
        wanted = _codes("".join(beginnings)).reshape(-1, 2).T
        first[wanted[0]] = second[wanted[1]] = True
        # Sorting is what takes time, and few places can begin a word.
        able = np.flatnonzero(first[self._codes[:-1]] & second[self._codes[1:]])
        pairs = _pairs(self._codes[able], self._codes[able + 1])
        order = pairs.argsort(kind="stable")
        pairs = pairs[order]
        self._order = able[order]
        ends = (np.searchsorted(pairs, _pairs(*wanted), side) for side in ("left", "right"))
        spans = map(slice, *(end.tolist() for end in ends))
        self._spans = dict(zip(beginnings, spans, strict=True))

    def of(self, word: str) -> NDArray[np.int64]:
        """Where the word of two to 64 characters begins."""
        places = self._order[self._spans[word[:2]]]
        for offset, code in enumerate(map(ord, word[2:64]), 2):
            places = places[self._codes[places + offset] == code]
        return places


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _pairs(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint64]:
    return (first.astype(np.uint64) << np.uint64(32)) | second
