"""Backups beside a running bot, and restores that lose nothing and bring nobody back."""

from __future__ import annotations

import errno
import gzip
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Integer, LargeBinary, insert, select

from bot.errors import StoreBusy, StoreError, StoreVersion
from bot.services.backup import Backup, backup
from bot.services.erasures import Erasures
from bot.services.restoring import erasures_file, restore
from bot.store import attributes, portable, residents
from bot.store.database import Database, open_database
from bot.store.migrate import HEAD, current_revision, downgrade, migrate
from bot.store.tables import residents as residents_table
from tests.postgres import new_database
from tests.segments import user_id
from tests.store.builders import accept, arrival, everything, rows

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
TARO, HANAKO = user_id(1), user_id(2)
MS = int(NOW.timestamp() * 1000)
HOUR = 3_600_000


def clock() -> datetime:
    return NOW


def sqlite_at(folder: Path, name: str = "town.db") -> str:
    return f"sqlite:///{folder}/{name}"


def opened_at(url: str) -> Database:
    db = open_database(url, wait_seconds=0)
    migrate(db)
    return db


def fill(db: Database) -> None:
    """Three rows in every table, with every kind of value."""

    def run(connection: Any) -> None:
        for table in portable.tables_of(connection):
            if table.name == "installation_keys":
                continue  # has the migration's
            for number in (1, 2, 3):
                row = {column.name: value(column, number) for column in table.columns}
                connection.execute(insert(table), row)

    db.write(run)


def value(column: Any, number: int) -> Any:
    if column.foreign_keys and list(column.table.primary_key.columns) != [column]:
        return 1 if column.primary_key or not column.nullable or number > 1 else None
    if isinstance(column.type, Boolean):
        return number == 2
    if isinstance(column.type, Integer):
        return number * 2**40 if column.name.endswith("_at") else number
    if column.name == "digest":
        return f"{number:064x}"
    if isinstance(column.type, LargeBinary):
        return bytes([number, 0, 255])
    return None if column.nullable and number == 3 else f"𠮷野屋\n{column.name}{number}"


def contents(db: Database) -> dict[str, list[Any]]:
    with db.read() as connection:
        return {
            table.name: list(portable.rows_of(connection, table))
            for table in portable.tables_of(connection)
        }


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgres", "postgres to sqlite"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Where a backup comes from, and where it goes."""
    source, target = sqlite_at(tmp_path, "a.db"), sqlite_at(tmp_path, "b.db")
    if "postgres" not in request.param:
        yield source, target
        return
    server = request.getfixturevalue("postgres_url")
    pair = (source, server) if request.param == "sqlite to postgres" else (server, target)
    yield pair


