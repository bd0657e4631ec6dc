"""What changes if I save: residents' questions, all examples and all tests, before and after."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core import guard
from bot.core.alarm import hidden_danger
from bot.core.documents import Document
from bot.core.knowledge import COMMON, Content
from bot.core.nearness import NEAR_DUPLICATE, closest, plain
from bot.core.rivals import settled, stands_alone
from bot.core.terms import tokenize_text, word_terms
from bot.core.text import fold
from bot.core.tokens import Tokenize
from bot.core.view import CityView
from bot.core.years import with_both_calendars
from bot.services.drafts import Draft, Drafts
from bot.services.library import documents

_OFFERED = 3
_SHOWN = 200
_SLICE = 10


@dataclass(frozen=True)
class Outcome:
    """What one message gets: `decision` and the ids shown first. `near` is what came close."""

    decision: str
    ids: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[str, tuple[str, ...]]:
        """What the resident sees of it."""
        return self.decision, self.ids


@dataclass(frozen=True)
class Moved:
    """Questions whose answer changes in the same way, most asked first."""

    before: Outcome
    after: Outcome
    texts: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """How often residents asked one of them."""
        return sum(number for _, number in self.texts)


@dataclass(frozen=True)
class TestChange:
    """A `tests:` line that breaks or mends."""

    utterance: str
    expected: str
    before: str
    after: str

    @property
    def mended(self) -> bool:
        """Whether it is right now."""
        return self.after == self.expected


@dataclass(frozen=True)
class Theft:
    """Questions that another item answered so far, and the example that draws them over."""

    winner: str
    loser: str
    count: int
    example: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Twin:
    """A new phrase nearly equal to one of another item."""

    item: str
    phrase: str
    other: str
    other_phrase: str


@dataclass(frozen=True)
class Report:
    """Everything a save would do. `asked` counts residents' questions, `phrases` examples."""

    city: str
    asked: int
    phrases: int
    moved: tuple[Moved, ...] = ()
    examples: tuple[Moved, ...] = ()
    reworded: Mapping[str, int] = field(default_factory=dict)
    tests: tuple[TestChange, ...] = ()
    thefts: tuple[Theft, ...] = ()
    twins: tuple[Twin, ...] = ()
    unreachable: tuple[str, ...] = ()
    untested: tuple[str, ...] = ()

    @property
    def moves(self) -> int:
        """How many of the residents' questions get another answer."""
        return sum(each.count for each in self.moved)


def outcome(view: CityView, text: str) -> Outcome:
    """What the first message of a conversation gets."""
    plain = guard.without_labels(text).strip()
    if not plain:
        return Outcome("fallback")
    if dangers := view.lookout.find(plain):
        return Outcome("emergency", tuple(danger.id for danger in dangers[:2]))
    ranking = view.rank(with_both_calendars(plain))
    unsigned = view.learned_danger
    if unsigned and hidden_danger(view, plain, lambda: ranking.in_scope) == "card":
        return Outcome("emergency", (unsigned.id,))
    decision, ranking = settled(view, plain, ranking)
    ids = [match.id for match in ranking.matches]
    near = frozenset(ids)
    if decision == "answer" or (decision == "choices" and stands_alone(view, plain, ranking)):
        return Outcome("answer", tuple(ids[:1]), near)
    if decision == "choices" and len(ids) > 1:
        return Outcome("choices", tuple(ids[:_OFFERED]), near)
    return Outcome("fallback", (), near)


