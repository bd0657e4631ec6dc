import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import StoreBusy, StoreError
from bot.store.database import Database, open_database
from tests.store.builders import opened


@pytest.fixture
def db(tmp_path):
    db = opened(tmp_path)
    db.write(lambda c: c.execute(text("CREATE TABLE t (x INTEGER UNIQUE)")))
    yield db
    db.close()


def insert(db: Database, value: int) -> None:
    db.write(lambda c: c.execute(text("INSERT INTO t VALUES (:x)"), {"x": value}))


def values(db: Database) -> list[int]:
    with db.read() as connection:
        return [row[0] for row in connection.execute(text("SELECT x FROM t ORDER BY x"))]


def test_the_folder_of_the_database_is_made(tmp_path):
    open_database(f"sqlite:///{tmp_path}/deep/er/a.db").close()
    assert (tmp_path / "deep/er/a.db").exists()


def test_writes_of_many_threads_are_all_kept(db):
    def work(start):
        for n in range(start, start + 25):
            insert(db, n)

    threads = [threading.Thread(target=work, args=(n * 25,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(db) == list(range(200))


def test_a_failing_write_undoes_itself_and_spares_its_neighbours(db):
    """All three share a commit: the writer is held until they are queued."""
    gate, running = threading.Event(), threading.Event()
    failures = []

    def hold(_connection):
        running.set()
        gate.wait(10)

    def fail(connection):
        connection.execute(text("INSERT INTO t VALUES (99)"))
        raise LookupError("mine")

    def expect_failure():
        try:
            db.write(fail)
        except LookupError as error:
            failures.append(error)

    threads = [threading.Thread(target=db.write, args=(hold,))]
    threads[0].start()
    running.wait(10)
    threads += [
        threading.Thread(target=insert, args=(db, 1)),
        threading.Thread(target=expect_failure),
        threading.Thread(target=insert, args=(db, 2)),
    ]
    for thread in threads[1:]:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert values(db) == [1, 2]
    assert [str(error) for error in failures] == ["mine"]


def test_a_refused_statement_is_a_store_error_without_its_values(db):
    insert(db, 424242)
    with pytest.raises(StoreError) as caught:
        insert(db, 424242)
    assert "424242" not in str(caught.value)
    assert values(db) == [424242]


def test_a_full_disk_is_a_store_error_and_passes(db):
    pages = db.write(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
    db.write(lambda c: c.execute(text(f"PRAGMA max_page_count={pages}")))
    db.write(lambda c: c.execute(text("CREATE TABLE IF NOT EXISTS t (x)")))
    with pytest.raises(StoreError, match="ディスクがいっぱいです：SQLITE_FULL"):
        db.write(lambda c: c.execute(text("CREATE TABLE u AS SELECT randomblob(100000) AS b")))
    insert(db, 7)  # a new connection: the limit is gone, as when space has been made
    assert values(db) == [7]


def test_a_reader_cannot_write(db):
    with pytest.raises(StoreError), db.read() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    assert values(db) == []


def test_what_was_written_survives_closing(tmp_path):
    db = opened(tmp_path)
    db.write(lambda c: c.execute(text("CREATE TABLE t (x)")))
    insert(db, 5)
    db.close()
    again = opened(tmp_path)
    assert values(again) == [5]
    again.close()


def test_a_closed_database_refuses(tmp_path):
    db = opened(tmp_path)
    db.close()
    with pytest.raises(StoreError):
        db.write(lambda c: None)


def test_a_write_inside_a_write_is_a_mistake_and_said_so(db):
    with pytest.raises(RuntimeError):
        db.write(lambda c: insert(db, 1))


def test_a_second_process_is_refused_with_the_reason(tmp_path):
    db = opened(tmp_path)
    script = (
        "from bot.store.database import open_database\n"
        f"open_database('sqlite:///{tmp_path}/test.db', wait_seconds=0.1)\n"
    )
    second = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    db.close()
    assert second.returncode != 0
    assert "別のまどぐちが使用中" in second.stderr
    third = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert third.returncode == 0, third.stderr


def test_a_second_owner_in_the_same_process_is_refused_too(db, tmp_path):
    with pytest.raises(StoreBusy):
        open_database(f"sqlite:///{tmp_path}/test.db", wait_seconds=0)


def test_a_command_may_write_beside_the_owner(db, tmp_path):
    beside = open_database(f"sqlite:///{tmp_path}/test.db", exclusive=False)
    insert(beside, 3)
    insert(db, 4)
    beside.close()
    assert values(db) == [3, 4]
    assert db.exclusive and not beside.exclusive


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://", "sqlite:///"])
def test_a_place_that_is_none_is_refused_with_an_example(url):
    with pytest.raises(StoreError, match="sqlite:///var/madoguchi.db"):
        open_database(url)


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="書き込めません"):
        open_database(f"sqlite:///{tmp_path}/file/a.db")


def test_a_file_that_is_no_database_is_refused_and_let_go(tmp_path):
    path = Path(tmp_path / "a.db")
    path.write_bytes(b"this is a letter, not a database" * 200)
    for _ in range(2):  # the second time shows that the lock was let go
        with pytest.raises(StoreError, match="開けません"):
            open_database(f"sqlite:///{path}", wait_seconds=0)
