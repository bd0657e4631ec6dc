"""Small groups are found on both databases, and numbers for charts are kept the same in both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from bot.store import announcement_results, attributes, segment_sizes
from bot.store.crosstab import MOST, Cells, cells
from bot.store.database import Database
from bot.store.tables import resident_children, residents
from tests.segments import TODAY, resident, rule, user_id
from tests.store.builders import opened


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Database]:
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        for table in (resident_children, residents):  # the server is that of the test before
            server.write(lambda c, t=table: c.execute(delete(t)))
        yield server
        return
    db = opened(tmp_path)
    yield db
    db.close()


def look(db: Database, data: object) -> Cells:
    with db.read() as connection:
        return cells(connection, rule(data), TODAY)


def test_the_smallest_group_inside_and_outside_is_found(db: Database) -> None:
    many = {user_id(n): resident(topics=["child"], district="旭町") for n in range(9)}
    many |= {user_id(50 + n): resident(topics=["child"], children=["2026-08"]) for n in range(7)}
    many |= {user_id(90 + n): resident(life_stages=["senior"], language="ja") for n in range(6)}
    assert look(db, {"topics": {"any": ["child"]}}) == Cells(0, 0)
    db.write(lambda c: attributes.save_many(c, many, 1))
    assert look(db, {"topics": {"any": ["child"]}}) == Cells(16, 6)
    assert look(db, {"topics": {"none": ["child", "event"]}}) == Cells(6, 6)
    assert look(db, {"everyone": True}) == Cells(22, 22)
    both = {"any": [{"child_age_months": {"between": [3, 4]}}, {"district": {"in": ["旭町"]}}]}
    assert look(db, both) == Cells(16, 6)
    last = {user_id(99): resident(life_stages=["senior"], language="en")}
    db.write(lambda c: attributes.save_many(c, last, 1))
    assert look(db, {"life_stage": {"any": ["senior"]}}) == Cells(7, 7)
    assert look(db, {"language": {"in": ["ja", "en"]}}) == Cells(7, 1)


def test_too_many_values_are_counted_and_not_looked_at(db: Database) -> None:
    months = {"child_age_months": {"between": [0, MOST]}}
    db.write(lambda c: attributes.save(c, user_id(1), resident(children=["2026-08"]), 1))
    assert look(db, months) == Cells(1, None)
    assert look(db, {"child_age_months": {"between": [1, MOST]}}) == Cells(1, 1)


def test_the_first_size_of_a_day_stays_and_a_name_takes_its_history_along(db: Database) -> None:
    for sizes in ({"a": (5, 5), "b": (0, 4)}, {"a": (9, 9), "c": (10, 19)}):
        db.write(lambda c, s=sizes: segment_sizes.keep(c, "2026-11-20", s))  # type: ignore[misc]
    db.write(lambda c: segment_sizes.rename(c, "a", "b", ["main"]))
    with db.read() as connection:
        found = segment_sizes.since(connection, "2026-11-20")
        assert segment_sizes.since(connection, "2026-11-21") == []
    assert [(each.name, each.low, each.high) for each in found] == [("b", 5, 5), ("c", 10, 19)]
    assert db.write(lambda c: segment_sizes.purge(c, "2026-11-20")) == 0
    assert db.write(lambda c: segment_sizes.purge(c, "2026-11-21")) == 2


def test_nothing_was_sent(db: Database) -> None:
    with db.read() as connection:
        assert announcement_results.begun_since(connection, 0) == []
        assert announcement_results.to_ask(connection, 0, 1, "main") == []
