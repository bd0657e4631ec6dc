"""A resident's message turned into what the index is searched with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.core.dialect import standard
from bot.core.index import Index
from bot.core.kana import Reading
from bot.core.kana_repair import mended_kana
from bot.core.repair import suspects
from bot.core.romaji import from_romaji
from bot.core.terms import WORD, gram_terms, phrase_terms, spoken, tokenize_text, word_terms
from bot.core.text import fold, has_kanji, sentences, squeeze, without_courtesy
from bot.core.tokens import Token, Tokenize

ORIGINAL, EXPANSION, GRAMS, CONCEPTS = range(4)
_EXPANSION_WEIGHT = 0.6
_HOMOPHONE_WEIGHT = 0.5
_ASKING = re.compile(
    "[か?]。?$|たい|教えて|おしえて|ください|ほしい|欲しい|どう|どこ|いつ|いくら|ですか|ますか"
)
_LONGEST = 400  # characters; of a longer message only the sentences that matter are read


@dataclass(frozen=True)
class Query:
    """Terms with weights by group, and the shape of the message.

    `terms`, `weights`, `groups` run in parallel; `words` is every meaningful word, known or
    not; `fired` maps word-list line -> the words in the message that made it fire. `kana`:
    how a message typed in kana (or romaji) was read back into known words.
    """

    folded: str
    words: tuple[str, ...]
    unknown: tuple[str, ...]
    terms: tuple[int, ...]
    weights: tuple[float, ...]
    groups: tuple[int, ...]
    fired: dict[int, str]
    sounds: tuple[int, ...]
    tokens: Sequence[Token]
    kana: Reading | None = None


def read_query(index: Index, text: str, tokenize: Tokenize) -> Query:
    """The message as the index sees it. Never raises, whatever the text."""
    folded = standard(_gist(without_courtesy(fold(text))))
    romaji = from_romaji(
        folded, lambda word: WORD + word in index.number or tokenize(word)[0].known
    )
    folded = folded if romaji is None else romaji
    if index.decoder.applies(folded):
        return _from_kana(index, index.decoder.read(folded, romaji is not None), tokenize)
    query = _query(index, folded, tokenize_text(folded, tokenize))
    others = _misheard(index, query) if query.unknown else ()
    return _with_homophones(index, query, tokenize("\n".join(others))) if others else query


def _from_kana(index: Index, kana: Reading, tokenize: Tokenize) -> Query:
    """The query of a message in kana, read back into the knowledge base's words."""
    query = _query(index, kana.text, tokenize_text(kana.text, tokenize))
    query = replace(query, kana=kana)
    others = "\n".join(kana.others)
    return _with_homophones(index, query, tokenize(others)) if others else query


def _misheard(index: Index, query: Query) -> tuple[str, ...]:
    """Known words that sound like the unknown ones of the query (保健書 said, 保険証 meant)."""
    return tuple(
        dict.fromkeys(
            other
            for token in query.tokens
            if token.word in query.unknown and len(token.reading) > 1
            for other in index.decoder.homophones(token.surface, token.reading)
        )
    )


def _with_homophones(index: Index, query: Query, others: Sequence[Token]) -> Query:
    """The query with words that sound like its own, and what the word list says to them."""
    numbers = [index.number.get(term) for term in word_terms(others)]
    found = {n: EXPANSION for n in numbers if n is not None}
    for line in index.triggers.find("\n".join(token.surface for token in others)):
        words, concept = index.expansions[line]
        found.update(dict.fromkeys(words, EXPANSION))
        found[concept] = CONCEPTS
    for n in query.terms:
        found.pop(n, None)
    return replace(
        query,
        terms=(*query.terms, *found),
        weights=(*query.weights, *[_HOMOPHONE_WEIGHT] * len(found)),
        groups=(*query.groups, *found.values()),
    )


def mended(index: Index, query: Query, tokenize: Tokenize) -> Query | None:
    """The query with one wrong character mended, where a word of the knowledge base fits.

    Of a message in kana a kana is mended: its kanji and katakana were written here, not typed.
    """
    if query.kana:
        kana = mended_kana(index.decoder, query.kana)
        return None if kana is None else _from_kana(index, kana, tokenize)
    places = suspects(query.tokens, lambda word: WORD + word in index.number)
    text = index.repairer.repair(query.folded, places)
    return None if text is None else _query(index, text, tokenize_text(text, tokenize))


def says_nothing(folded: str) -> bool:
    """Whether a message holds no word: marks alone, a letter alone, or one letter over and over."""
    letters = {char for char in folded if char.isalnum() and char != "ー"}
    return len(letters) < 2 and not has_kanji("".join(letters))


def _gist(folded: str) -> str:
    """Of a long message, the sentences that ask, as far as there are any."""
    if len(folded) <= _LONGEST:
        return folded
    asking = [part for part in sentences(folded) if _ASKING.search(part)]
    return (" ".join(asking) or folded)[:_LONGEST]


def _query(index: Index, folded: str, tokens: Sequence[Token]) -> Query:
    number, expansions = index.number, index.expansions
    start = index.postings.start
    found: dict[int, tuple[float, int]] = {}
    unknown = []
    counts = Counter(word_terms(tokens))
    for term, count in counts.items():
        n = number.get(term)
        if n is None or start[n] == start[n + 1]:  # the word may come from an earlier index
            unknown.append(term[2:])
        else:
            found[n] = (2.0 * count / (1.0 + count), ORIGINAL)
    fired = index.triggers.find(squeeze(folded))
    for line in fired:
        for n in expansions[line][0]:
            found.setdefault(n, (_EXPANSION_WEIGHT, EXPANSION))
    for term, count in Counter(gram_terms(tokens)).items():
        n = number.get(term)
        if n is not None:
            found[n] = (2.0 * count / (1.0 + count), GRAMS)
    for line in fired:
        found[expansions[line][1]] = (1.0, CONCEPTS)
    weights, groups = zip(*found.values(), strict=True) if found else ((), ())
    sounds = dict.fromkeys(phrase_terms(spoken(tokens)))
    return Query(
        folded=folded,
        words=tuple(term[2:] for term in counts),
        unknown=tuple(unknown),
        terms=tuple(found),
        weights=weights,
        groups=groups,
        fired=fired,
        sounds=tuple([n for term in sounds if (n := number.get(term)) is not None]),
        tokens=tokens,
    )
