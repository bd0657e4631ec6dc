"""One query gives exactly those residents whom the rule's own meaning gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, literal, select

from bot.core.attributes import Attributes
from bot.core.segments import Rule, evaluate
from bot.store import attributes, audience
from bot.store.audience import Recipient, Size
from bot.store.database import Database
from bot.store.tables import choice_bits, erasures, resident_children
from bot.store.tables import residents as residents_table
from tests.segments import TODAY, resident, residents, rule, rules, user_id
from tests.store.builders import NOW, opened

populations = st.lists(residents, max_size=8)
many_rules = st.lists(rules, min_size=1, max_size=6)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    db = opened(tmp_path_factory.mktemp("audience"))
    yield db
    db.close()


def replace_residents(db: Database, population: list[Attributes]) -> None:
    """Exactly these residents, and bits only for what they chose."""

    def replace(connection):
        for table in (resident_children, residents_table, choice_bits):
            connection.execute(delete(table))
        chosen = {user_id(n): each for n, each in enumerate(population)}
        attributes.save_many(connection, chosen, NOW)

    db.write(replace)


def given_by(db: Database, wanted: Rule, size: int = 500) -> list[str]:
    with db.read() as connection:
        chunks = audience.snapshot(connection, wanted, TODAY, size=size)
        return [recipient.user_id for chunk in chunks for recipient in chunk]


def assert_agreement(db: Database, population: list[Attributes], wanted: list[Rule]) -> None:
    replace_residents(db, population)
    with db.read() as connection:
        stored = attributes.load_many(connection, map(user_id, range(len(population))))
    assert [stored[user_id(n)].attributes for n in range(len(population))] == population
    for each in wanted:
        expected = [user_id(n) for n, who in enumerate(population) if evaluate(each, who, TODAY)]
        assert given_by(db, each) == expected
        with db.read() as connection:
            size = audience.count(connection, each, TODAY)
        assert size == Size(len(expected), len(population))


@settings(max_examples=150, deadline=None)
@given(populations, many_rules)
def test_the_query_means_what_the_rule_means_on_sqlite(sqlite, population, wanted):
    assert_agreement(sqlite, population, wanted)


@settings(max_examples=60, deadline=None)
@given(populations, many_rules)
def test_the_query_means_what_the_rule_means_on_postgresql(postgres, population, wanted):
    assert_agreement(postgres, population, wanted)


def test_who_chose_nothing_is_reached_by_what_is_not_chosen(sqlite):
    replace_residents(sqlite, [resident(), resident(topics=["child"], district="旭町")])
    for data in ({"not": {"district": {"in": ["旭町"]}}}, {"topics": {"none": ["child"]}}):
        assert given_by(sqlite, rule(data)) == [user_id(0)]


def test_a_choice_that_nobody_ever_made_gives_nobody(sqlite):
    replace_residents(sqlite, [resident(topics=["child"])])
    assert given_by(sqlite, rule({"topics": {"any": ["garbage"]}})) == []
    assert given_by(sqlite, rule({"topics": {"all": ["child", "garbage"]}})) == []
    assert given_by(sqlite, rule({"topics": {"none": ["garbage"]}})) == [user_id(0)]


def test_a_snapshot_comes_in_order_in_chunks_with_each_language(sqlite):
    spoken = ["", "en", "ja", "easy_ja", "en"]
    replace_residents(sqlite, [resident(language=each) for each in spoken])
    with sqlite.read() as connection:
        chunks = list(audience.snapshot(connection, rule({"everyone": True}), TODAY, size=2))
    expected = [Recipient(user_id(n), each) for n, each in enumerate(spoken)]
    assert chunks == [expected[0:2], expected[2:4], expected[4:5]]


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_who_comes_while_a_snapshot_is_read_is_not_in_it(where, request):
    db = request.getfixturevalue(where)
    replace_residents(db, [resident() for _ in range(6)])
    with db.read() as connection:
        chunks = audience.snapshot(connection, rule({"everyone": True}), TODAY, size=2)
        first = next(chunks)
        db.write(lambda c: attributes.know(c, [user_id(99)], NOW))
        rest = [recipient for chunk in chunks for recipient in chunk]
    assert [each.user_id for each in [*first, *rest]] == [user_id(n) for n in range(6)]


def test_an_audience_can_be_inserted_from(sqlite):
    """An announcement may take its recipients without leaving the database."""
    replace_residents(sqlite, [resident(district="旭町"), resident()])
    wanted = rule({"district": {"in": ["旭町"]}})
    query = audience.audience(wanted, TODAY, residents_table.c.user_id, literal(1))

    def copy(connection):
        connection.execute(insert(erasures).from_select(["digest", "erased_at"], query))
        return connection.execute(select(erasures.c.digest)).scalars().all()

    assert sqlite.write(copy) == [user_id(0)]


def test_accounts_do_not_share_residents(sqlite):
    replace_residents(sqlite, [resident()])
    everyone = rule({"everyone": True})
    with sqlite.read() as connection:
        assert audience.count(connection, everyone, TODAY, "other") == Size(0, 0)
        assert list(audience.snapshot(connection, everyone, TODAY, account="other")) == []


def test_a_rule_that_gives_everybody_is_seen(sqlite):
    replace_residents(sqlite, [resident(topics=["child"]), resident()])
    always = rule({"any": [{"topics": {"any": ["child"]}}, {"topics": {"none": ["child"]}}]})
    with sqlite.read() as connection:
        assert audience.count(connection, always, TODAY).is_all
        some = audience.count(connection, rule({"topics": {"any": ["child"]}}), TODAY)
    assert not some.is_all and some == Size(1, 2)
