"""Residents and rules for tests: the shipped catalog, and hypothesis strategies over it."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bot.content.segments import SEGMENTS_FILE, read_catalog
from bot.core.attributes import (
    DISTRICT,
    LANGUAGE,
    LIFE_STAGE,
    TOPICS,
    Attributes,
    Catalog,
    CityCatalog,
    month_number,
    month_of,
    month_text,
)
from bot.core.segment_rules import parse_rule
from bot.core.segments import Rule

TODAY = date(2026, 11, 21)
CITY = "hachioji"


@cache
def shipped() -> Catalog:
    """intents/segments.yaml as it ships."""
    path = Path(__file__).parent.parent / SEGMENTS_FILE
    return read_catalog(SEGMENTS_FILE, path.read_bytes()).catalog


def catalog() -> CityCatalog:
    return shipped().in_city(CITY)


def rule(data: object) -> Rule:
    """A rule that must be right."""
    parsed = parse_rule(data, catalog())
    assert parsed.rule is not None, parsed.problems
    return parsed.rule


def resident(**chosen: Any) -> Attributes:
    """topics=, life_stages= and children=("2026-08",) as sequences; the rest as it is."""
    for name in ("topics", "life_stages"):
        chosen[name] = frozenset(chosen.get(name, ()))
    months = frozenset(month_number(each) for each in chosen.pop("children", ()))
    return Attributes(child_birth_months=months, **chosen)


def user_id(number: int) -> str:
    return f"U{number:032x}"


# Few values, so that rules and residents meet.
_VALUES = {
    TOPICS: ["disaster", "child", "smartphone_class", "payment"],
    LIFE_STAGE: ["infant", "student", "senior"],
    DISTRICT: ["南大沢", "旭町", "中央"],
    LANGUAGE: ["ja", "easy_ja", "en"],
}
_MONTHS = [month_of(TODAY) - ago for ago in (0, 1, 3, 4, 5, 12, 40, 226)]


def _some(attribute: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(_VALUES[attribute]), min_size=1, max_size=3)


def _between(ages: tuple[int, int]) -> dict[str, Any]:
    return {"child_age_months": {"between": sorted(ages)}}


_ages = st.sampled_from([0, 1, 3, 4, 5, 12, 227])
conditions: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(
        lambda mode, values: {TOPICS: {mode: values}},
        st.sampled_from(["any", "all", "none"]),
        _some(TOPICS),
    ),
    _some(LIFE_STAGE).map(lambda values: {LIFE_STAGE: {"any": values}}),
    _some(DISTRICT).map(lambda values: {DISTRICT: {"in": values}}),
    _some(LANGUAGE).map(lambda values: {LANGUAGE: {"in": values}}),
    st.tuples(_ages, _ages).map(_between),
    st.lists(st.sampled_from(_MONTHS), min_size=1, max_size=3).map(
        lambda months: {"child_birth_month": {"in": [month_text(month) for month in months]}}
    ),
)
_parts = st.recursive(
    conditions,
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        part.map(lambda inner: {"not": inner}),
    ),
    max_leaves=6,
)
rules = st.one_of(st.just({"everyone": True}), _parts, _parts, _parts).map(rule)
residents = st.builds(
    Attributes,
    topics=st.frozensets(st.sampled_from(_VALUES[TOPICS])),
    district=st.sampled_from(["", *_VALUES[DISTRICT]]),
    life_stages=st.frozensets(st.sampled_from(_VALUES[LIFE_STAGE])),
    child_birth_months=st.frozensets(st.sampled_from(_MONTHS), max_size=3),
    language=st.sampled_from(["", *_VALUES[LANGUAGE]]),
)
