"""A resident's message turned into what the index is searched with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, islice
from operator import eq

from bot.core.dialect import standard
from bot.core.index import Index
from bot.core.kana import Reading
from bot.core.kana_repair import mended_kana
from bot.core.language import language_written_in
from bot.core.repair import suspects
from bot.core.romaji import from_romaji, hiragana_of
from bot.core.terms import spoken, text_grams, tokenize_text
from bot.core.text import fold, has_kanji, katakana, sentences, squeeze, without_courtesy
from bot.core.tokens import Token, Tokenize, content_words

ORIGINAL, EXPANSION, GRAMS, CONCEPTS = range(4)
_EXPANSION_WEIGHT = 0.6
_HOMOPHONE_WEIGHT = 0.5
_ASKING = re.compile(
    "[か?]。?$|たい|教えて|おしえて|ください|ほしい|欲しい|どう|どこ|いつ|いくら|ですか|ますか"
)
_NO_OTHER_KANA = re.compile(r"[ァ-ヺー・、。?!a-z0-9\s]+")
_RUNS_ON = re.compile("[ァ-ヺー]{5,}")  # it may be words written together (シャコショウメイ)
_MARKS = frozenset("、。?!")
_LONGEST = 400  # characters; of a longer message only the sentences that matter are read


@dataclass(frozen=True)
class Query:
    """Terms with weights by group, and the shape of the message.

    `terms` and `weights` run in parallel, group by group, and `sizes` says how many of them are of
    each; `words` is every meaningful word, known or not; `fired` maps word-list line -> the words in the message that made it fire. `kana`:
    how a message typed in kana (or romaji) was read back into known words.
    """

    folded: str
    words: tuple[str, ...]
    unknown: tuple[str, ...]
    terms: tuple[int, ...]
    weights: tuple[float, ...]
    sizes: tuple[int, ...]
    fired: dict[int, str]
    sounds: tuple[int, ...]
    tokens: Sequence[Token]
    kana: Reading | None = None

    def by_group(self) -> tuple[dict[int, float], ...]:
        """The terms with their weights, of own words, expansions, grams and concepts apart."""
        asked = zip(self.terms, self.weights, strict=True)
        return tuple(dict(islice(asked, size)) for size in self.sizes)


def read_query(index: Index, text: str, tokenize: Tokenize) -> Query:
    """The message as the index sees it. Never raises, whatever the text."""
    folded = standard(_gist(without_courtesy(fold(text))))
    romaji = _from_romaji(index, folded, tokenize)
    folded = folded if romaji is None else romaji
    if index.decoder.applies(folded) or _runs_on_in_katakana(index, folded, tokenize):
        return _from_kana(index, index.decoder.read(folded, romaji is not None), tokenize)
    query = _query(index, folded, tokenize_text(folded, tokenize))
    others = _misheard(index, query) if query.unknown else ()
    return _with_homophones(index, query, tokenize("\n".join(others))) if others else query


def _from_romaji(index: Index, folded: str, tokenize: Tokenize) -> str | None:
    """A message in romaji as hiragana; English and the knowledge base's names in it stay."""

    def stays(word: str) -> bool:
        kana = hiragana_of(word)
        if kana is not None and katakana(kana) in index.decoder.words:
            return False  # someone has typed 「teate」 before
        named = index.terms.knows(word) or bool(index.triggers.find(word))
        return named or tokenize(word)[0].known

    return from_romaji(folded, stays, mixed=language_written_in(folded) is None)


def _runs_on_in_katakana(index: Index, folded: str, tokenize: Tokenize) -> bool:
    """Whether a text is typed in katakana alone, and some of it is no word that anybody knows."""
    if _NO_OTHER_KANA.fullmatch(folded) is None or _RUNS_ON.search(folded) is None:
        return False
    return any(
        not (token.known or index.terms.knows(token.surface) or index.triggers.find(token.surface))
        for token in tokenize(folded)
        if _RUNS_ON.fullmatch(token.surface)
    )


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
    known = {*query.terms}
    own, expanded, grams, concepts = query.by_group()
    numbers = [index.terms.word(word) for word in content_words(others)]
    alike = [n for n in numbers if n is not None]
    for line in index.triggers.find("\n".join(token.surface for token in others)):
        words, concept = index.expansions[line]
        alike += words
        if concept not in known:
            concepts[concept] = _HOMOPHONE_WEIGHT
    expanded.update((n, _HOMOPHONE_WEIGHT) for n in alike if n not in known)
    terms, weights, sizes = _side_by_side(own, expanded, grams, concepts)
    return replace(query, terms=terms, weights=weights, sizes=sizes)


