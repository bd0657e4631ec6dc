import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.errors import StoreVersion
from bot.store import (
    announcement_tables,
    content_changes,
    image_tables,
    learning_tables,
    question_reads,
    staff,
    staff_tables,
)
from bot.store import migrate as module
from bot.store.database import open_database
from bot.store.fresh import statements
from bot.store.migrate import HEAD, REVISIONS, current_revision, downgrade, migrate
from bot.store.tables import metadata
from tests.store.builders import accept, arrival
from tests.store.fresh_tables import migrated

# Importing them adds their tables to `metadata`.
EVERY = (announcement_tables, image_tables, learning_tables, staff_tables)


@pytest.fixture
def db(tmp_path):
    db = open_database(f"sqlite:///{tmp_path}/a.db")
    yield db
    db.close()


def test_an_empty_database_gets_exactly_the_tables_the_code_knows(db):
    assert current_revision(db) is None
    migrate(db)
    assert current_revision(db) == HEAD
    with db.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_new_file_is_what_the_migrations_make_of_an_empty_one(db, tmp_path):
    migrate(db)
    other = migrated(tmp_path)
    try:
        assert contents(db) == contents(other), "python -m tests.store.fresh_tables"
    finally:
        other.close()


def contents(db):
    """Every statement that made something, and how much is in each table."""
    with db.read() as connection:
        tables = [
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
            )
        ]
        counts = {
            name: connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar()
            for name in tables
        }
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        key = connection.execute(text("SELECT name, length(value) FROM installation_keys")).one()
        return statements(connection), counts, revision, tuple(key)


def test_migrating_again_changes_nothing(db):
    migrate(db)
    accept(db, arrival("a"))
    migrate(db)
    assert current_revision(db) == HEAD


def test_down_and_up_again(db):
    migrate(db)
    downgrade(db)
    assert current_revision(db) is None
    with db.read() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type='table'"))
        assert {row[0] for row in tables} <= {"alembic_version", "sqlite_sequence"}
    migrate(db)
    assert accept(db, arrival("a")) == 1


def test_a_database_newer_than_the_code_is_refused(db):
    migrate(db)
    db.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreVersion, match="9999"):
        migrate(db)


def test_the_known_revisions_are_those_of_the_scripts():
    config = Config()
    config.set_main_option(
        "script_location", str(module.Path(module.__file__).with_name("migrations"))
    )
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert [s.revision for s in scripts.walk_revisions()][::-1] == list(REVISIONS)


def test_a_start_with_nothing_to_do_does_not_load_alembic(db, tmp_path):
    migrate(db)
    db.close()
    script = (
        "import sys\n"
        "from bot.store.database import open_database\n"
        "from bot.store.migrate import migrate\n"
        f"db = open_database('sqlite:///{tmp_path}/a.db')\n"
        "migrate(db); db.close()\n"
        "assert 'alembic' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_people_of_before_are_the_first_accounts_and_others_go_with_the_way_back(db):
    migrate(db)
    downgrade(db, "0011")
    row = "INSERT INTO staff (name, password, role, sections, created_at) VALUES ('花子','x','admin','[]',1)"
    db.write(lambda c: c.execute(text(row)))
    migrate(db)
    assert db.write(lambda c: staff.add(c, "花子", "y", staff.Role.EDITOR, [], 1, "onojo"))
    with db.read() as connection:
        assert [p.role for p in staff.everyone(connection)] == [staff.Role.ADMIN]
        assert [p.role for p in staff.everyone(connection, "onojo")] == [staff.Role.EDITOR]
    downgrade(db, "0011")
    with db.read() as connection:
        assert connection.execute(text("SELECT name, role FROM staff")).all() == [("花子", "admin")]
    migrate(db)


def test_content_and_marks_of_before_are_there_after_the_upgrade(db):
    migrate(db)
    downgrade(db, "0011")
    for row in (
        "INSERT INTO content_files (path, digest, data, changed_at) VALUES ('a','d',x'00',1)",
        "INSERT INTO content_changes (path, at, who, why, kind, before_digest, after_digest, "
        "before, after) VALUES ('a',1,'x','y','text','','d',x'00',x'00')",
        "INSERT INTO question_marks (digest, mark, who, at) VALUES ('q','done','x',1)",
    ):
        db.write(lambda c, row=row: c.execute(text(row)))
    migrate(db)
    with db.read() as connection:
        assert list(content_changes.heads(connection)) == ["a"]
        assert content_changes.heads(connection, "onojo") == {}
        assert content_changes.newest(connection) == 1
        assert question_reads.marks(connection) == {"q": "done"}
        assert question_reads.marks(connection, "onojo") == {}
