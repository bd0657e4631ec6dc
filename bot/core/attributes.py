"""What a resident may tell us about themselves, and the choices a city offers for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

TOPICS, LIFE_STAGE, DISTRICT = "topics", "life_stage", "district"
CHILD_BIRTH_MONTH, LANGUAGE = "child_birth_month", "language"
ATTRIBUTES = (TOPICS, DISTRICT, LIFE_STAGE, CHILD_BIRTH_MONTH, LANGUAGE)  # in the order asked

# Born in April, a child is 18 years and 11 months old when the school year of its 18th birthday
# ends: older ones are dropped.
OLDEST_CHILD = 18 * 12 + 11
MAX_CHILDREN = 12
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
# Not a formula's first letter in a spreadsheet; nothing that separates values or closes brackets.
_SEPARATORS = r"\s\x00-\x1f\x7f;,、。「」（）()\"'"
_DISTRICT = re.compile(rf"[^{_SEPARATORS}=+@-][^{_SEPARATORS}]{{0,29}}")


def month_number(text: str) -> int:
    """`2026-08` -> months since year 0. Raises ValueError for anything else."""
    match = _MONTH.fullmatch(text)
    if match is None:
        raise ValueError("not a month")
    return int(match[1]) * 12 + int(match[2]) - 1


def month_text(month: int) -> str:
    """The inverse of `month_number`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_words(month: int) -> str:
    """A month as residents read it: 2026年8月."""
    return f"{month // 12}年{month % 12 + 1}月"


def month_of(day: date) -> int:
    """The month a day lies in."""
    return day.year * 12 + day.month - 1


def is_grown(birth_month: int, today: date) -> bool:
    """Whether the school year (April to March) of the 18th birthday is over."""
    year, month = divmod(birth_month, 12)
    last_march = (year + 18 + (month >= 3)) * 12 + 2
    return month_of(today) > last_march


def is_district_name(name: str) -> bool:
    """A name of at most 30 characters without blanks, separators, quotes or brackets."""
    return bool(_DISTRICT.fullmatch(name))


@dataclass(frozen=True)
class Attributes:
    """Everything a resident chose; empty where nothing was chosen. Months as `month_number`."""

    topics: frozenset[str] = frozenset()
    district: str = ""
    life_stages: frozenset[str] = frozenset()
    child_birth_months: frozenset[int] = frozenset()
    language: str = ""


@dataclass(frozen=True)
class Volume:
    """How much a resident wants: minutes since midnight in Japan, announcements a month.

    Quiet from `quiet_start` up to `quiet_end`, over midnight where the start is the later one;
    both are None without quiet hours. `monthly_cap` None: no cap.
    """

    quiet_start: int | None = None
    quiet_end: int | None = None
    monthly_cap: int | None = None

    def is_quiet(self, minute: int) -> bool:
        """Whether a minute of the day (Japan) lies in the quiet hours."""
        start, end = self.quiet_start, self.quiet_end
        if start is None or end is None:
            return False
        return start <= minute < end if start < end else minute >= start or minute < end


@dataclass(frozen=True)
class Profile:
    """All that is kept about a resident beside their id."""

    attributes: Attributes = Attributes()
    volume: Volume = Volume()


@dataclass(frozen=True)
class Choice:
    """One thing to choose. `words`: what residents type for it.

    `web_only`: offered on the web form alone, never asked for or read in the chat.
    """

    id: str
    label: str
    words: tuple[str, ...] = ()
    web_only: bool = False


@dataclass(frozen=True)
class Attribute:
    """One question to a resident; `reason` says in a line what it is for. No choices: free."""

    id: str
    title: str
    reason: str
    words: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class AttributeWords:
    """An attribute in another language; what is missing is said in Japanese."""

    title: str = ""
    reason: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)  # id -> label


Translations = Mapping[str, Mapping[str, AttributeWords]]  # language -> attribute -> its words