def mended(index: Index, query: Query, tokenize: Tokenize) -> Query | None:
    """The query with one wrong character mended, where a word of the knowledge base fits.

    Of a message in kana a kana is mended: its kanji and katakana were written here, not typed.
    """
    if query.kana:
        kana = mended_kana(index.decoder, query.kana)
        return None if kana is None else _from_kana(index, kana, tokenize)
    places = suspects(query.tokens, index.terms.knows)
    text = index.repairer.repair(query.folded, places)
    return None if text is None else _query(index, text, _again(query, text, tokenize))


def _again(query: Query, text: str, tokenize: Tokenize) -> Sequence[Token]:
    """The tokens of the query's text with one character mended: only its clause is cut again.

    No word reaches across a mark, and a mark is cut the same whatever stands beside it.
    """
    tokens = query.tokens
    ends = list(accumulate([len(token.surface) for token in tokens]))
    if ends[-1] != len(text):  # blanks were taken out
        return tokenize_text(text, tokenize)
    same = map(eq, query.folded, text)
    wrong = next(place for place, is_same in enumerate(same) if not is_same)
    marks = [number for number, token in enumerate(tokens) if token.surface in _MARKS]
    first = max((number for number in marks if ends[number] <= wrong), default=0)
    last = min((number for number in marks if ends[number] > wrong), default=len(tokens) - 1)
    begin = ends[first] - len(tokens[first].surface)
    clause = tokenize(text[begin : ends[last]])
    return [*tokens[:first], *clause, *tokens[last + 1 :]]


def says_nothing(folded: str) -> bool:
    """Whether a message holds no word: marks alone, a letter alone, or one letter over and over."""
    if has_kanji(folded):
        return False
    return len({char for char in folded if char.isalnum() and char != "ー"}) < 2


def _gist(folded: str) -> str:
    """Of a long message, the sentences that ask, as far as there are any."""
    if len(folded) <= _LONGEST:
        return folded
    asking = [part for part in sentences(folded) if _ASKING.search(part)]
    return (" ".join(asking) or folded)[:_LONGEST]


def _query(index: Index, folded: str, tokens: Sequence[Token]) -> Query:
    known, expansions = index.terms, index.expansions
    words = content_words(tokens)
    own = _weights(words, known.words)
    fired = index.triggers.find(squeeze(folded))
    expanded = {n: _EXPANSION_WEIGHT for line in fired for n in expansions[line][0] if n not in own}
    grams = _weights(text_grams(tokens), known.grams)
    concepts = {expansions[line][1]: 1.0 for line in fired}
    terms, weights, sizes = _side_by_side(own, expanded, grams, concepts)
    return Query(
        folded=folded,
        words=tuple(dict.fromkeys(words)),
        unknown=tuple(dict.fromkeys([word for word in words if word not in known.words])),
        terms=terms,
        weights=weights,
        sizes=sizes,
        fired=fired,
        sounds=known.sounds.find(spoken(tokens)),
        tokens=tokens,
    )


def _weights(said: Iterable[str], numbers: Mapping[str, int]) -> dict[int, float]:
    """The known ones of the terms said, each with a weight that grows little with how often."""
    known = [n for n in map(numbers.get, said) if n is not None]
    found = dict.fromkeys(known, 1.0)
    if len(found) < len(known):
        found = {n: 2.0 * count / (1.0 + count) for n, count in Counter(known).items()}
    return found


def _side_by_side(
    *groups: Mapping[int, float],
) -> tuple[tuple[int, ...], tuple[float, ...], tuple[int, ...]]:
    """The terms of all groups, their weights, and how many are of each group."""
    weights = chain.from_iterable(group.values() for group in groups)
    return tuple(chain.from_iterable(groups)), tuple(weights), tuple(map(len, groups))
