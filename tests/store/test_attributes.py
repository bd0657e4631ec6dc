"""What residents chose is kept, changed and forgotten."""

import threading
from datetime import date

import pytest
from sqlalchemy import delete, func, select

from bot.core.attributes import LIFE_STAGE, TOPICS, Attributes, Volume, month_number
from bot.errors import StoreError
from bot.store import attributes
from bot.store.attributes import Profile
from bot.store.tables import choice_bits, resident_children
from bot.store.tables import residents as residents_table
from tests.segments import resident, user_id
from tests.store.builders import NOW, opened

TABLES = (resident_children, residents_table, choice_bits)
MINUTE = 60_000
TARO, HANAKO = user_id(1), user_id(2)
CHOSEN = resident(
    topics=["child", "care"],
    district="旭町",
    life_stages=["senior"],
    children=["2020-01", "2026-08"],
    language="en",
)


@pytest.fixture(params=["sqlite", "postgres"])
def db(request, tmp_path):
    """An empty database; every test runs on both kinds."""
    if request.param == "postgres":
        db = request.getfixturevalue("postgres")
        db.write(lambda c: [c.execute(delete(table)) for table in TABLES])
        yield db
        return
    db = opened(tmp_path)
    yield db
    db.close()


def load(db, who=TARO, account="main"):
    with db.read() as connection:
        return attributes.load(connection, who, account)


def save(db, who=TARO, chosen=CHOSEN, at=NOW):
    db.write(lambda c: attributes.save(c, who, chosen, at))


def forget(db, who=TARO, before=NOW):
    return db.write(lambda c: attributes.forget(c, who, before=before))


def rows(db, table):
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_friend_is_known_without_having_chosen_anything(db):
    assert load(db) is None
    assert db.write(lambda c: attributes.know(c, [TARO, HANAKO], NOW)) == 2
    assert db.write(lambda c: attributes.know(c, [TARO], NOW)) == 0
    assert load(db) == Profile(Attributes(), Volume())


def test_knowing_again_and_following_again_keep_the_choices(db):
    save(db)
    db.write(lambda c: attributes.know(c, [TARO], NOW))
    db.write(lambda c: attributes.follow(c, TARO, NOW))
    assert load(db).attributes == CHOSEN


def test_saving_replaces_everything_chosen_and_spares_the_volume(db):
    volume = Volume(1260, 420, 4)
    db.write(lambda c: attributes.save_volume(c, TARO, volume, NOW))
    save(db)
    assert load(db) == Profile(CHOSEN, volume)
    save(db, chosen=resident(topics=["garbage"]))
    assert load(db) == Profile(resident(topics=["garbage"]), volume)
    assert rows(db, resident_children) == 0


def test_a_change_reads_and_writes_in_one_step(db):
    def one_more(before):
        return resident(topics=[*before.topics, f"t{len(before.topics)}"])

    def work():
        for _ in range(5):
            db.write(lambda c: attributes.change(c, TARO, one_more, NOW))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(db).attributes.topics == {f"t{n}" for n in range(20)}


def test_accounts_do_not_share_residents(db):
    save(db)
    assert load(db, account="other") is None
    db.write(lambda c: attributes.forget(c, TARO, before=NOW, account="other"))
    assert load(db).attributes == CHOSEN


def test_residents_come_by_id_in_chunks(db):
    chosen = {user_id(n): resident(topics=["child"][: n % 2]) for n in range(7)}
    db.write(lambda c: attributes.save_many(c, chosen, NOW))
    with db.read() as connection:
        chunks = list(attributes.every_profile(connection, size=3))
    assert [len(chunk) for chunk in chunks] == [3, 3, 1]
    found = {who: profile.attributes for chunk in chunks for who, profile in chunk.items()}
    assert found == chosen and list(found) == sorted(chosen)


def test_forgetting_leaves_nothing(db):
    save(db)
    save(db, HANAKO)
    assert forget(db) is True
    assert load(db) is None
    with db.read() as connection:
        assert TARO not in str([connection.execute(select(table)).all() for table in TABLES])
    assert load(db, HANAKO).attributes == CHOSEN
    assert rows(db, resident_children) == 2
    assert forget(db) is False


def test_a_late_unfollow_spares_who_followed_again_but_not_the_old_choices(db):
    save(db, at=NOW)
    db.write(lambda c: attributes.follow(c, TARO, NOW + 2 * MINUTE))
    forget(db, before=NOW + MINUTE)
    assert load(db) == Profile(Attributes(), Volume())
    assert rows(db, resident_children) == 0
    forget(db, before=NOW + 3 * MINUTE)
    assert load(db) is None


def test_a_late_unfollow_spares_what_was_chosen_well_after_it(db):
    save(db, at=NOW + 3 * MINUTE)
    forget(db, before=NOW)
    assert load(db).attributes == CHOSEN


def test_choices_made_at_about_the_moment_of_erasing_go(db):
    """The web form's clock is ours, the erasure's is LINE's."""
    save(db, at=NOW + 5_000)
    forget(db, before=NOW)
    assert load(db) is None


def test_an_imported_resident_is_older_than_any_unfollow(db):
    save(db, at=0)
    forget(db, before=1)
    assert load(db) is None


def test_more_choices_than_bits_are_refused_and_nothing_is_kept(db):
    many = resident(topics=[f"t{n}" for n in range(63)])
    with pytest.raises(StoreError, match="選択肢が多すぎます"):
        save(db, chosen=many)
    assert load(db) is None
    save(db, chosen=resident(topics=[f"t{n}" for n in range(62)]))
    assert len(load(db).attributes.topics) == 62


def test_grown_children_are_forgotten(db):
    save(db, TARO, resident(children=["2008-03", "2008-04"]))
    save(db, HANAKO, resident(children=["2007-01"]))
    today = date(2026, 4, 1)
    assert db.write(lambda c: attributes.drop_grown(c, today, 1)) == 1
    assert db.write(lambda c: attributes.drop_grown(c, today, 10)) == 1
    assert db.write(lambda c: attributes.drop_grown(c, today, 10)) == 0
    assert load(db).attributes.child_birth_months == {month_number("2008-04")}
    assert load(db, HANAKO).attributes == Attributes()
    with db.read() as connection:
        flags = select(residents_table.c.user_id, residents_table.c.has_children)
        assert dict(connection.execute(flags).all()) == {TARO: True, HANAKO: False}


def test_two_processes_that_need_a_new_bit_get_one_each(postgres):
    """Both begin before either commits."""
    postgres.write(lambda c: [c.execute(delete(table)) for table in TABLES])
    together = threading.Barrier(2, timeout=30)

    def first_use(topics, who):
        def run(connection):
            connection.execute(select(choice_bits)).all()
            together.wait()
            attributes.save(connection, who, resident(topics=topics), NOW)

        postgres.write(run)

    threads = [
        threading.Thread(target=first_use, args=(topics, who))
        for topics, who in ((["a", "b"], TARO), (["c", "b"], HANAKO))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load(postgres).attributes.topics == {"a", "b"}
    assert load(postgres, HANAKO).attributes.topics == {"c", "b"}
    with postgres.read() as connection:
        masks = select(choice_bits.c.mask).where(choice_bits.c.attribute == TOPICS)
        assert len(set(connection.execute(masks).scalars())) == 3
        query = select(choice_bits).where(choice_bits.c.attribute == LIFE_STAGE)
        assert connection.execute(query).all() == []