@dataclass(frozen=True)
class Districts:
    """A city's districts. While not `complete`, names beside the listed ones are accepted too."""

    choices: tuple[Choice, ...] = ()
    complete: bool = False


@dataclass(frozen=True)
class CityCatalog:
    """What one city's residents can choose; the `district` attribute holds its districts."""

    attributes: Mapping[str, Attribute]
    complete_districts: bool = False
    quiet_hours: tuple[tuple[int, int], ...] = ()  # offered, in minutes since midnight
    monthly_caps: tuple[int, ...] = ()  # offered
    translations: Translations = field(default_factory=dict)

    def in_language(self, language: str) -> CityCatalog:
        """The same choices under the titles and labels of a language."""
        words = self.translations.get(language, {})
        named = {key: _named(each, words.get(key)) for key, each in self.attributes.items()}
        return replace(self, attributes=named)

    def choices(self, attribute: str) -> tuple[Choice, ...]:
        """The choices of an attribute, () for an unknown one."""
        found = self.attributes.get(attribute)
        return found.choices if found else ()

    def title(self, attribute: str) -> str:
        """The attribute's name for residents and staff."""
        found = self.attributes.get(attribute)
        return found.title if found else attribute

    def label(self, attribute: str, value: str) -> str:
        """The choice's label; the value itself where the file no longer has it."""
        return next((c.label for c in self.choices(attribute) if c.id == value), value)

    def knows(self, attribute: str, value: str) -> bool:
        """Whether a resident may have this value."""
        if any(choice.id == value for choice in self.choices(attribute)):
            return True
        return attribute == DISTRICT and not self.complete_districts and is_district_name(value)

    def in_order(self, attribute: str, values: Iterable[str]) -> tuple[str, ...]:
        """The values once each, in the file's order, unlisted ones last by name."""
        place = {choice.id: n for n, choice in enumerate(self.choices(attribute))}
        return tuple(sorted(set(values), key=lambda value: (place.get(value, len(place)), value)))


def unknown_values(attributes: Attributes, catalog: CityCatalog) -> tuple[tuple[str, str], ...]:
    """Attribute and value of everything chosen that nobody offers."""
    chosen = (
        (TOPICS, attributes.topics),
        (DISTRICT, {attributes.district} - {""}),
        (LIFE_STAGE, attributes.life_stages),
        (LANGUAGE, {attributes.language} - {""}),
    )
    return tuple(
        (attribute, value)
        for attribute, values in chosen
        for value in sorted(values)
        if not catalog.knows(attribute, value)
    )


@dataclass(frozen=True)
class Catalog:
    """intents/segments.yaml: every attribute, its choices, each city's districts.

    `segments` maps a saved segment's name to its rule as plain data, to be parsed for a city.
    """

    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    districts: Mapping[str, Districts] = field(default_factory=dict)
    quiet_hours: tuple[tuple[int, int], ...] = ()
    monthly_caps: tuple[int, ...] = ()
    segments: Mapping[str, object] = field(default_factory=dict)
    translations: Translations = field(default_factory=dict)

    def in_city(self, city_id: str) -> CityCatalog:
        """The choices of one city; a city without a list has open districts."""
        districts = self.districts.get(city_id, Districts())
        attributes = dict(self.attributes)
        if DISTRICT in attributes:
            plain = attributes[DISTRICT]
            attributes[DISTRICT] = Attribute(
                plain.id, plain.title, plain.reason, plain.words, districts.choices
            )
        return CityCatalog(
            attributes,
            districts.complete,
            self.quiet_hours,
            self.monthly_caps,
            self.translations,
        )


def _named(attribute: Attribute, words: AttributeWords | None) -> Attribute:
    if words is None:
        return attribute
    return replace(
        attribute,
        title=words.title or attribute.title,
        reason=words.reason or attribute.reason,
        choices=tuple(
            replace(choice, label=words.choices.get(choice.id, choice.label))
            for choice in attribute.choices
        ),
    )
