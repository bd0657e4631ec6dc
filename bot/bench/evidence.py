"""The questions whose right answer is known, ranked: what `madoguchi train` learns from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.bench import answers, examples
from bot.core.documents import Ranking
from bot.core.index import Index, build_index
from bot.core.knowledge import COMMON, Content
from bot.core.matching import rank
from bot.core.tokens import Tokenize
from bot.core.training import Marked
from bot.services.library import documents

# What each source counts for together, so that the many do not drown the few. Held-out phrasings
# are harder than residents' questions and the unseen ones easier; the truth lies between.
MASS: Mapping[str, float] = {
    "examples": 1500.0,
    "held_out": 1000.0,
    "tests": 300.0,
    "unseen": 1000.0,
    "outside": 1100.0,
}
_MARK = 3.0  # one mark of a member of staff
_FOLDS = 4
_SHARE = 0.12


def gather(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]] = (),
    marks: Sequence[tuple[str, str, str]] = (),
) -> list[Marked]:
    """Every question that is marked, each ranked as if its own wording stood nowhere.

    `unseen` and `marks` hold (city, text, id), an empty id meaning that nothing of the city
    answers it.
    """
    found = [*_examples(content, tokenize), *_held_out(content, tokenize)]
    for city in content.cities:
        index = build_index(documents(content, city), content.lexicon, tokenize)
        found += _asked(index, tokenize, city, content, unseen, marks)
    return _weighed(found)


def _examples(content: Content, tokenize: Tokenize) -> Iterator[Marked]:
    listed = list(examples.read_examples())
    previous: Index | None = None
    for city in content.cities:
        for left_out in examples.rounds(listed):
            kept = documents(examples.without(content, left_out), city)
            previous = build_index(kept, content.lexicon, tokenize, previous)
            for example in left_out:
                if example.city in (COMMON, city):
                    ranking = rank(previous, example.text, tokenize, 3)
                    covered = [example.item in _covers(content, m.id) for m in ranking.matches]
                    yield _marked("examples", example.text, ranking, covered)


def _held_out(content: Content, tokenize: Tokenize) -> Iterator[Marked]:
    for city in content.cities:
        items = documents(content, city)
        for asked in answers.held_out(items, content.lexicon, {}, tokenize, _FOLDS, _SHARE):
            same = _covers(content, asked.expected)
            right = [
                m.id == asked.expected or bool(same & _covers(content, m.id))
                for m in asked.ranking.matches[:3]
            ]
            yield _marked("held_out", asked.text, asked.ranking, right)


def _asked(
    index: Index,
    tokenize: Tokenize,
    city: str,
    content: Content,
    unseen: Sequence[tuple[str, str, str]],
    marks: Sequence[tuple[str, str, str]],
) -> Iterator[Marked]:
    tests = [pair for intent in content.intents.values() for pair in intent.tests.items()]
    outside = [(text, "") for text in answers.outside_messages()]
    mine = [(text, item) for where, text, item in marks if where == city]
    kept = [(text, item) for where, text, item in unseen if where == city]
    sources = {"tests": tests, "unseen": kept, "outside": outside, "marks": mine}
    for source, pairs in sources.items():
        for text, item in pairs:
            ranking = rank(index, text, tokenize, 3)
            shown = [m.id for m in ranking.matches]
            right = [each == item if item else each in answers.TALK for each in shown]
            yield _marked(source, text, ranking, right if item else right[:1], bool(item))


def _marked(
    source: str, text: str, ranking: Ranking, right: Sequence[bool], inside: bool = True
) -> Marked:
    first = bool(right) and right[0]
    return Marked(source, text, ranking, first, any(right), inside or first)


def _covers(content: Content, item_id: str) -> frozenset[str]:
    entry = content.entries.get(item_id)
    return frozenset(entry.covers) if entry else frozenset()


def _weighed(marked: Sequence[Marked]) -> list[Marked]:
    count = {source: sum(each.source == source for each in marked) for source in MASS}
    return [
        replace(each, weight=MASS[each.source] / count[each.source])
        if each.source in MASS
        else replace(each, weight=_MARK)
        for each in marked
    ]