class Replay:
    """Remembers what the content in force answers, so that only what a draft touches is asked.

    A question is asked again if a changed item was near before, if it shares a word with what was
    added, or if it was no clear answer so far. A change of the word list or of the emergencies asks
    everything again.
    """

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Content, dict[str, Outcome]]] = {}

    def run(self, draft: Draft, city: str, questions: Mapping[str, int]) -> Report:
        """Compare `draft` with the content in force; `questions` maps masked text -> how often."""
        base = self._drafts.current()
        phrases = _phrases(draft.library.content, city)
        tests = {
            text: expected
            for intent in draft.library.content.intents.values()
            if intent.visible_in(city)
            for text, expected in intent.tests.items()
        }
        texts = list(dict.fromkeys((*questions, *phrases, *tests)))
        with self._lock:
            before = self._before(base.view(city), city, texts)
        view = draft.library.view(city)
        changed = _changed(base.content, view.content, city)
        asked = self._to_ask(before, base.content, view.content, changed, texts)
        after = {**before, **{text: outcome(view, text) for text in asked}}
        return self._report(view, city, questions, phrases, tests, before, after, changed)

    def learn(self, city: str, texts: Iterable[str], pause: Callable[[], None]) -> None:
        """Answer `texts` ahead of time from the content in force, a few at a time."""
        base = self._drafts.current()
        self._drafts.base_index(city)
        view = base.view(city)
        wanted = [*texts, *_phrases(base.content, city)]
        for start in range(0, len(wanted), _SLICE):
            if self._drafts.current() is not base:
                return
            with self._lock:
                self._before(view, city, wanted[start : start + _SLICE])
            pause()

    def _before(self, view: CityView, city: str, texts: Sequence[str]) -> dict[str, Outcome]:
        """The outcomes in force; those of the content before are kept where nothing touches them."""
        content, known = self._known.get(city, (view.content, {}))
        if content.version != view.content.version:
            changed = _changed(content, view.content, city)
            again = self._to_ask(known, content, view.content, changed, list(known))
            known = {text: known[text] for text in known if text not in again}
        missing = [text for text in texts if text not in known]
        known.update((text, outcome(view, text)) for text in missing)
        if len(known) > 60_000:
            known = {text: known[text] for text in texts}
        self._known[city] = (view.content, known)
        return {text: known[text] for text in texts}

    def _to_ask(
        self,
        known: Mapping[str, Outcome],
        before: Content,
        after: Content,
        changed: Mapping[str, tuple[Document | None, Document | None]],
        texts: Sequence[str],
    ) -> set[str]:
        if before.lexicon != after.lexicon or before.emergencies != after.emergencies:
            return set(texts)
        if not changed:
            return set()
        tokenize = self._drafts.tokenize
        words = set(_words(_added(changed), tokenize))
        ids = set(changed)
        return {
            text
            for text in texts
            if known[text].decision not in ("answer", "emergency")
            or not ids.isdisjoint(known[text].near)
            or not words.isdisjoint(_words((text,), tokenize))
        }

    def _report(
        self,
        view: CityView,
        city: str,
        questions: Mapping[str, int],
        phrases: Mapping[str, str],
        tests: Mapping[str, str],
        before: Mapping[str, Outcome],
        after: Mapping[str, Outcome],
        changed: Mapping[str, tuple[Document | None, Document | None]],
    ) -> Report:
        own = {item for item, (_, new) in changed.items() if new is not None}
        moved = _moved(questions, before, after)
        reworded = {
            item: number
            for item, (old, new) in changed.items()
            if old and new and old.answer != new.answer
            if (number := sum(n for t, n in questions.items() if after[t].ids[:1] == (item,)))
        }
        reached = {o.ids[0] for t, o in after.items() if phrases.get(t) in o.ids[:1]}
        return Report(
            city=city,
            asked=sum(questions.values()),
            phrases=len(phrases),
            moved=moved,
            examples=_moved({text: 1 for text in phrases if text in before}, before, after),
            reworded=reworded,
            tests=tuple(_test_changes(tests, before, after)),
            thefts=tuple(_thefts(moved, changed)),
            twins=tuple(_twins(changed, phrases)),
            unreachable=tuple(sorted(set(phrases.values()) - reached)),
            untested=tuple(sorted(own - set(tests.values()))),
        )


def _phrases(content: Content, city: str) -> dict[str, str]:
    """Every phrase that a city's items are found by -> the item."""
    entries = ((e.id, e.city, e.questions) for e in content.entries.values())
    intents = ((i.id, i.city, i.examples) for i in content.intents.values())
    return {
        phrase: item
        for item, own, phrases in (*entries, *intents)
        if own in (COMMON, city)
        for phrase in phrases
    }


