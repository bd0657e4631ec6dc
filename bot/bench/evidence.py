"""The questions whose right answer is known: what `madoguchi train` learns from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from zlib import crc32

from bot.bench import answers, examples
from bot.core.index import Index, IndexBuilder
from bot.core.knowledge import COMMON, Content
from bot.core.matching import rank
from bot.core.priors_training import Listed, listed
from bot.core.query import read_query
from bot.core.scoring import score
from bot.core.tokens import Tokenize
from bot.core.training import Marked
from bot.services.library import documents

# What each source counts for together, so that the many do not drown the few. Held-out phrasings
# and checklist examples without their wording are harder than residents' questions, whose own are
# the unseen ones: these weigh most.
MASS: Mapping[str, float] = {
    "examples": 1000.0,
    "held_out": 600.0,
    "tests": 300.0,
    "unseen": 2500.0,
    "outside": 1100.0,
}
# What one question counts for when the preferences of kinds are fitted: every test must hold, and
# residents' own words are what counts.
_EACH: Mapping[str, float] = {"examples": 1.0, "held_out": 0.2, "tests": 4.0, "unseen": 2.0}
_MARK = 3.0  # one mark of a member of staff
_FOLDS = 3
_SHARE = 0.05  # some 2,600 phrasings; what they count for together is `MASS`
_CANDIDATES = 60
_THREE = 3


@dataclass(frozen=True, eq=False)
class Posed:
    """A question to be asked of an index that never saw its wording.

    `item` is what it asks for (empty: nothing of the city); `right` says whether an id answers it.
    """

    source: str
    text: str
    item: str
    index: Index
    right: Callable[[str], bool]


def gather(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]] = (),
    marks: Sequence[tuple[str, str, str]] = (),
) -> list[Marked]:
    """Every question that is marked, ranked as the bot would.

    `unseen` and `marks` hold (city, text, ids parted by "|"), no id meaning that nothing of the
    city answers it.
    """
    found = [_ranked(each, tokenize) for each in posed(content, tokenize, unseen, marks)]
    return _weighed(found)


def candidates(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]] = (),
    marks: Sequence[tuple[str, str, str]] = (),
) -> list[Listed]:
    """The candidates of every question that something answers, for fitting the priors."""
    found = (
        _listed(each, tokenize) for each in posed(content, tokenize, unseen, marks) if each.item
    )
    return [each for each in found if each is not None]


def posed(
    content: Content,
    tokenize: Tokenize,
    unseen: Sequence[tuple[str, str, str]] = (),
    marks: Sequence[tuple[str, str, str]] = (),
) -> Iterator[Posed]:
    """Every question whose right answer is known, city by city."""
    tokenize = cache(tokenize)  # fifty indexes are built, of nearly the same texts
    yield from _examples(content, tokenize)
    for city in content.cities:
        yield from _held_out(content, city, tokenize)
    for city in content.cities:
        asked = [(text, item) for where, text, item in unseen if where == city]
        builder = IndexBuilder(content.lexicon, tokenize)
        yield from _asked_without(content, city, asked, builder)
        # Each phrasing is in two of the three folds before: nothing is left to be read.
        index = builder.build(documents(content, city))
        tests = [pair for intent in content.intents.values() for pair in intent.tests.items()]
        sources = {
            "tests": tests,
            "outside": [(text, "") for text in answers.outside_messages()],
            "marks": [(text, item) for where, text, item in marks if where == city],
        }
        for source, pairs in sources.items():
            for text, item in pairs:
                yield Posed(source, text, item, index, _one_of(item))


def _one_of(item: str) -> Callable[[str], bool]:
    wanted = frozenset(item.split("|")) if item else answers.TALK
    return lambda found: found in wanted


def _examples(content: Content, tokenize: Tokenize) -> Iterator[Posed]:
    asked = list(examples.read_examples())
    builder = IndexBuilder(content.lexicon, tokenize)
    for city in content.cities:
        for left_out in examples.rounds(asked):
            kept = documents(examples.without(content, [each.text for each in left_out]), city)
            index = builder.build(kept)
            for example in left_out:
                if example.city in (COMMON, city):
                    right = _covering(content, example.item)
                    yield Posed("examples", example.text, example.item, index, right)


def posed_without(
    content: Content, city: str, asked: Sequence[tuple[str, str]], tokenize: Tokenize
) -> Iterator[Posed]:
    """Residents' questions, many of which are phrasings by now: asked without their wording."""
    return _asked_without(content, city, asked, IndexBuilder(content.lexicon, tokenize))


def _asked_without(
    content: Content, city: str, asked: Sequence[tuple[str, str]], builder: IndexBuilder
) -> Iterator[Posed]:
    for fold in range(_FOLDS):
        pairs = [pair for pair in asked if crc32(pair[0].encode()) % _FOLDS == fold]
        kept = documents(examples.without(content, [text for text, _ in pairs]), city)
        index = builder.build(kept)
        for text, item in pairs:
            # Of an out-of-scope message from the unseen file nothing more is known.
            yield Posed("unseen" if item else "outside", text, item, index, _one_of(item))


def _covering(content: Content, item: str) -> Callable[[str], bool]:
    return lambda found: item in _covers(content, found)


def _held_out(content: Content, city: str, tokenize: Tokenize) -> Iterator[Posed]:
    items = documents(content, city)
    for index, text, item in answers.left_out(items, content.lexicon, tokenize, _FOLDS, _SHARE):
        yield Posed("held_out", text, item, index, _same_subject(content, item))


def _same_subject(content: Content, item: str) -> Callable[[str], bool]:
    same = _covers(content, item)
    return lambda found: found == item or bool(same & _covers(content, found))


def _covers(content: Content, item_id: str) -> frozenset[str]:
    entry = content.entries.get(item_id)
    return frozenset(entry.covers) if entry else frozenset()


def _ranked(each: Posed, tokenize: Tokenize) -> Marked:
    ranking = rank(each.index, each.text, tokenize, _THREE)
    shown = ranking.matches if each.item else ranking.matches[:1]  # small talk comes first or not
    right = [each.right(match.id) for match in shown]
    first = bool(right) and right[0]
    inside = bool(each.item) or first
    return Marked(each.source, each.text, ranking, first, any(right), inside, item=each.item)


def _listed(each: Posed, tokenize: Tokenize) -> Listed | None:
    index = each.index
    query = read_query(index, each.text, tokenize)
    scored = score(index, query, _CANDIDATES)
    if not len(scored.candidates):
        return None
    right = [each.right(index.ids[document]) for document in scored.candidates.tolist()]
    kinds = index.kinds[scored.candidates]
    weight = _EACH.get(each.source, _MARK)
    return listed(
        each.source, each.item, each.text, query.folded, scored.features, scored.phrase, kinds,
        right, weight,
    )  # fmt: skip


def _weighed(marked: Sequence[Marked]) -> list[Marked]:
    count = {source: sum(each.source == source for each in marked) for source in MASS}
    return [
        replace(each, weight=MASS[each.source] / count[each.source])
        if each.source in MASS
        else replace(each, weight=_MARK)
        for each in marked
    ]
