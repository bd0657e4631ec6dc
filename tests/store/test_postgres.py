"""The same migrations make the same tables on PostgreSQL."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from bot.store import residents
from bot.store.database import open_database
from bot.store.migrate import HEAD, current_revision, downgrade, migrate
from bot.store.tables import metadata
from tests.segments import user_id
from tests.store.builders import NOW, accept, arrival, rows


@pytest.fixture
def db(postgres_url):
    db = open_database(postgres_url)
    yield db
    downgrade(db)
    db.close()


def test_up_down_and_up_again(db):
    for _ in range(2):
        assert current_revision(db) is None
        migrate(db)
        assert current_revision(db) == HEAD
        with db.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        downgrade(db)
        with db.read() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]


def test_an_event_is_kept_once_and_its_resident_erased(db):
    migrate(db)
    event = arrival("a", who=user_id(1))
    assert accept(db, event) == 1
    assert accept(db, event) == 0
    db.write(lambda c: residents.erase(c, user_id(1), before=NOW, now=NOW))
    assert rows(db)["a"].resident is None
    with db.read() as connection:
        assert list(residents.known_ids(connection)) == []