def _changed(
    before: Content, after: Content, city: str
) -> dict[str, tuple[Document | None, Document | None]]:
    """What the matcher sees of each changed item, before and after."""
    old = {document.id: document for document in documents(before, city)}
    new = {document.id: document for document in documents(after, city)}
    return {
        item: (old.get(item), new.get(item))
        for item in {**old, **new}
        if old.get(item) != new.get(item)
    }


def _added(changed: Mapping[str, tuple[Document | None, Document | None]]) -> Iterable[str]:
    """The words that were not there before."""
    for old, new in changed.values():
        if new is None:
            continue
        yield from set(new.questions) - set(old.questions if old else ())
        if old is None or old.title != new.title:
            yield new.title
        if old is None or old.answer != new.answer:
            yield new.answer


def _words(texts: Iterable[str], tokenize: Tokenize) -> Iterable[str]:
    for text in texts:
        yield from word_terms(tokenize_text(fold(text), tokenize))


def _moved(
    texts: Mapping[str, int], before: Mapping[str, Outcome], after: Mapping[str, Outcome]
) -> tuple[Moved, ...]:
    groups: dict[tuple[object, object], list[str]] = {}
    for text in texts:
        if before[text].shown != after[text].shown:
            groups.setdefault((before[text].shown, after[text].shown), []).append(text)
    found = [
        Moved(
            before[group[0]],
            after[group[0]],
            tuple(sorted(((t, texts[t]) for t in group), key=lambda pair: (-pair[1], pair[0]))),
        )
        for group in groups.values()
    ]
    return tuple(sorted(found, key=lambda each: -each.count)[:_SHOWN])


def _test_changes(
    tests: Mapping[str, str], before: Mapping[str, Outcome], after: Mapping[str, Outcome]
) -> Iterable[TestChange]:
    for utterance, expected in tests.items():
        old, new = ("".join(side[utterance].ids[:1]) for side in (before, after))
        if (old == expected) != (new == expected):
            yield TestChange(utterance, expected, old, new)


def _thefts(
    moved: Sequence[Moved], changed: Mapping[str, tuple[Document | None, Document | None]]
) -> Iterable[Theft]:
    """Sure answers of one item that become another's, with the example that is closest."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for each in moved:
        if each.before.decision != "answer" or not each.after.ids:
            continue
        winner, loser = each.after.ids[0], each.before.ids[0]
        if winner != loser and winner in changed:
            found.setdefault((winner, loser), Counter()).update(dict(each.texts))
    for (winner, loser), texts in found.items():
        old, new = changed[winner]
        phrases = new.questions if new else ()
        fresh = [p for p in phrases if not old or p not in old.questions] or list(phrases)
        votes: Counter[str] = Counter()
        spelled = list(map(plain, fresh))
        for text, number in texts.items():
            best = closest(plain(text), spelled)
            if best is not None:
                votes[fresh[best]] += number
        example = votes.most_common(1)[0][0] if votes else ""
        shown = tuple(text for text, _ in texts.most_common(5))
        yield Theft(winner, loser, texts.total(), example, shown)


def _twins(
    changed: Mapping[str, tuple[Document | None, Document | None]], phrases: Mapping[str, str]
) -> Iterable[Twin]:
    """Added phrases that are nearly those of another item."""
    spelled = {phrase: plain(phrase) for phrase in phrases}
    for item, (old, new) in changed.items():
        if new is None:
            continue
        others = [phrase for phrase in phrases if phrases[phrase] != item]
        texts = [spelled[phrase] for phrase in others]
        for phrase in new.questions:
            if old is not None and phrase in old.questions:
                continue
            best = closest(plain(phrase), texts, least=NEAR_DUPLICATE)
            if best is not None:
                yield Twin(item, phrase, phrases[others[best]], others[best])
