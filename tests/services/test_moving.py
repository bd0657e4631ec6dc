"""A town moves from SQLite to PostgreSQL and back with everything it has."""

import time

import pytest
from click.testing import CliRunner
from sqlalchemy import Boolean, LargeBinary, MetaData, Text, delete, func, insert, select, text

from bot.cli import main
from bot.delivery_worker import DeliveryLock
from bot.errors import StoreError, StoreVersion
from bot.services import moving
from bot.services.moving import move
from bot.store import attributes, database, erasures
from bot.store.database import open_database
from bot.store.migrate import current_revision, migrate
from bot.store.portable import patient, rows_of, steady, tables_of
from bot.store.tables import residents as residents_table
from tests.postgres import new_database
from tests.segments import user_id
from tests.store.builders import NOW, accept, arrival, opened

ROWS = 1201  # more than two chunks


def value(column, number):
    """Something for any column, different in each row."""
    if isinstance(column.type, Boolean):
        return number % 2 == 0
    if isinstance(column.type, LargeBinary):
        return bytes([number % 256, 0, 255])
    if isinstance(column.type, Text):
        return f"{column.name}-{number}「改行\n」😀"
    return number


def fill_every_table(db, rows):
    """Rows in every table there is, however many tables others have added since."""

    def run(connection):
        metadata = MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name in ("alembic_version", "installation_keys"):
                continue
            many = rows if table.name in ("inbox", "residents") else 3
            numbers = range(1, many + 1)
            connection.execute(
                insert(table), [{c.name: value(c, n) for c in table.columns} for n in numbers]
            )

    db.write(run)


def everything(db):
    """Table -> its rows, in no order."""
    with db.read() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        return {
            table.name: {
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row._mapping.values())
                for row in connection.execute(select(*sorted(table.columns, key=lambda c: c.name)))
            }
            for table in metadata.sorted_tables
        }


def count(db, name):
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(text(name))).scalar_one()


def quiet(_table, _rows):
    pass


@pytest.fixture
def town(tmp_path):
    db = opened(tmp_path)
    fill_every_table(db, ROWS)
    db.write(lambda c: c.execute(delete(residents_table).where(residents_table.c.id == ROWS)))
    yield db
    db.close()


@pytest.fixture
def url(postgres_server):
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def server(url):
    db = open_database(url)
    yield db
    db.close()


def test_there_and_back_everything_is_the_same(town, server, tmp_path):
    before = everything(town)
    counts = move(town, server, quiet)
    assert counts["inbox"] == ROWS and counts["residents"] == ROWS - 1
    assert everything(server) == before == everything(town)
    back = open_database(f"sqlite:///{tmp_path}/back.db")
    assert move(server, back, quiet) == counts
    assert everything(back) == before
    back.close()


def test_life_goes_on_with_new_numbers_and_an_erased_ones_never_comes_back(town, server):
    move(town, server, quiet)
    assert accept(server, arrival("new")) == 1
    server.write(lambda c: attributes.know(c, [user_id(1)], NOW))
    with server.read() as connection:
        found = select(residents_table.c.id).where(residents_table.c.user_id == user_id(1))
        assert connection.execute(found).scalar_one() == ROWS + 1


def test_erasures_are_recognised_after_the_move(tmp_path, server):
    town = opened(tmp_path)
    town.write(lambda c: erasures.record(c, {erasures.hasher(c)("main", "U1"): 7}))
    move(town, server, quiet)
    with server.read() as connection:
        digest = erasures.hasher(connection)("main", "U1")
        assert erasures.found(connection, [digest]) == {digest: 7}
    town.close()


def test_a_target_that_holds_anything_is_refused_and_kept(town, server):
    migrate(server)
    accept(server, arrival("theirs"))
    with pytest.raises(StoreError, match="空ではありません（inbox）"):
        move(town, server, quiet)
    assert count(server, "inbox") == 1


def test_a_target_that_has_only_been_started_once_is_taken(town, server):
    migrate(server)
    assert move(town, server, quiet)["inbox"] == ROWS


def test_another_programs_table_stops_the_move_and_stays(town, server):
    server.write(lambda c: c.execute(text("CREATE TABLE letters (id integer)")))
    with pytest.raises(StoreError, match="そろっていません"):
        move(town, server, quiet)
    assert count(server, "letters") == 0
    assert current_revision(server) is None


