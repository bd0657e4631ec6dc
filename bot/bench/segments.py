"""Counting and taking an audience at the size of a large city; what docs/segments.md quotes."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from bot.core.attributes import (
    LANGUAGE,
    LIFE_STAGE,
    TOPICS,
    Attribute,
    Attributes,
    Choice,
    CityCatalog,
    month_of,
)
from bot.core.segment_rules import parse_rule
from bot.core.segments import Rule
from bot.store import attributes, audience
from bot.store.database import Database, open_database
from bot.store.migrate import migrate

RESIDENTS = 500_000
TODAY = date(2026, 11, 21)
_SEED = 20261121
_CHUNK = 5000
_VALUES = {
    TOPICS: [f"topic_{n}" for n in range(17)],
    LIFE_STAGE: [f"stage_{n}" for n in range(11)],
    LANGUAGE: ["ja", "easy_ja", "en", "zh", "ko"],
}
_DISTRICTS = [f"地区{n}" for n in range(20)]

# Five conditions each: the usual one, one whose every condition holds for most residents (so that
# nothing is skipped), one of alternatives, and one over children alone.
RULES: Mapping[str, Any] = {
    "five conditions": {
        "all": [
            {TOPICS: {"any": ["topic_0", "topic_3", "topic_4"]}},
            {"district": {"in": _DISTRICTS[:5]}},
            {"child_age_months": {"between": [0, 36]}},
            {"not": {LIFE_STAGE: {"any": ["stage_4"]}}},
            {LANGUAGE: {"in": ["ja", "easy_ja"]}},
        ]
    },
    "five broad conditions": {
        "all": [
            {"not": {"child_age_months": {"between": [0, 120]}}},
            {"not": {LIFE_STAGE: {"any": ["stage_4"]}}},
            {TOPICS: {"none": ["topic_9"]}},
            {"district": {"in": _DISTRICTS[:15]}},
            {TOPICS: {"any": _VALUES[TOPICS][:8]}},
        ]
    },
    "five alternatives": {
        "any": [
            {"child_age_months": {"between": [0, 120]}},
            {LIFE_STAGE: {"any": ["stage_4"]}},
            {"district": {"in": _DISTRICTS[:1]}},
            {LANGUAGE: {"in": ["easy_ja"]}},
            {TOPICS: {"all": ["topic_1", "topic_2"]}},
        ]
    },
    "everyone": {"everyone": True},
}


def run(residents: int = RESIDENTS, database: str = "") -> dict[str, Any]:
    """Fill a database, then count and take each rule; times in ms or s, memory in MiB.

    `count_ms` is the median of 9; `snapshot_mib` is the growth of a fresh process that reads the
    whole audience and keeps nothing. `database` is a URL of an empty database, else SQLite in a
    temporary folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = database or f"sqlite:///{folder}/bench.db"
        db = open_database(url)
        try:
            migrate(db)
            started = time.perf_counter()
            _fill(db, residents)
            filled = time.perf_counter() - started
            found = {name: _measure(db, _rule(data)) for name, data in RULES.items()}
        finally:
            db.close()
        result: dict[str, Any] = {"residents": residents, "fill_s": round(filled, 1)}
        if not database:
            result["database_mib"] = round((Path(folder) / "bench.db").stat().st_size / 2**20, 1)
        for name, values in found.items():
            values["snapshot_mib"] = _memory(url, name)
        return result | {"rules": found}


def _measure(db: Database, rule: Rule) -> dict[str, Any]:
    times, size = [], None
    for _ in range(9):
        started = time.perf_counter()
        with db.read() as connection:
            size = audience.count(connection, rule, TODAY)
        times.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    taken = _take(db, rule)
    assert size is not None and taken == size.matching
    return {
        "matching": taken,
        "count_ms": round(statistics.median(times), 1),
        "count_ms_max": round(max(times), 1),
        "snapshot_s": round(time.perf_counter() - started, 2),
    }


def _take(db: Database, rule: Rule) -> int:
    with db.read() as connection:
        return sum(len(chunk) for chunk in audience.snapshot(connection, rule, TODAY))


def _rule(data: object) -> Rule:
    named = {
        key: Attribute(key, key, "", (), tuple(Choice(each, each) for each in values))
        for key, values in _VALUES.items()
    }
    rule = parse_rule(data, CityCatalog(named)).rule
    assert rule is not None
    return rule


def _fill(db: Database, residents: int) -> None:
    people = _people(residents)
    saved, grown = 0, _CHUNK
    while chunk := dict(islice(people, _CHUNK)):
        _save(db, chunk)
        saved += len(chunk)
        if saved >= grown:  # as an import does
            db.write(attributes.count_anew)
            grown *= 4


def _save(db: Database, chunk: Mapping[str, Attributes]) -> None:
    db.write(lambda c: attributes.save_many(c, chunk, 0))


def _people(residents: int) -> Iterator[tuple[str, Attributes]]:
    """Invented residents: each topic 1 in 4, each life stage 1 in 8, a quarter with children."""
    chance = random.Random(_SEED)
    now = month_of(TODAY)
    for _ in range(residents):
        children = chance.choice((0, 0, 0, 0, 0, 0, 1, 2))
        yield (
            f"U{chance.getrandbits(128):032x}",
            Attributes(
                topics=frozenset(t for t in _VALUES[TOPICS] if chance.random() < 0.25),
                district=chance.choice(_DISTRICTS),
                life_stages=frozenset(s for s in _VALUES[LIFE_STAGE] if chance.random() < 0.125),
                child_birth_months=frozenset(now - chance.randrange(216) for _ in range(children)),
                language=chance.choice(("", "", "", *_VALUES[LANGUAGE])),
            ),
        )


def _memory(url: str, rule_name: str) -> float:
    """Growth of a fresh process's peak over its own start, in MiB."""
    done = subprocess.run(
        [sys.executable, "-m", "bot.bench.segments", url, rule_name],
        capture_output=True,
        text=True,
        check=True,
    )
    return round(float(done.stdout), 1)


def _peak_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _child(url: str, rule_name: str) -> None:
    rule = _rule(RULES[rule_name])
    db = open_database(url, exclusive=False)
    with db.read() as connection:
        connection.exec_driver_sql("SELECT 1")
    before = _peak_mib()
    _take(db, rule)
    print(_peak_mib() - before)  # noqa: T201 - the only thing the parent reads
    db.close()


if __name__ == "__main__":
    _child(*sys.argv[1:3])
