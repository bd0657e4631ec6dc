"""A resident's message turned into what the index is searched with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bot.core.index import Index
from bot.core.terms import WORD, gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, squeeze
from bot.core.tokens import Tokenize

ORIGINAL, EXPANSION, GRAMS, CONCEPTS = range(4)
_EXPANSION_WEIGHT = 0.6


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
    phrase_words: tuple[int, ...]
    phrase_sounds: tuple[int, ...]
    phrase_length: tuple[int, int]  # word and sound terms in all, found in the index or not


def read_query(index: Index, text: str, tokenize: Tokenize) -> Query:
    """The message as the index sees it. Never raises, whatever the text."""
    folded = fold(text)
    if index.decoder.applies(folded):
        folded = index.decoder.decode(folded)
    tokens = tokenize_text(folded, tokenize)
    number = index.number
    counts = Counter(word_terms(tokens))
    terms: list[int] = []
    weights: list[float] = []
    groups: list[int] = []
    for term, count in counts.items():
        n = number.get(term)
        if n is not None:
            terms.append(n)
            weights.append(2.0 * count / (1.0 + count))
            groups.append(ORIGINAL)
    fired = index.triggers.find(squeeze(folded))
    present = set(terms)
    concepts = []
    for line in fired:
        words, concept = index.expansions[line]
        concepts.append(concept)
        for n in words:
            if n not in present:
                present.add(n)
                terms.append(n)
                weights.append(_EXPANSION_WEIGHT)
                groups.append(EXPANSION)
    for term, count in Counter(gram_terms(tokens)).items():
        n = number.get(term)
        if n is not None:
            terms.append(n)
            weights.append(2.0 * count / (1.0 + count))
            groups.append(GRAMS)
    for n in concepts:
        terms.append(n)
        weights.append(1.0)
        groups.append(CONCEPTS)
    sounds = dict.fromkeys(phrase_terms(spoken(tokens)))
    return Query(
        folded=folded,
        words=tuple(term[2:] for term in counts),
        unknown=tuple(term[2:] for term in counts if term not in number),
        terms=tuple(terms),
        weights=tuple(weights),
        groups=tuple(groups),
        fired=fired,
        phrase_words=tuple(number[t] for t in counts if t in number),
        phrase_sounds=tuple(number[t] for t in sounds if t in number),
        phrase_length=(len(counts), len(sounds)),
    )


__all__ = ["WORD", "Query", "read_query"]
