"""One city's side of the content: what its residents may be told, in which language."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from bot.core.attributes import CityCatalog
from bot.core.confidence import Costs
from bot.core.emergency import Lookout
from bot.core.knowledge import (
    City,
    Contact,
    Content,
    Emergency,
    Entry,
    Intent,
    Kind,
    Link,
    Translation,
)
from bot.core.matching import Ranking
from bot.core.text import plain_spelling
from bot.core.tokens import Token, Tokenize
from bot.core.wording import JAPANESE, Wording, wording
from bot.core.wordset import Words


def _no_words(text: str) -> Sequence[Token]:
    return ()


_Made = TypeVar("_Made")
_SEPARATORS = re.compile(r"[・（）()／]")
MENU_SIZE = 12  # LINE shows 13 buttons; one leads to a person


@dataclass(frozen=True)
class CityView:
    """A city, the content it may use, and the matcher over exactly that content.

    `days` is how long questions are kept; `privacy_url` may be empty. `catalog` is what residents
    can choose, `asked` which of its attributes the city's segments use: no others are asked for.
    `lookout` sees danger in a message. `tokenize` cuts a message into words, to see what it names.
    """

    city: City
    content: Content
    rank: Callable[[str], Ranking]
    lookout: Lookout
    costs: Costs
    days: int = 90
    privacy_url: str = ""
    catalog: CityCatalog = field(default_factory=lambda: CityCatalog({}))
    asked: tuple[str, ...] = ()
    tokenize: Tokenize = field(default=_no_words)

    @cached_property
    def _made(self) -> dict[Hashable, Any]:
        return {}

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What `make` makes, made once for each key: immutable, and of this content alone.

        Never of a resident's words; keys are ids of the content and languages, so they are few.
        """
        made: _Made | None = self._made.get(key)
        return made if made is not None else self._made.setdefault(key, make())

    @cached_property
    def glossary(self) -> tuple[tuple[str, str], ...]:
        """Words that a term explains and that residents ask for, longest first, with its id."""
        found = [
            (word, term.id)
            for term in self.content.entries.values()
            if term.is_term and term.visible_in(self.city.id)
            for word in _SEPARATORS.split(term.title)
            if len(word) >= 2
            and any(q.startswith((f"{word}とは", f"{word}って")) for q in term.questions)
        ]
        return tuple(sorted(found, key=lambda pair: -len(pair[0])))

    def entry(self, entry_id: str) -> Entry | None:
        """The entry, if this city may answer with it."""
        entry = self.content.entries.get(entry_id)
        return entry if entry and entry.visible_in(self.city.id) else None

    def is_term(self, item_id: str) -> bool:
        """Whether it is an entry of this city's that only says what a word means."""
        entry = self.entry(item_id)
        return entry is not None and entry.is_term

    def intent(self, intent_id: str) -> Intent | None:
        """The intent, if this city may answer with it."""
        intent = self.content.intents.get(intent_id)
        return intent if intent and intent.visible_in(self.city.id) else None

    def intent_doing(self, action: str) -> Intent | None:
        """The first intent whose action this is."""
        intents = self.content.intents.values()
        return next((intent for intent in intents if intent.action == action), None)

    def emergency(self, emergency_id: str) -> Emergency | None:
        """The emergency card of that id."""
        return next((e for e in self.content.emergencies if e.id == emergency_id), None)

    @cached_property
    def learned_danger(self) -> Emergency | None:
        """The card of dangers in which no sign stands."""
        return next((e for e in self.content.emergencies if e.learned), None)

    @cached_property
    def never_danger(self) -> Words:
        """In plain spelling, the words with which a message without a sign is no danger."""
        calm = self.learned_danger.calm if self.learned_danger else ()
        return Words(plain_spelling(word) for line in calm for word in line.split("|"))

    def item(self, item_id: str) -> Entry | Intent | Emergency | None:
        """Whatever answers under that id here."""
        return self.entry(item_id) or self.intent(item_id) or self.emergency(item_id)

    def kind(self, item_id: str) -> Kind:
        """Entries are knowledge, everything else is an intent."""
        return "knowledge" if item_id in self.content.entries else "intent"

    def reported(self, item_id: str) -> tuple[Kind, str, tuple[str, ...]]:
        """Kind, Japanese title and checklist ids of an item, as a candidate is reported."""
        known = self._reported.get(item_id)  # every message asks for five
        if known is None:
            entry = self.entry(item_id)
            known = self.kind(item_id), self.title(item_id), entry.covers if entry else ()
            self._reported[item_id] = known
        return known

    @cached_property
    def _reported(self) -> dict[str, tuple[Kind, str, tuple[str, ...]]]:
        return {}

    def languages(self) -> tuple[str, ...]:
        """Japanese, and each language that has both a wording and a translation used here."""
        return self._languages

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        filled = [
            language
            for language, translated in self.content.translations.items()
            if language in self.content.wording and any(map(self.item, translated))
        ]
        return (JAPANESE, *sorted(filled, reverse=True))

    def translation(self, item_id: str, language: str) -> Translation | None:
        """The item's words in `language`, None for Japanese or where nobody wrote them."""
        return self.content.translations.get(language, {}).get(item_id)

    def title(self, item_id: str, language: str = JAPANESE) -> str:
        """The item's title, in `language` where there is one."""
        translated = self.translation(item_id, language)
        item = self.item(item_id)
        return translated.title if translated else item.title if item else ""

    def wording(self, language: str) -> Wording:
        """The bot's own sentences in `language`."""
        return self.once(("wording", language), lambda: wording(self.content.wording, language))

    def links(self, link_ids: tuple[str, ...]) -> tuple[Link, ...]:
        """The links as this city shows them."""
        targets = (self.content.links.get(link_id) for link_id in link_ids)
        return tuple(link for t in targets if t and (link := t.for_city(self.city.id)))

    def contact(self, item: Entry | Intent | None = None) -> Contact:
        """Whom to ask about the item, or the city's main contact."""
        if isinstance(item, Entry) and item.level == "prefecture":
            return self.city.contact("prefecture")
        return self.city.contact(item.contact if item else "")

    def menu_of(self, intent: Intent) -> list[str]:
        """The ids a topic menu offers here: the city's own entries first, LINE's number at most."""
        own = [e for e in self.content.entries.values() if e.city == self.city.id]
        found = [e.id for topic in intent.topics for e in own if e.topic == topic]
        found += [choice for choice in intent.choices if self.item(choice)]
        return list(dict.fromkeys(found))[:MENU_SIZE]

    def classes(self) -> list[Entry]:
        """This city's own classes and digital help, then the common ones."""
        found = [e for e in self.content.entries.values() if e.topic == "class"]
        visible = [e for e in found if e.visible_in(self.city.id)]
        return sorted(visible, key=lambda e: (e.city != self.city.id, e.id))
