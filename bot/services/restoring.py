"""Restore: a backup takes the place of the database, whole, and nobody comes back who was erased."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from bot.errors import StoreBusy, StoreError, StoreVersion
from bot.services.backup import Backup
from bot.services.erasures import Erasures
from bot.store import portable
from bot.store.database import Database, open_database
from bot.store.lockfile import FileLock
from bot.store.migrate import migrate

log = logging.getLogger(__name__)
_SQLITE = "sqlite:///"
_LOCKS = (".lock", ".delivery.lock")  # of serve, and of a worker of its own
_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Restored:
    """Rows by table, and how many residents were erased again."""

    rows: dict[str, int]
    erased_again: int


def erasures_file(url: str, state_dir: Path) -> Path:
    """Where the list of erasures of a database stands: beside it, or in `state_dir` for a server."""
    if url.startswith(_SQLITE):
        path = Path(url.removeprefix(_SQLITE))
        return path.with_name(f"{path.name}.erasures")
    place = url.rpartition("@")[2]  # a changed password is no other database
    return state_dir / f"erasures-{hashlib.sha256(place.encode()).hexdigest()[:12]}.log"


def restore(url: str, path: Path, listed: Path, clock: Callable[[], datetime]) -> Restored:
    """Put the backup in the database's place. `listed` is the file of erasures.

    All or nothing: until the end the old data stays. Raises StoreBusy while the bot runs,
    StoreError where the backup or the database cannot be used.
    """
    backup = Backup(path)
    if url.startswith(_SQLITE):
        return _restore_file(Path(url.removeprefix(_SQLITE)), backup, listed, clock)
    return _restore_server(url, backup, listed, clock)


def _restore_file(
    path: Path, backup: Backup, listed: Path, clock: Callable[[], datetime]
) -> Restored:
    fresh = path.with_name(f"{path.name}.restoring")
    with _alone(path):
        if path.exists():
            _note_erasures(f"{_SQLITE}{path}", listed, clock)
        _remove(fresh)
        try:
            with _opened(f"{_SQLITE}{fresh}") as db:
                restored = db.write(lambda c: _fill(c, backup, listed, clock))
            _whole(fresh)
            _remove_log(path)
            os.chmod(fresh, 0o600)
            os.replace(fresh, path)
        finally:
            _remove(fresh)
    return restored


def _restore_server(
    url: str, backup: Backup, listed: Path, clock: Callable[[], datetime]
) -> Restored:
    with _opened(url) as db:
        _wait_until_alone(db)
        _note(db, listed, clock)
        try:
            return db.write(lambda c: _fill(c, backup, listed, clock))
        except StoreVersion as error:
            raise StoreVersion(
                f"{error}\n前の版に戻すときは、データベースを空から作り直して（例：dropdb madoguchi と "
                "createdb --encoding=UTF8 --template=template0 madoguchi）、もう一度実行してください。"
                f"消去の一覧（{listed}）は、消さないでください。まだ何も変えていません。"
            ) from None


def _wait_until_alone(db: Database) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        with db.read() as connection:  # a new look each time: one transaction sees one moment
            if not portable.others_connected(connection):
                return
        if time.monotonic() > deadline:
            raise StoreBusy(
                "ほかのプログラムがこのデータベースを使っています。serve と worker を全部止めてから、"
                "もう一度実行してください。"
            )
        time.sleep(_WAIT_SECONDS / 20)  # who was just told to stop takes a moment to be gone


def _fill(
    connection: Connection, backup: Backup, listed: Path, clock: Callable[[], datetime]
) -> Restored:
    """Everything in one transaction: nobody can see the data before the erasures are applied."""
    portable.patient(connection)
    portable.empty_at(connection, backup.header.revision)
    tables = {table.name: table for table in portable.tables_of(connection)}
    rows: dict[str, int] = {}
    for start, chunk in backup.chunks():
        if start.name not in tables:
            raise StoreError(f"バックアップの表「{start.name}」は、この版にありません。")
        portable.fill(connection, tables[start.name], start.columns, chunk)
        rows[start.name] = rows.get(start.name, 0) + len(chunk)
    portable.number_on(connection, tables.values(), backup.header.numbers)
    inside: Database = portable.OnConnection(connection)
    migrate(inside)
    return Restored(rows, Erasures(inside, listed, clock).sync())


def _note_erasures(url: str, listed: Path, clock: Callable[[], datetime]) -> None:
    try:
        with _opened(url) as db:
            _note(db, listed, clock)
    except StoreError as error:
        # Restoring is what one does with a broken database; the list itself is still there.
        log.warning("erasures of the old database not read", extra={"reason": str(error)})


def _note(db: Database, listed: Path, clock: Callable[[], datetime]) -> None:
    """The old database's erasures go to the file: the backup may be older than they are."""
    try:
        Erasures(db, listed, clock).sync()
    except StoreError as error:
        log.warning("erasures of the old database not read", extra={"reason": str(error)})


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    db = open_database(url, exclusive=False)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No serve and no worker has the file, and none can start meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for suffix in _LOCKS:
            lock = FileLock(path.with_name(path.name + suffix), _WAIT_SECONDS)
            stack.callback(lock.release)
        yield


def _whole(path: Path) -> None:
    """The new file needs no log beside it: it can be moved."""
    log_file = path.with_name(f"{path.name}-wal")
    if log_file.exists() and log_file.stat().st_size:
        raise StoreError(f"{path} を書き終えられませんでした。ディスクの空きを確認してください。")
    _remove_log(path)


def _remove_log(path: Path) -> None:
    """What stands in a log of the old file would otherwise be read into the new one."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_log(path)
