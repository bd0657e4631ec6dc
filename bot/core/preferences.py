"""What residents can choose in the chat, step by step, and how it reads in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.core.attributes import (
    ATTRIBUTES,
    CHILD_BIRTH_MONTH,
    LANGUAGE,
    Choice,
    CityCatalog,
    Profile,
    is_grown,
    month_number,
    month_of,
)
from bot.core.changes import MONTHLY_CAP, QUIET_HOURS, Change, hours_text, is_possible, values_of
from bot.core.view import CityView
from bot.core.wording import Wording

BETWEEN = " / "  # labels hold 「・」 themselves


@dataclass(frozen=True)
class Step:
    """One question; the ids of `choices` are the values of changes. Birth months have none."""

    id: str
    title: str
    reason: str
    choices: tuple[Choice, ...] = ()
    more_on_web: bool = False  # there are choices that no chat offers

    def takes(self, change: Change, catalog: CityCatalog, today: date) -> bool:
        """Whether a change may come out of this step: nothing that is not offered here."""
        if change.attribute != self.id or not is_possible(change, catalog, today):
            return False
        offered = self.id == CHILD_BIRTH_MONTH or change.value in {c.id for c in self.choices}
        return offered or not change.on


def steps(view: CityView, language: str) -> tuple[Step, ...]:
    """What the city's residents are asked in the chat, in order; () where nothing is."""
    return view.once(("steps", language), lambda: _steps(view, language))


def _steps(view: CityView, language: str) -> tuple[Step, ...]:
    catalog, words = view.catalog.in_language(language), view.wording(language)
    found = [_attribute_step(view, catalog, attribute) for attribute in view.asked]
    if catalog.quiet_hours:
        choices = [Choice(hours_text(hours), _hours(words, hours)) for hours in catalog.quiet_hours]
        found.append(_volume_step(words, QUIET_HOURS, choices))
    if catalog.monthly_caps:
        choices = [Choice(str(cap), _cap(words, str(cap))) for cap in catalog.monthly_caps]
        found.append(_volume_step(words, MONTHLY_CAP, choices))
    return tuple(step for step in found if step.choices or step.id == CHILD_BIRTH_MONTH)


def labels(view: CityView, language: str, profile: Profile, attribute: str) -> list[str]:
    """What is chosen of an attribute, in words; also what is no longer offered."""
    catalog, words = view.catalog.in_language(language), view.wording(language)
    chosen = values_of(profile, attribute)
    if attribute == CHILD_BIRTH_MONTH:
        return [month_label(words, month_number(month)) for month in sorted(chosen)]
    if attribute == QUIET_HOURS:
        volume = profile.volume
        hours = (volume.quiet_start or 0, volume.quiet_end or 0)
        return [_hours(words, hours)] if chosen else []
    if attribute == MONTHLY_CAP:
        return [_cap(words, cap) for cap in chosen]
    return [catalog.label(attribute, value) for value in catalog.in_order(attribute, chosen)]


def lines(view: CityView, language: str, profile: Profile) -> list[str]:
    """Everything that is stored about a resident's choices, a line for each attribute."""
    catalog, words = view.catalog.in_language(language), view.wording(language)
    titles = {attribute: catalog.title(attribute) for attribute in ATTRIBUTES}
    titles |= {each: words.say(f"{each}_title") for each in (QUIET_HOURS, MONTHLY_CAP)}
    return [
        words.say("settings_line", title=title, chosen=BETWEEN.join(found))
        for attribute, title in titles.items()
        if (found := labels(view, language, profile, attribute))
    ]


def month_label(words: Wording, month: int) -> str:
    """A birth month as residents read it."""
    return words.say("settings_month_label", year=str(month // 12), month=str(month % 12 + 1))


def birth_years(today: date) -> list[int]:
    """The years in which a child that we keep may be born, newest first."""
    return [year for year in range(today.year, today.year - 20, -1) if birth_months(year, today)]


def birth_months(year: int, today: date) -> list[int]:
    """The months of a year in which a child that we keep may be born."""
    months = range(year * 12, year * 12 + 12)
    return [month for month in months if month <= month_of(today) and not is_grown(month, today)]


def _attribute_step(view: CityView, catalog: CityCatalog, attribute: str) -> Step:
    offered = [choice for choice in catalog.choices(attribute) if not choice.web_only]
    more = len(offered) < len(catalog.choices(attribute))
    if attribute == LANGUAGE:
        written = view.languages()
        offered = [choice for choice in offered if choice.id in written]
        offered = offered if len(offered) > 1 else []
    found = catalog.attributes[attribute]
    return Step(attribute, found.title, found.reason, tuple(offered), more)


def _volume_step(words: Wording, name: str, choices: list[Choice]) -> Step:
    return Step(name, words.say(f"{name}_title"), words.say(f"{name}_reason"), tuple(choices))


def _hours(words: Wording, hours: tuple[int, int]) -> str:
    start, end = (f"{minute // 60}:{minute % 60:02d}" for minute in hours)
    return words.say("quiet_hours_label", start=start, end=end)


def _cap(words: Wording, cap: str) -> str:
    return words.say("monthly_cap_label", count=cap)
