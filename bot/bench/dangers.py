"""The texts that `madoguchi train --danger` learns from: danger as it is told, and all the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.bench import answers
from bot.bench.evidence import posed_without
from bot.core.danger_training import Told
from bot.core.emergency import Lookout
from bot.core.index import Index, build_index
from bot.core.knowledge import Content
from bot.core.matching import rank
from bot.core.text import fold, hiragana, plain_spelling
from bot.core.tokens import Tokenize
from bot.services.library import documents

# Of the source tree; left out where it is not there.
TEXTS = Path("tests/bench/dangers.tsv")
_CALM = "calm"


def read_texts(path: Path) -> list[tuple[str, str]]:
    """The text and the kind of each line ("signs", "unlisted" or "calm"). Raises OSError."""
    lines = path.read_text("utf-8-sig").splitlines()
    rows = (line.split("\t") for line in lines if line.strip() and not line.startswith("#"))
    return [(text, kind) for text, kind in rows]


def told(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]] = (),
    texts: Sequence[tuple[str, str]] = (),
) -> list[Told]:
    """Every text to learn from, once. `unseen` holds (city, question, ids), `texts` (text, kind).

    A resident's question in which the signs see danger says neither the one nor the other.
    """
    lookout = Lookout(content.emergencies)
    found: dict[str, Told] = {}
    for each in _all(content, tokenize, unseen, texts):
        if each.source != "residents" or not lookout.find(each.text):
            found.setdefault(plain_spelling(each.text), each)
    return list(found.values())


def _all(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]],
    texts: Sequence[tuple[str, str]],
) -> Iterator[Told]:
    dangers = content.emergencies
    alarming = [text for text, kind in texts if kind != _CALM]
    alarming += [text for danger in dangers for text in danger.tests]
    calm = [text for text, kind in texts if kind == _CALM]
    calm += [text for danger in dangers for text in danger.calm_tests]
    index = build_index(documents(content, next(iter(content.cities))), content.lexicon, tokenize)
    sources = {"danger": alarming, "calm": calm, "outside": answers.outside_messages()}
    for source, chosen in sources.items():
        for text in chosen:
            scope = _in_scope(index, text, tokenize)
            yield Told(text, source, _reading(text, tokenize), "", scope)
    for city in content.cities:
        asked = [(text, ids) for where, text, ids in unseen if where == city]
        for each in posed_without(content, city, asked, tokenize):
            scope = _in_scope(each.index, each.text, tokenize)
            reading, item = _reading(each.text, tokenize), each.item.split("|")[0]
            yield Told(each.text, "residents", reading, item, scope)
    for item, text in _phrasings(content):
        yield Told(text, "phrasings", _reading(text, tokenize), item)


def _phrasings(content: Content) -> Iterator[tuple[str, str]]:
    """The id and the words of everything that the content is asked by."""
    for entry in content.entries.values():
        yield from ((entry.id, text) for text in (entry.title, *entry.questions))
    for intent in content.intents.values():
        for text in (intent.title, *intent.examples, *intent.tests):
            yield intent.id, text
    for translations in content.translations.values():
        for item, translated in translations.items():
            if not any(item == danger.id for danger in content.emergencies):
                yield from ((item, text) for text in (translated.title, *translated.questions))


def _in_scope(index: Index, text: str, tokenize: Tokenize) -> float:
    return rank(index, text, tokenize, 3).in_scope


def _reading(text: str, tokenize: Tokenize) -> str:
    """The text in kana, as children and those in a hurry write."""
    words = tokenize("".join(fold(text).split()))
    return hiragana("".join(word.reading or word.surface for word in words))
