"""How residents took answers, and what came of the links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.reactions import CHOSEN, SOLVED, UNSOLVED
from bot.store import links, reactions
from bot.store.database import Database, open_database
from bot.store.links import LinkCheck
from bot.store.migrate import migrate
from bot.store.reactions import Reaction

DAY = "2026-11-21"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = open_database(f"sqlite:///{tmp_path}/a.db", exclusive=False)
    migrate(db)
    yield db
    db.close()


def keep(db: Database, *made: Reaction) -> None:
    db.write(lambda c: reactions.add(c, made))


def test_reactions_are_counted_by_item_and_by_day(db: Database) -> None:
    keep(
        db,
        Reaction("1", DAY, SOLVED, "a"),
        Reaction("2", DAY, SOLVED, "a"),
        Reaction("3", "2026-11-20", UNSOLVED, "a"),
        Reaction("4", DAY, UNSOLVED, "b"),
        Reaction("5", "2026-10-01", SOLVED, "a"),
        Reaction("6", DAY, CHOSEN, "a", ("a", "b")),
        Reaction("7", DAY, SOLVED, "a", account="other"),
    )
    with db.read() as connection:
        by_item = reactions.solved_by_item(connection, "2026-11-01")
        by_day = reactions.solved_by_day(connection, "2026-11-01")
    assert by_item == {"a": {SOLVED: 2, UNSOLVED: 1}, "b": {UNSOLVED: 1}}
    assert by_day == {"2026-11-20": {UNSOLVED: 1}, DAY: {SOLVED: 2, UNSOLVED: 1}}


def test_reaction_written_twice_is_one(db: Database) -> None:
    keep(db, Reaction("1", DAY, SOLVED, "a"))
    keep(db, Reaction("1", DAY, SOLVED, "a"))
    with db.read() as connection:
        assert reactions.solved_by_item(connection, DAY) == {"a": {SOLVED: 1}}


def test_what_was_chosen_of_what_was_offered(db: Database) -> None:
    keep(
        db,
        Reaction("1", DAY, CHOSEN, "b", ("a", "b")),
        Reaction("2", DAY, CHOSEN, "", ("a", "b")),
        Reaction("3", DAY, CHOSEN, "b", ("a", "b")),
        Reaction("4", DAY, CHOSEN, "c", ("c", "d", "e")),
    )
    with db.read() as connection:
        found = reactions.choices(connection, DAY)
    assert [(each.shown, dict(each.chosen)) for each in found] == [
        (("a", "b"), {"b": 2, "": 1}),
        (("c", "d", "e"), {"c": 1}),
    ]


def test_old_reactions_go_a_few_at_a_time(db: Database) -> None:
    keep(db, *(Reaction(str(n), "2026-01-01", SOLVED, "a") for n in range(3)))
    keep(db, Reaction("new", DAY, SOLVED, "a"))
    assert db.write(lambda c: reactions.purge(c, DAY, 2)) == 2
    assert db.write(lambda c: reactions.purge(c, DAY, 2)) == 1
    with db.read() as connection:
        assert reactions.solved_by_item(connection, "2026-01-01") == {"a": {SOLVED: 1}}


def test_last_checks_of_links_replace_those_of_before(db: Database) -> None:
    old = LinkCheck("https://a.example.jp/", links.GOOD, 200, "", ("x:1",), 1)
    db.write(lambda c: links.replace_all(c, [old]))
    db.write(lambda c: links.replace_all(c, [old], "other"))
    new = [
        LinkCheck("https://b.example.jp/", links.GOOD, 200, "", ("x:1", "y:2"), 2),
        LinkCheck("https://c.example.jp/", links.BROKEN, None, "返事がありません。", (), 2),
    ]
    db.write(lambda c: links.replace_all(c, new))
    with db.read() as connection:
        assert links.find(connection) == new[::-1]
        assert links.find(connection, "other") == [old]
