"""Changes to what a resident chose: which are possible, and what they make of a profile. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from bot.core.attributes import (
    CHILD_BIRTH_MONTH,
    LIFE_STAGE,
    MAX_CHILDREN,
    TOPICS,
    CityCatalog,
    Profile,
    is_grown,
    month_number,
    month_of,
)

QUIET_HOURS, MONTHLY_CAP = "quiet_hours", "monthly_cap"  # beside the attributes of segments
MANY = frozenset({TOPICS, LIFE_STAGE, CHILD_BIRTH_MONTH})  # of the others a resident has one


@dataclass(frozen=True)
class Change:
    """One choice taken (`on`) or given up; `value` "" with `on` False gives up all of them.

    Values are ids of choices; a month as 2026-08, quiet hours as 21:00-07:00, a cap as 4.
    """

    attribute: str
    value: str = ""
    on: bool = True


def is_possible(change: Change, catalog: CityCatalog, today: date) -> bool:
    """Whether the change may be kept; giving up what was chosen always may."""
    if not change.on:
        return True
    match change.attribute:
        case "quiet_hours":
            return change.value in map(hours_text, catalog.quiet_hours)
        case "monthly_cap":
            return change.value in map(str, catalog.monthly_caps)
        case "child_birth_month":
            return _is_birth_month(change.value, today)
        case "topics" | "district" | "life_stage" | "language":
            return catalog.knows(change.attribute, change.value)
    return False


def with_changes(profile: Profile, changes: Iterable[Change]) -> Profile:
    """The profile after possible changes, one after the other."""
    for change in changes:
        profile = _with(profile, change)
    return profile


def values_of(profile: Profile, attribute: str) -> frozenset[str]:
    """What is chosen of an attribute, in the form of `Change.value`."""
    chosen, volume = profile.attributes, profile.volume
    match attribute:
        case "topics":
            return chosen.topics
        case "life_stage":
            return chosen.life_stages
        case "child_birth_month":
            return frozenset(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in chosen.child_birth_months)
        case "district":
            return frozenset({chosen.district} - {""})
        case "language":
            return frozenset({chosen.language} - {""})
        case "quiet_hours" if volume.quiet_start is not None and volume.quiet_end is not None:
            return frozenset({hours_text((volume.quiet_start, volume.quiet_end))})
        case "monthly_cap" if volume.monthly_cap is not None:
            return frozenset({str(volume.monthly_cap)})
    return frozenset()


def hours_text(hours: tuple[int, int]) -> str:
    """Minutes since midnight -> 21:00-07:00."""
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in hours)


def _with(profile: Profile, change: Change) -> Profile:
    before = values_of(profile, change.attribute)
    if change.on:
        after = before | {change.value} if change.attribute in MANY else {change.value}
    else:
        after = before - {change.value} if change.value else frozenset()
    if change.attribute == CHILD_BIRTH_MONTH and len(after) > MAX_CHILDREN:
        return profile
    return _having(profile, change.attribute, frozenset(after))


def _having(profile: Profile, attribute: str, values: frozenset[str]) -> Profile:
    chosen = profile.attributes
    one = next(iter(values), "")
    match attribute:
        case "topics":
            chosen = replace(chosen, topics=values)
        case "life_stage":
            chosen = replace(chosen, life_stages=values)
        case "child_birth_month":
            chosen = replace(chosen, child_birth_months=frozenset(map(month_number, values)))
        case "district":
            chosen = replace(chosen, district=one)
        case "language":
            chosen = replace(chosen, language=one)
        case "quiet_hours":
            start, end = _minutes(one) if one else (None, None)
            return replace(
                profile, volume=replace(profile.volume, quiet_start=start, quiet_end=end)
            )
        case "monthly_cap":
            cap = int(one) if one else None
            return replace(profile, volume=replace(profile.volume, monthly_cap=cap))
    return replace(profile, attributes=chosen)


def _minutes(hours: str) -> tuple[int, int]:
    start, end = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    return start, end


def _is_birth_month(text: str, today: date) -> bool:
    try:
        month = month_number(text)
    except ValueError:
        return False
    return month <= month_of(today) and not is_grown(month, today)
