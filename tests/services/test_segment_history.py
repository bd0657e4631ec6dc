"""Sizes of segments by day: taken once, never a small number, gone with the retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.attributes import Catalog
from bot.errors import ContentError
from bot.services.retention import Housekeeping
from bot.services.segment_history import SegmentHistory
from bot.store import attributes, segment_sizes
from bot.store.database import Database
from tests.segments import CITY, resident, shipped, user_id
from tests.store.builders import opened

# Midnight has passed in Japan, not in UTC.
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TAX = "市税の納期限"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def db(tmp_path: Path):  # type: ignore[no-untyped-def]
    db = opened(tmp_path)
    yield db
    db.close()


def add(db: Database, count: int, topic: str, start: int = 0) -> None:
    many = {user_id(start + n): resident(topics=[topic]) for n in range(count)}
    db.write(lambda c: attributes.save_many(c, many, 1))


def sizes(db: Database, name: str) -> list[tuple[str, int, int]]:
    with db.read() as connection:
        found = segment_sizes.since(connection, "2026-01-01")
    return [(each.day, each.low, each.high) for each in found if each.name == name]


def test_every_segment_is_noted_once_a_day_by_however_many(db: Database, clock: Clock) -> None:
    workers = [SegmentHistory(db, clock, shipped, CITY) for _ in range(3)]
    add(db, 20, "payment")
    for worker in workers:
        worker()
    assert sizes(db, TAX) == [("2026-11-21", 20, 20)]
    add(db, 10, "payment", start=50)
    clock.now += timedelta(hours=5)
    workers[1]()
    assert sizes(db, TAX) == [("2026-11-21", 20, 20)]
    clock.now += timedelta(hours=20)
    for worker in workers:
        worker()
    assert sizes(db, TAX) == [("2026-11-21", 20, 20), ("2026-11-22", 30, 30)]
    with db.read() as connection:
        assert len(segment_sizes.since(connection, "2026-11-22")) == len(shipped().segments)


def test_no_small_number_and_none_that_tells_of_one_is_kept(db: Database, clock: Clock) -> None:
    add(db, 3, "facility")
    add(db, 47, "payment", start=50)
    SegmentHistory(db, clock, shipped, CITY)()
    assert sizes(db, "図書館・施設") == [("2026-11-21", 0, 4)]
    assert sizes(db, TAX) == [("2026-11-21", 40, 49)]


def test_a_day_whose_worker_died_is_taken_by_another(db: Database, clock: Clock) -> None:
    def broken() -> Catalog:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SegmentHistory(db, clock, broken, CITY)()
    clock.now += timedelta(minutes=11)
    SegmentHistory(db, clock, shipped, CITY)()
    assert [day for day, _, _ in sizes(db, TAX)] == ["2026-11-21"]


def test_a_broken_file_is_tried_again_after_an_hour(db: Database, clock: Clock) -> None:
    def broken() -> Catalog:
        raise ContentError("x")

    SegmentHistory(db, clock, broken, CITY)()
    clock.now += timedelta(minutes=30)
    SegmentHistory(db, clock, shipped, CITY)()
    assert sizes(db, TAX) == []
    clock.now += timedelta(minutes=31)
    SegmentHistory(db, clock, shipped, CITY)()
    assert len(sizes(db, TAX)) == 1


def test_sizes_older_than_the_retention_go(db: Database, clock: Clock) -> None:
    for day in ("2026-08-22", "2026-08-23", "2026-11-20"):
        db.write(lambda c, day=day: segment_sizes.keep(c, day, {TAX: (20, 20)}))
    Housekeeping(db, clock, retention_days=90).purge(clock())
    assert [day for day, _, _ in sizes(db, TAX)] == ["2026-08-23", "2026-11-20"]


def test_accounts_have_their_own(db: Database, clock: Clock) -> None:
    add(db, 20, "payment")
    SegmentHistory(db, clock, shipped, CITY, "other")()
    assert sizes(db, TAX) == []
    with db.read() as connection:
        other = segment_sizes.since(connection, "2026-01-01", "other")
    assert {each.low for each in other} == {0}
