"""What the city knows and what a resident can want: immutable values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from bot.core.classes import Session

COMMON = "common"  # the `city` of content that holds in every city
DEFAULT_CONTACT = "main"

Level = Literal["city", "prefecture", "nation"]
Kind = Literal["knowledge", "intent"]


class Status(StrEnum):
    """Where a thing stands, in the words of the content files."""

    IN_OPERATION = "in_operation"
    PLANNED = "planned"
    UNDER_CONSIDERATION = "under_consideration"
    ENDED = "ended"
    REFERENCE = "reference"


# The word a first sentence must carry for each status that is not simply "it exists".
STATUS_WORDS: Mapping[Status, str] = {
    Status.PLANNED: "予定",
    Status.UNDER_CONSIDERATION: "検討",
    Status.ENDED: "終了",
}


class Facet(StrEnum):
    """What a resident asks next about the thing just answered."""

    ITEMS = "items"  # 持ち物
    FEE = "fee"  # いくら
    ONLINE = "online"  # オンラインでできる？
    PHONE = "phone"  # 電話は？
    WHEN = "when"  # いつ・いつまで
    WHERE = "where"  # どこで
    WHO = "who"  # だれが対象


@dataclass(frozen=True)
class Link:
    """A labelled https address; `url` is already the one of the account's city."""

    label: str
    url: str


@dataclass(frozen=True)
class LinkTarget:
    """One line of knowledge/links.yaml: an address for everyone, or one for each city."""

    id: str
    label: str
    kind: str
    url: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)

    def for_city(self, city: str) -> Link | None:
        """The link as `city` shows it, or None where that city has none."""
        url = self.urls.get(city, self.url)
        return Link(self.label, url) if url else None


@dataclass(frozen=True)
class Contact:
    """Whom to ask. An empty `phone` means that no source gives a number."""

    id: str
    name: str
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True)
class City:
    """A city's profile, from knowledge/cities/."""

    id: str
    name: str
    prefecture: str
    plan: str
    names: tuple[str, ...] = ()
    contacts: Mapping[str, Contact] = field(default_factory=dict)

    def name_in(self, language: str) -> str:
        """The city's name, in Latin letters for English where `names` gives it."""
        latin = next((name for name in self.names if name.lower().endswith(" city")), "")
        return latin.title() if language == "en" and latin else self.name

    def contact(self, contact_id: str) -> Contact:
        """The named contact, or the city's main one."""
        if contact_id == "prefecture":
            return Contact("prefecture", f"{self.prefecture}の担当窓口")
        return self.contacts.get(contact_id) or self.contacts[DEFAULT_CONTACT]


@dataclass(frozen=True)
class Translation:
    """An entry or intent in another language; `questions` also find it."""

    title: str
    answer: str
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutsideFact:
    """A figure or name that no plan gives, and why it may stand in an answer all the same."""

    fact: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """One fact and its answer, from knowledge/."""

    id: str
    title: str
    questions: tuple[str, ...]
    answer: str
    city: str
    topic: str
    status: Status
    plan_status: Status
    as_of: str
    sources: tuple[str, ...]
    review_by: date
    links: tuple[str, ...] = ()
    contact: str = DEFAULT_CONTACT
    level: Level = "city"
    online_status: Status | None = None
    covers: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    details: Mapping[Facet, str] = field(default_factory=dict)
    sensitive: bool = False
    outside: tuple[OutsideFact, ...] = ()
    phones: tuple[Contact, ...] = ()

    @property
    def is_term(self) -> bool:
        """Whether it only says what a word means."""
        return self.topic == "glossary"

    def visible_in(self, city: str) -> bool:
        """Whether an account of `city` may answer with this entry."""
        return self.city in (COMMON, city)


@dataclass(frozen=True)
class Intent:
    """What a resident can want that is no single fact, from intents/.

    `topics`: the account's own entries of these topics come before `choices` in its menu.
    """

    id: str
    title: str
    examples: tuple[str, ...]
    answer: str = ""
    choices: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    action: str = ""
    links: tuple[str, ...] = ()
    contact: str = ""
    city: str = COMMON
    tests: Mapping[str, str] = field(default_factory=dict)

    def visible_in(self, city: str) -> bool:
        """Whether an account of `city` may answer with this intent."""
        return self.city in (COMMON, city)


@dataclass(frozen=True)
class Emergency:
    """A danger, the words that show it, the words that show it is only talked about, its card.

    `signs`: any one suffices; each is an AND of alternatives ("家|部屋 燃えて|煙").
    `calm`: words taken out of the message before the signs are looked for; of "宿題|書類 助けて"
    助けて where it stands close to one of the others. `learned`: the card of dangers without a sign,
    seen by their wording (core/danger_score.py); whatever holds a word of its `calm` is none.
    """

    id: str
    title: str
    signs: tuple[str, ...]
    calm: tuple[str, ...]
    answer: str
    phones: tuple[Contact, ...]
    links: tuple[str, ...] = ()
    sensitive: bool = False
    tests: tuple[str, ...] = ()
    calm_tests: tuple[str, ...] = ()
    learned: bool = False


@dataclass(frozen=True)
class Content:
    """Everything the bot knows at one moment. Built once, never changed, shared by threads.

    `translations` maps language -> entry or intent id -> its translation;
    `wording` maps language -> key -> the bot's own sentence (see core/wording.py);
    `lexicon` holds the lines of knowledge/lexicon.tsv as (left words, right words, both ways);
    `sessions` maps city -> its dated classes and events, past ones among them.
    """

    version: str
    cities: Mapping[str, City]
    entries: Mapping[str, Entry]
    intents: Mapping[str, Intent]
    emergencies: tuple[Emergency, ...]
    links: Mapping[str, LinkTarget]
    lexicon: tuple[tuple[tuple[str, ...], tuple[str, ...], bool], ...] = ()
    translations: Mapping[str, Mapping[str, Translation]] = field(default_factory=dict)
    wording: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sessions: Mapping[str, tuple[Session, ...]] = field(default_factory=dict)
