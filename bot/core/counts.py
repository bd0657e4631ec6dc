"""Term counts of documents: the slow half of building an index, done once for each document."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.documents import Document
from bot.core.lexicon import Line
from bot.core.terms import WORD, gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, has_kanji, sentences, squeeze
from bot.core.tokens import Token, Tokenize, content_word

FIELDS = 4  # title and questions, answer, related titles, contact
CONCEPT, READING = "c:", "r:"
_MAX_FIELD = 3000  # characters of one field that count


@dataclass(frozen=True)
class DocumentCounts:
    """Terms of one document with their counts by field, and the terms of each of its phrases."""

    fingerprint: str
    terms: Mapping[str, Sequence[int]]
    phrases: Sequence[Sequence[str]]


def fingerprint(document: Document, related: str, lexicon_mark: str) -> str:
    """Equal exactly when the document would be counted the same."""
    parts = (document.id, document.title, *document.questions, "\0", document.answer, related, document.contact, lexicon_mark)  # fmt: skip
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def lexicon_mark(lexicon: Sequence[Line]) -> str:
    """A short digest of the word list."""
    return hashlib.sha256(repr(tuple(lexicon)).encode("utf-8", "replace")).hexdigest()[:12]


def related_text(document: Document, titles: Mapping[str, str]) -> str:
    """The related titles, one on each line."""
    return "\n".join(titles.get(item, item) for item in document.related)


def count_document(
    document: Document, related: str, mark: str, tokenize: Tokenize
) -> DocumentCounts:
    """The document's counts, but for concepts, which are counted for many documents at once."""
    terms: dict[str, list[int]] = {}
    phrases = []
    for question in (document.title, *document.questions):
        tokens = tokenize_text(fold(question), tokenize)
        words = _add(terms, 0, tokens)
        phrases.append([*dict.fromkeys(words), *phrase_terms(spoken(tokens))])
    for field, text in ((1, document.answer), (2, related), (3, document.contact)):
        for sentence in sentences(fold(text[:_MAX_FIELD])):
            _add(terms, field, tokenize_text(sentence, tokenize))
    return DocumentCounts(fingerprint(document, related, mark), terms, phrases)


def _add(terms: dict[str, list[int]], field: int, tokens: Sequence[Token]) -> list[str]:
    words = list(word_terms(tokens))
    for term, count in Counter((*words, *gram_terms(tokens), *_readings(tokens))).items():
        terms.setdefault(term, [0] * FIELDS)[field] += count
    return words


def _readings(tokens: Sequence[Token]) -> list[str]:
    return [
        f"{READING}{token.reading}/{token.surface}"
        for token in tokens
        if len(token.reading) > 1 and content_word(token) is not None
    ]


def concept_words(lexicon: Sequence[Line]) -> list[tuple[str, ...]]:
    """For each line, the office words (two characters and more) whose presence shows it."""
    found = []
    for _, right, _ in lexicon:
        folded = (squeeze(fold(word)) for word in right)
        found.append(tuple(dict.fromkeys(word for word in folded if len(word) >= 2)))
    return found


def concept_term(line: Line) -> str:
    """The pseudo-term that stands for a line of the word list."""
    return CONCEPT + ",".join(line[0]) + ">" + ",".join(line[1])


def count_concepts(
    fields: Sequence[Sequence[str]], lexicon: Sequence[Line]
) -> list[dict[str, list[int]]]:
    """For each document (its four field texts), concept pseudo-terms with counts by field."""
    texts = [squeeze(fold(text[:_MAX_FIELD])) for texts in fields for text in texts]
    joined = "\n".join(texts)
    starts = np.cumsum([0] + [len(text) + 1 for text in texts])
    by_word: dict[str, NDArray[np.int64]] = {}
    found: list[dict[str, list[int]]] = [{} for _ in fields]
    for line, words in zip(lexicon, concept_words(lexicon), strict=True):
        term = concept_term(line)
        for word in words:
            if word not in by_word:
                by_word[word] = np.searchsorted(starts, _places(joined, word), "right") - 1
            for owner in by_word[word].tolist():
                counts = found[owner // FIELDS].setdefault(term, [0] * FIELDS)
                counts[owner % FIELDS] += 1
    return found


def _places(text: str, word: str) -> list[int]:
    places = []
    place = text.find(word)
    while place >= 0:
        places.append(place)
        place = text.find(word, place + len(word))
    return places


def lexicon_readings(lexicon: Sequence[Line], tokenize: Tokenize) -> dict[str, int]:
    """Reading pseudo-terms of the word list's own words, for the kana decoder."""
    counts: Counter[str] = Counter()
    for left, right, _ in lexicon:
        for word in (*left, *right):
            if has_kanji(word):
                counts.update(_readings(tokenize(fold(word))))
    return dict(counts)


__all__ = ["WORD", "DocumentCounts", "count_concepts", "count_document"]