def test_every_row_comes_back_as_it_was_also_in_the_other_database(
    urls: tuple[str, str], tmp_path: Path
) -> None:
    source, target = urls
    db = opened_at(source)
    with db.read() as connection:
        empty = not connection.execute(select(residents_table)).all()
    if empty:  # the PostgreSQL of this module may hold what the test before restored
        fill(db)
    counts = backup(db, tmp_path / "saved", clock)
    before = contents(db)
    db.close()
    restored = restore(target, tmp_path / "saved", tmp_path / "list", clock)
    assert restored.rows == counts
    assert restored.erased_again == 0
    db = opened_at(target)
    after = contents(db)
    with db.read() as connection:
        assert current_revision(db) == HEAD
        assert connection.execute(select(residents_table.c.has_children)).scalars().all() == [
            False,
            True,
            False,
        ]
    db.close()
    assert set(after) == set(before)
    assert {name: len(found) for name, found in before.items()} == counts
    for name, found in before.items():
        if name != "erasures":  # those older than any backup are dropped on the way
            assert after[name] == found, name


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_number_once_given_is_never_given_again(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The ledger of announcements knows residents by their numbers alone."""
    db = opened_at(sqlite_at(tmp_path, "a.db"))
    db.write(lambda c: attributes.know(c, [TARO, HANAKO], MS))
    db.write(lambda c: residents.erase(c, HANAKO, before=MS, now=MS))
    backup(db, tmp_path / "saved", clock)
    db.close()
    target = sqlite_at(tmp_path, "b.db")
    if kind == "postgres":
        target = request.getfixturevalue("postgres_url")
    restore(target, tmp_path / "saved", tmp_path / "list", clock)
    db = opened_at(target)
    db.write(lambda c: attributes.know(c, [user_id(3)], MS))
    with db.read() as connection:
        ids = connection.execute(select(residents_table.c.id, residents_table.c.user_id)).all()
    db.close()
    assert {who: number for number, who in ids} == {TARO: 1, user_id(3): 3}


def test_who_was_erased_after_the_backup_stays_erased(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    listed = erasures_file(url, tmp_path)
    db = opened_at(url)
    for who in (TARO, HANAKO):
        db.write(lambda c, who=who: attributes.know(c, [who], MS))
        accept(db, arrival(f"said-{who[-1]}", who=who, at=MS), now=MS)
    backup(db, tmp_path / "saved", clock)
    assert TARO in gzip.decompress((tmp_path / "saved").read_bytes()).decode()
    db.write(lambda c: residents.erase(c, TARO, before=MS + HOUR, now=MS + HOUR))
    db.close()
    # Nobody has written the list yet: restoring itself must look before it throws away.
    assert not listed.exists()
    later = NOW + timedelta(hours=2)
    assert restore(url, tmp_path / "saved", listed, lambda: later).erased_again == 1
    db = opened_at(url)
    assert TARO not in everything(db)
    assert HANAKO in everything(db)
    db.close()
    assert TARO.encode() not in b"".join(
        path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("town.db")
    )


def test_the_list_beside_the_database_is_enough_when_the_database_is_gone(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    listed = erasures_file(url, tmp_path)
    db = opened_at(url)
    db.write(lambda c: attributes.know(c, [TARO], MS))
    backup(db, tmp_path / "saved", clock)
    db.write(lambda c: residents.erase(c, TARO, before=MS + HOUR, now=MS + HOUR))
    Erasures(db, listed, clock).sync()
    db.close()
    (tmp_path / "town.db").write_bytes(b"not a database any more")
    assert restore(url, tmp_path / "saved", listed, clock).erased_again == 1
    db = opened_at(url)
    assert TARO not in everything(db)
    db.close()


def test_a_backup_is_one_moment_although_the_bot_goes_on(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    serving = opened_at(url)  # it owns the file
    beside = open_database(url, exclusive=False)
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            pair = [user_id(2 * number), user_id(2 * number + 1)]  # always two in one commit
            serving.write(lambda c: attributes.know(c, pair, MS))  # noqa: B023

    working = threading.Thread(target=work)
    working.start()
    try:
        for number in range(5):
            counts = backup(beside, tmp_path / f"saved-{number}", clock)
            assert counts["residents"] % 2 == 0
    finally:
        stop.set()
        working.join()
        beside.close()
        serving.close()
    assert restore(url, tmp_path / "saved-4", tmp_path / "list", clock).rows == counts


def test_a_restore_is_refused_while_the_bot_runs(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    serving = opened_at(url)
    serving.write(lambda c: attributes.know(c, [TARO], MS))
    backup(serving, tmp_path / "saved", clock)
    serving.write(lambda c: attributes.know(c, [HANAKO], MS))
    with pytest.raises(StoreBusy, match="使用中"):
        restore(url, tmp_path / "saved", tmp_path / "list", clock)
    assert HANAKO in everything(serving)
    serving.close()


def test_a_restore_is_refused_while_others_use_postgresql(
    postgres_url: str,
    tmp_path: Path,
) -> None:
    db = opened_at(sqlite_at(tmp_path))
    backup(db, tmp_path / "saved", clock)
    db.close()
    serving = opened_at(postgres_url)
    accept(serving, arrival("waits"))
    with pytest.raises(StoreBusy, match="ほかのプログラム"):
        restore(postgres_url, tmp_path / "saved", tmp_path / "list", clock)
    assert "waits" in rows(serving)
    serving.close()
    restore(postgres_url, tmp_path / "saved", tmp_path / "list", clock)
    serving = opened_at(postgres_url)
    assert rows(serving) == {}
    serving.close()


def saved(tmp_path: Path) -> Path:
    db = opened_at(sqlite_at(tmp_path))
    db.write(lambda c: attributes.know(c, [TARO, HANAKO], MS))
    backup(db, tmp_path / "saved", clock)
    db.close()
    return tmp_path / "saved"


def test_only_its_owner_may_read_a_backup_and_none_is_overwritten(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    db = opened_at(sqlite_at(tmp_path))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="上書きはしません"):
        backup(db, path, clock)
    assert path.read_bytes() == before
    for nowhere in (tmp_path / "nowhere" / "saved", path / "saved", Path("/proc/saved")):
        with pytest.raises(StoreError, match="書けません"):
            backup(db, nowhere, clock)
    db.close()
    assert not list(tmp_path.glob("*.part"))


def repacked(path: Path, change: Callable[[list[Any]], None]) -> None:
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    change(lines)
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()))


DAMAGES: dict[str, Callable[[Path], Any]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "one byte": lambda path: path.write_bytes(
        (data := path.read_bytes())[:200] + bytes([data[200] ^ 1]) + data[201:]
    ),
    "no backup": lambda path: path.write_bytes(b"PK\x03\x04 something else"),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "row left out": lambda path: repacked(path, lambda lines: lines.pop(-2)),
    "newer": lambda path: repacked(path, lambda lines: lines[0].update(revision="9999")),
    "other format": lambda path: repacked(path, lambda lines: lines[0].update(madoguchi_backup=2)),
    "not finished": lambda path: repacked(path, lambda lines: lines.pop()),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_backup_changes_nothing(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path)
    DAMAGES[damage](path)
    before = (tmp_path / "town.db").read_bytes()
    with pytest.raises(StoreError, match="バックアップ"):
        restore(sqlite_at(tmp_path), path, tmp_path / "list", clock)
    assert (tmp_path / "town.db").read_bytes() == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    url = sqlite_at(tmp_path)
    db = opened_at(url)
    db.write(lambda c: attributes.know(c, [TARO], MS))
    downgrade(db, "0002")
    counts = backup(db, tmp_path / "saved", clock)
    db.close()
    assert "batches" not in counts
    assert Backup(tmp_path / "saved").header.revision == "0002"
    restore(url, tmp_path / "saved", tmp_path / "list", clock)
    db = opened_at(url)
    assert current_revision(db) == HEAD
    assert TARO in everything(db)
    db.close()


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_share_that_knows_no_hard_links_takes_a_backup_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def link(*_: Any) -> None:
        raise OSError(code, "not here")

    monkeypatch.setattr(os, "link", link)
    path = saved(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Backup(path).header.revision == HEAD
    assert not list(tmp_path.glob("*.part"))


def refused(tmp_path: Path, path: Path, said: str) -> None:
    """A backup that cannot be made says why, and leaves nothing behind."""
    db = opened_at(sqlite_at(tmp_path))
    with pytest.raises(StoreError, match=said):
        backup(db, path, clock)
    db.close()
    assert not list(tmp_path.rglob("*.part"))


def test_without_hard_links_too_a_file_that_came_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "saved"

    def link(*_: Any) -> None:
        path.write_text("somebody else's")
        raise OSError(errno.EPERM, "not here")

    monkeypatch.setattr(os, "link", link)
    refused(tmp_path, path, "書けません")
    assert path.read_text() == "somebody else's"


@pytest.mark.parametrize(
    ("code", "said"), [(errno.ENOSPC, "ディスクがいっぱいです"), (errno.EDQUOT, "割り当て")]
)
def test_a_full_disk_is_named_and_leaves_no_half_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    def full(_: int) -> None:
        raise OSError(code, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    refused(tmp_path, tmp_path / "saved", said)
    assert not (tmp_path / "saved").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(tmp_path, tmp_path / "nowhere" / "saved", "フォルダがありません")


def test_a_newer_servers_database_is_replaced_once_it_was_made_anew(
    postgres_server: str, tmp_path: Path
) -> None:
    """The way back to the version before: who was erased meanwhile stays so, as on a file."""
    with new_database(postgres_server) as url:
        listed = erasures_file(url, tmp_path)
        db = opened_at(url)
        db.write(lambda c: attributes.know(c, [TARO, HANAKO], MS))
        backup(db, tmp_path / "saved", clock)
        db.write(lambda c: residents.erase(c, TARO, before=MS + HOUR, now=MS + HOUR))
        db.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
        db.close()
        with pytest.raises(StoreVersion, match="createdb"):
            restore(url, tmp_path / "saved", listed, clock)
        db = open_database(url)
        db.write(lambda c: c.exec_driver_sql("DROP SCHEMA public CASCADE"))
        db.write(lambda c: c.exec_driver_sql("CREATE SCHEMA public"))
        db.close()
        assert restore(url, tmp_path / "saved", listed, clock).erased_again == 1
        db = opened_at(url)
        stored = everything(db)
        db.close()
    assert TARO not in stored and HANAKO in stored
