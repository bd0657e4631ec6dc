"""The content in force and a matcher for each city over exactly what that city may say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from threading import Lock
from typing import Protocol

from bot.core.attributes import Catalog
from bot.core.confidence import Costs
from bot.core.emergency import Lookout
from bot.core.knowledge import COMMON, Content, Entry, Intent
from bot.core.matching import Document, Index, build_index, rank
from bot.core.places import without_own_city
from bot.core.saved import from_bytes, index_key, to_bytes
from bot.core.segment_rules import attributes_asked
from bot.core.text import bare
from bot.core.tokens import Tokenize
from bot.core.view import CityView
from bot.core.years import with_both_calendars
from bot.services.remembering import Remembering

_NO_INFO = "no-info-"


@dataclass(frozen=True)
class Terms:
    """What an installation promises its residents: days of retention, the privacy page."""

    days: int = 90
    privacy_url: str = ""
    costs: Costs = field(default_factory=Costs)


class SavedIndexes(Protocol):
    """Where what was built is kept between starts (`bot.content.indexcache.IndexCache`)."""

    def load(self, key: str) -> bytes | memoryview | None:
        """What was saved under `key`."""
        ...

    def read(self, key: str) -> bytes | None:
        """The same, for what is read whole and then needed no more."""
        ...

    def save(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`."""
        ...

    def may_save(self) -> bool:
        """Whether there is any use in making something to be kept."""
        ...


class Library:
    """One immutable version of the content. Matchers are built on first use, once per city.

    `catalog` is what residents can choose, and the saved segments; `index_keys` the keys of saved
    indexes by city, where they are known (else they take 50 ms each).
    """

    def __init__(
        self,
        content: Content,
        tokenize: Tokenize,
        terms: Terms,
        catalog: Catalog | None = None,
        saved: SavedIndexes | None = None,
        index_keys: Mapping[str, str] | None = None,
    ) -> None:
        self.content = content
        self._index_keys = index_keys or {}
        self._saved = saved
        self.catalog = catalog or Catalog()
        self._tokenize = tokenize
        self._terms = terms
        self._views: dict[str, CityView] = {}
        self._lock = Lock()

    @cached_property
    def city_ids(self) -> tuple[str, ...]:
        """The cities that the content has a profile of."""
        return tuple(self.content.cities)

    @cached_property
    def _lookout(self) -> Lookout:
        """All cities' and all processes': it takes longer to make than an answer may wait."""
        return Lookout(self.content.emergencies)

    def view(self, city_id: str) -> CityView:
        """The city's side of this content. Raises KeyError for a city without a profile."""
        built = self._views.get(city_id)
        if built is not None:
            return built
        with self._lock:
            if city_id not in self._views:
                self._views[city_id] = self._build(city_id)
            return self._views[city_id]

    def index(self, city_id: str) -> Index:
        """The matcher's index of a city, for explanations and benchmarks."""
        key = self._index_keys.get(city_id) or key_of_index(self.content, city_id)
        saved = self._loaded(key)
        if saved is not None:
            return saved
        # From nothing: a city must answer alike whichever other city was asked for before it.
        index = build_index(documents(self.content, city_id), self.content.lexicon, self._tokenize)
        if self._saved:
            self._saved.save(key, to_bytes(index))
        # The saved one takes less memory than what it was made of.
        return self._loaded(key) or index

    def _loaded(self, key: str) -> Index | None:
        data = self._saved.load(key) if self._saved else None
        if data is not None:
            with suppress(ValueError):  # of another version: built anew
                return from_bytes(data)
        return None

    def _build(self, city_id: str) -> CityView:
        city = self.content.cities[city_id]
        ranker = Remembering(partial(rank, self.index(city_id), tokenize=self._tokenize))
        terms = self._terms
        return CityView(
            city,
            self.content,
            ranker,
            self._lookout,
            terms.costs,
            terms.days,
            terms.privacy_url,
            self.catalog.in_city(city_id),
            attributes_asked(self.catalog, city_id),
            self._tokenize,
        )


def key_of_index(content: Content, city_id: str) -> str:
    """Under which the city's index is saved; equal for content that is indexed alike."""
    return index_key(documents(content, city_id), content.lexicon)


def documents(content: Content, city_id: str) -> list[Document]:
    """Everything that may answer in a city, as the matcher wants it.

    A phrasing that the city's own entry has too is that entry's alone: 「電子図書館」 finds "no plan
    says" only where no plan says. One that names the city is known without the name as well, as
    residents' messages are read (`without_own_city`).
    """
    titles = {item.id: item.title for item in content.entries.values()}
    names = content.cities[city_id].names
    own = {
        bare(phrase)
        for entry in content.entries.values()
        if entry.city == city_id
        for phrase in _unnamed(entry.questions, names)
    }
    found = [
        _entry_document(content, entry, titles, names)
        for entry in content.entries.values()
        if entry.visible_in(city_id)
    ]
    found += [
        _intent_document(content, intent, own)
        for intent in content.intents.values()
        if intent.visible_in(city_id)
    ]
    return found


def _unnamed(phrases: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """The phrases, and those that name the city once more without its name."""
    each = ((phrase, without_own_city(phrase, names)) for phrase in phrases)
    return tuple(dict.fromkeys(form for forms in each for form in forms))


def _entry_document(
    content: Content, entry: Entry, titles: Mapping[str, str], names: Iterable[str]
) -> Document:
    questions = _unnamed(entry.questions, names)
    return Document(
        id=entry.id,
        title=entry.title,
        questions=(*map(with_both_calendars, questions), *_translated(content, entry.id)),
        answer=with_both_calendars(entry.answer),
        related=tuple(titles[each] for each in entry.related if each in titles),
        kind=_entry_kind(entry),
    )


def _intent_document(content: Content, intent: Intent, own: Set[str]) -> Document:
    examples = (phrase for phrase in intent.examples if bare(phrase) not in own)
    questions = (*examples, *_translated(content, intent.id))
    return Document(intent.id, intent.title, questions, intent.answer, kind=_intent_kind(intent))


def _entry_kind(entry: Entry) -> str:
    if entry.is_term:
        return "term"
    return "common" if entry.city == COMMON else "own"


def _intent_kind(intent: Intent) -> str:
    if intent.choices or intent.topics:
        return "menu"
    return "no-info" if intent.id.startswith(_NO_INFO) else "intent"


def _translated(content: Content, item_id: str) -> tuple[str, ...]:
    """The item's phrasings and titles in every other language find it too."""
    words: list[str] = []
    for translated in content.translations.values():
        if (found := translated.get(item_id)) is not None:
            words += [found.title, *found.questions]
    return tuple(words)
