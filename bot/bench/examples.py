"""The knowledge checklist's example questions, as shipped and with their own wording taken out.

An example that stands in an entry's `questions` is found by its letters. The figure that counts
is the second: each example is asked of an index whose content does not hold that wording. The
examples are taken out in rounds, one of every item at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from bot.core.confidence import Costs, decide
from bot.core.documents import Ranking
from bot.core.index import build_index
from bot.core.knowledge import COMMON, Content
from bot.core.matching import rank
from bot.core.text import bare
from bot.core.tokens import Tokenize
from bot.services.library import documents

_LISTED = 400
# Second questions that do not name what they are about (「どういう意味ですか？」): after the first
# one they are follow-ups, alone nobody could tell. Named by a reader who saw nothing but the 764
# sentences, in random order: no item, no city, no result.
_NO_CONTEXT = frozenset(
    (
        "番号は表に書いてある？",
        "登録しないと困りますか",
        "申請の期限はありますか",
        "みんな持っていますか",
        "障がいがあっても受けられる？",
        "郵送でも申請できますか",
        "外国人でも参加できますか",
        "支払いはどうするの？",
        "対象になったら知らせてほしい",
        "営利目的で使ってもいい？",
        "何人が答えましたか",
        "はんこは要りますか",
        "市はまず何から進めますか",
        "優先して取り組むことは？",
        "市民も使えますか？",
        "何番目の社会ですか？",
        "今も続いていますか？",
        "商売に使ってもいい？",
        "どこのサイトですか？",
        "予備があると安心ですか？",
        "どういう意味ですか？",
        "動画も入りますか？",
        "事故との違いは？",
        "紙も入りますか？",
        "市にもありますか？",
        "どこのメーカーでも使える？",
        "だれが決めるの？",
        "申請しなくても届くの？",
        "人が答えていますか？",
        "何に使うのですか？",
        "位置情報も入りますか？",
        "災害で使いますか？",
        "登録した方がいい？",
        "タブレットも入る？",
        "どんな種類がありますか？",
        "どうやって始めますか？",
    )
)


@dataclass(frozen=True)
class Example:
    """One example question: the checklist item it asks for, the city whose item that is."""

    item: str
    city: str
    text: str


@dataclass(frozen=True)
class Asked:
    """An example as it was ranked in one city."""

    example: Example
    city: str
    topic: str
    covers: tuple[frozenset[str], ...]  # of the first three
    decision: str

    @property
    def first(self) -> bool:
        """Whether the first candidate covers the item."""
        return bool(self.covers) and self.example.item in self.covers[0]

    @property
    def three(self) -> bool:
        """Whether one of the first three covers the item."""
        return any(self.example.item in covered for covered in self.covers)


def run(content: Content, tokenize: Tokenize) -> dict[str, Any]:
    """Shares right at the first and among the first three places, and the decisions.

    Examples of common items are asked in every city.
    """
    examples = list(read_examples())
    shipped = [a for city in content.cities for a in _ask(content, examples, city, tokenize)]
    unseen = [
        asked
        for city in content.cities
        for left_out in rounds(examples)
        for asked in _ask(without(content, _texts(left_out)), left_out, city, tokenize)
    ]
    return {
        "as_shipped": _figures(shipped),
        "own_wording_removed": _figures(unseen),
        "of_these_with_context": _figures(
            [asked for asked in unseen if asked.example.text not in _NO_CONTEXT]
        ),
        "cities": _by(unseen, lambda asked: asked.city),
        "topics": _by(unseen, lambda asked: asked.topic),
        "under_two_cities": sorted(_shared(examples)),
        "without_context": sorted(e.text for e in examples if e.text in _NO_CONTEXT),
        "missed": [
            {"city": a.city, "item": a.example.item, "text": a.example.text}
            for a in unseen
            if not a.three
        ][:_LISTED],
    }


def read_examples() -> Iterator[Example]:
    """The shipped examples."""
    text = files("bot.bench").joinpath("examples.tsv").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            yield Example(*line.split("\t"))


def rounds(examples: Sequence[Example]) -> list[list[Example]]:
    """The first example of every item, then the second of every item, and so on."""
    rounds: defaultdict[int, list[Example]] = defaultdict(list)
    seen: defaultdict[str, int] = defaultdict(int)
    for example in examples:
        rounds[seen[example.item]].append(example)
        seen[example.item] += 1
    return [rounds[number] for number in sorted(rounds)]


def _texts(examples: Iterable[Example]) -> list[str]:
    return [example.text for example in examples]


def without(content: Content, texts: Iterable[str]) -> Content:
    """The content without these phrasings of entries and intents, whatever blanks and marks."""
    taken = {bare(text) for text in texts}

    def kept(phrases: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(phrase for phrase in phrases if bare(phrase) not in taken)

    entries = {
        entry.id: replace(entry, questions=kept(entry.questions))
        for entry in content.entries.values()
    }
    intents = {
        intent.id: replace(intent, examples=kept(intent.examples))
        for intent in content.intents.values()
    }
    return replace(content, entries=entries, intents=intents)


def _ask(
    content: Content, examples: Iterable[Example], city: str, tokenize: Tokenize
) -> Iterator[Asked]:
    index = build_index(documents(content, city), content.lexicon, tokenize)
    for example in examples:
        if example.city in (COMMON, city):
            ranking = rank(index, example.text, tokenize, 3)
            covers = tuple(_covers(content, match.id) for match in ranking.matches)
            topic = _topic(content, example.item)
            yield Asked(example, city, topic, covers, _decision(ranking))


def _decision(ranking: Ranking) -> str:
    return decide(ranking, Costs())


def _covers(content: Content, item_id: str) -> frozenset[str]:
    entry = content.entries.get(item_id)
    return frozenset(entry.covers) if entry else frozenset()


def _topic(content: Content, item: str) -> str:
    return next((e.topic for e in content.entries.values() if item in e.covers), "?")


def _figures(asked: Sequence[Asked]) -> dict[str, Any]:
    count = len(asked) or 1
    answered = [a for a in asked if a.decision == "answer"]
    return {
        "questions": len(asked),
        "first_right": round(sum(a.first for a in asked) / count, 4),
        "three_right": round(sum(a.three for a in asked) / count, 4),
        "answered_rightly": round(sum(a.first for a in answered) / count, 4),
        "answered_wrongly": round(sum(not a.first for a in answered) / count, 4),
        "asked_back": round(sum(a.decision == "choices" for a in asked) / count, 4),
        "missed": round(sum(a.decision == "fallback" for a in asked) / count, 4),
    }


def _by(asked: Iterable[Asked], key: Any) -> Mapping[str, Any]:
    groups: defaultdict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        groups[key(each)].append(each)
    return {name: _figures(group) for name, group in sorted(groups.items())}


def _shared(examples: Iterable[Example]) -> set[str]:
    cities: defaultdict[str, set[str]] = defaultdict(set)
    for example in examples:
        cities[bare(example.text)].add(example.city)
    return {text for text, found in cities.items() if len(found) > 1}