def test_a_move_broken_off_leaves_nothing_and_can_be_started_again(town, server):
    def break_off(name, _rows):
        if name == "residents":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(town, server, break_off)
    assert current_revision(server) is None
    assert move(town, server, quiet)["residents"] == ROWS - 1


def test_a_row_that_changed_on_the_way_is_noticed(town, server, monkeypatch):
    def careless(connection, table, columns, rows):
        if table.name == "questions":
            rows = [[each if each != "day-2" else "?" for each in row] for row in rows[:-1]]
        fill(connection, table, columns, rows)

    fill = moving.fill
    monkeypatch.setattr(moving, "fill", careless)
    with pytest.raises(
        StoreError, match="「questions」が同じになりませんでした（元3件、移し先2件）"
    ):
        move(town, server, quiet)
    assert current_revision(server) is None


def test_a_source_of_another_version_is_refused(town, server):
    town.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '0001'")))
    with pytest.raises(StoreVersion, match="古い版"):
        move(town, server, quiet)


def test_a_server_in_use_is_not_moved_away_from(town, server, url, tmp_path):
    move(town, server, quiet)
    others = open_database(url)
    target = open_database(f"sqlite:///{tmp_path}/back.db")
    with others.read(), pytest.raises(StoreError, match="全部止めて"):
        move(server, target, quiet)
    others.close()
    target.close()


def test_the_command_moves_and_says_so(tmp_path, url, monkeypatch):
    town = opened(tmp_path)
    accept(town, arrival("a"))
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/test.db")
    busy = CliRunner().invoke(main, ["migrate-db", "--to", url])
    assert busy.exit_code == 1 and "使用中" in busy.stderr  # the town's own process runs
    town.close()
    deliveries = DeliveryLock(f"sqlite:///{tmp_path}/test.db")  # a worker that only delivers
    busy = CliRunner().invoke(main, ["migrate-db", "--to", url])
    assert busy.exit_code == 1 and "madoguchi worker を止めて" in busy.stderr
    deliveries.release()
    done = CliRunner().invoke(main, ["migrate-db", "--to", url])
    assert done.exit_code == 0, done.output
    assert "inbox：1件" in done.stderr and "2件を移し" in done.stdout  # and the key
    again = CliRunner().invoke(main, ["migrate-db", "--to", url])
    assert again.exit_code == 1 and "空ではありません" in again.stderr
    server = open_database(url)
    assert count(server, "inbox") == 1
    server.close()


def test_a_source_that_is_not_there_is_not_made(tmp_path, url, monkeypatch):
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert CliRunner().invoke(main, ["migrate-db", "--to", url]).exit_code == 1
    assert not (tmp_path / "none.db").exists()


def test_a_target_that_is_none_is_named_and_the_source_is_not_blamed(tmp_path, monkeypatch):
    source = f"sqlite:///{tmp_path}/test.db"
    opened(tmp_path).close()
    monkeypatch.setenv("MADOGUCHI_DATABASE_URL", source)
    for target in ("mysql://x", "postgresql://nobody@127.0.0.1:1/x"):
        refused = CliRunner().invoke(main, ["migrate-db", "--to", target])
        assert refused.exit_code == 1
        assert "移し先（--to）につながりません" in refused.output
        assert "MADOGUCHI_DATABASE_URL" not in refused.output
    same = CliRunner().invoke(main, ["migrate-db", "--to", source])
    assert same.exit_code == 1 and "今のデータベースと同じです" in same.output


@pytest.mark.parametrize("quietly", [steady, patient])
def test_a_pause_in_the_middle_ends_no_backup_and_no_move(url, monkeypatch, quietly):
    """A slow disk, or a long look at the other database: the server waits for the next question."""
    options = "-c idle_in_transaction_session_timeout=1000"  # a busy machine stops for a while, too
    monkeypatch.setitem(database._SERVER_OPTIONS, "options", options)
    db = open_database(url)
    migrate(db)
    with db.read() as connection:
        quietly(connection)
        tables = tables_of(connection)
        time.sleep(1.6)
        assert sum(len(list(rows_of(connection, each))) for each in tables) > 0
    db.close()
