"""A resident's message turned into what the index is searched with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.index import Index
from bot.core.terms import gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, squeeze
from bot.core.tokens import Token, Tokenize

ORIGINAL, EXPANSION, GRAMS, CONCEPTS = range(4)
_EXPANSION_WEIGHT = 0.6
_LONGEST = 400  # characters; of a longer message only the sentences that matter are read


@dataclass(frozen=True)
class Query:
    """Terms with weights by group, and the shape of the message.

    `terms`, `weights`, `groups` run in parallel; `words` is every meaningful word, known or
    not; `fired` maps word-list line -> the words in the message that made it fire.
    """

    folded: str
    words: tuple[str, ...]
    unknown: tuple[str, ...]
    terms: tuple[int, ...]
    weights: tuple[float, ...]
    groups: tuple[int, ...]
    fired: dict[int, str]
    sounds: tuple[int, ...]


def read_query(index: Index, text: str, tokenize: Tokenize) -> Query:
    """The message as the index sees it. Never raises, whatever the text."""
    folded = fold(text)
    if index.decoder.applies(folded):
        folded = index.decoder.decode(folded)
    return _query(index, folded, tokenize_text(folded, tokenize))


def _query(index: Index, folded: str, tokens: Sequence[Token]) -> Query:
    number = index.number
    counts = Counter(word_terms(tokens))
    found: dict[int, tuple[float, int]] = {}
    for term, count in counts.items():
        n = number.get(term)
        if n is not None:
            found[n] = (2.0 * count / (1.0 + count), ORIGINAL)
    fired = index.triggers.find(squeeze(folded))
    concepts = {}
    for line in fired:
        words, concept = index.expansions[line]
        concepts[concept] = (1.0, CONCEPTS)
        for n in words:
            if n not in found:
                found[n] = (_EXPANSION_WEIGHT, EXPANSION)
    for term, count in Counter(gram_terms(tokens)).items():
        n = number.get(term)
        if n is not None:
            found[n] = (2.0 * count / (1.0 + count), GRAMS)
    found.update(concepts)
    sounds = dict.fromkeys(phrase_terms(spoken(tokens)))
    return Query(
        folded=folded,
        words=tuple(term[2:] for term in counts),
        unknown=tuple(term[2:] for term in counts if term not in number),
        terms=tuple(found),
        weights=tuple(weight for weight, _ in found.values()),
        groups=tuple(group for _, group in found.values()),
        fired=fired,
        sounds=tuple(number[term] for term in sounds if term in number),
    )
