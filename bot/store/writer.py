"""The one thread that writes to SQLite: what waits at the same moment shares one commit.

A commit costs a sync of the disk; a connection for each thread made the slowest writes twenty
times slower than this queue does (docs/performance.md).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.errors import StoreError
from bot.store.direct import driver

_MAX_BATCH = 64
BUSY_MS = 10_000
_TRACE_WAIT_MS = 20
# Set in `connection.info` by whoever erases: the commit is then followed by emptying the log.
ERASED_TRACE = "erased"
# What SQLite and PostgreSQL say, as an operator reads it.
_WHY = {
    "SQLITE_FULL": "ディスクがいっぱいです",
    "SQLITE_READONLY": "書き込みが許されていません",
    "SQLITE_CANTOPEN": "ファイルを開けません",
    "SQLITE_CORRUPT": "ファイルがこわれています",
    "SQLITE_NOTADB": "データベースのファイルではありません",
    "SQLITE_BUSY": "ほかのプログラムが使っています",
    "SQLITE_IOERR": "ディスクが読み書きできません",
    "OperationalError": "サーバーにつながりません",
    "DiskFull": "サーバーのディスクがいっぱいです",
    "ReadOnlySqlTransaction": "読み取り専用のサーバーです",
    "TooManyConnections": "サーバーへの接続が多すぎます",
    "InsufficientPrivilege": "この利用者には許されていません",
    "AdminShutdown": "サーバーが止まりました",
    "TimeoutError": "接続の空きを待ちきれませんでした",
}


def store_error(error: BaseException) -> StoreError:
    """The same failure without SQL and values: those could hold a resident's words."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", None) or type(cause).__name__
    why = next((f"{_WHY[each]}：" for each in (name, *_general(name)) if each in _WHY), "")
    return StoreError(f"データベースを読み書きできませんでした（{why}{name}）。")


def _general(name: str) -> tuple[str, ...]:
    """SQLITE_IOERR of SQLITE_IOERR_WRITE."""
    return ("_".join(name.split("_")[:2]),) if name.startswith("SQLITE_") else ()


class _Job:
    """One caller's function; the caller sleeps on `done` until its commit is over."""

    __slots__ = ("done", "error", "function", "result")

    def __init__(self, function: Callable[[Connection], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None
        # A bare lock: much cheaper than threading.Event, and there is one waiter.
        self.done = threading.Lock()
        self.done.acquire()


class GroupCommit:
    """Runs functions one after another on one connection, commits them together."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def run(self, function: Callable[[Connection], Any]) -> Any:
        """`function`'s result, once it is on disk; its error, with nothing of it kept."""
        if self._closed:
            raise StoreError("データベースは閉じられています。")
        if threading.current_thread() is self._thread:
            raise RuntimeError("write() inside write(): pass the connection on instead")
        job = _Job(function)
        self._jobs.put(job)
        job.done.acquire()
        if job.error is not None:
            raise job.error
        return job.result

    def close(self) -> None:
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._next_batch()
            if batch:
                self._commit(batch)
        if self._connection is not None:
            self._connection.close()

    def _next_batch(self) -> tuple[list[_Job], bool]:
        batch: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            batch.append(job)
            if len(batch) == _MAX_BATCH:
                return batch, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[_Job]) -> None:
        try:
            connection = self._connected()
            # Plain driver calls, here and for savepoints: SQLAlchemy's transactions cost more than
            # the inserts they hold. To it, the connection is in one transaction all its life.
            file = driver(connection)
            file.execute("BEGIN IMMEDIATE")
            if len(batch) == 1:
                _run_alone(connection, batch[0])
            else:
                for job in batch:
                    _run_in_savepoint(connection, job)
            file.commit()
            if connection.info.pop(ERASED_TRACE, False):
                _leave_no_trace(connection)
        except Exception as error:
            # Nothing of this batch is on disk, whatever its functions returned.
            self._disconnect()
            failure = store_error(error)
            for job in batch:
                job.error = job.error or failure
        finally:
            for job in batch:
                job.done.release()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.begin()
        return self._connection

    def _disconnect(self) -> None:
        """Start the next batch on a new connection: after an error this one proves nothing."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except SQLAlchemyError:
                pass


def _leave_no_trace(connection: Connection) -> None:
    """Empty the log that SQLite keeps beside the file: it still holds what was just erased.

    While somebody reads, it stays until the next write without a reader.
    """
    file = driver(connection)
    try:
        file.execute(f"PRAGMA busy_timeout={_TRACE_WAIT_MS}")
        busy = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error:
        busy = True  # the erasure itself is committed; only its trace waits
    finally:
        file.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    if busy:
        connection.info[ERASED_TRACE] = True


def _run_alone(connection: Connection, job: _Job) -> None:
    """Run the only function of a batch: undoing it is undoing everything."""
    try:
        job.result = job.function(connection)
    except Exception as error:
        job.error = _outcome(error)
        driver(connection).rollback()


def _outcome(error: Exception) -> Exception:
    return store_error(error) if isinstance(error, DBAPIError | sqlite3.Error) else error


def _run_in_savepoint(connection: Connection, job: _Job) -> None:
    """Run one function; its own failure undoes it alone, a lost transaction raises."""
    file = driver(connection)
    file.execute("SAVEPOINT job")
    try:
        job.result = job.function(connection)
    except Exception as error:
        job.error = _outcome(error)
        if not file.in_transaction:
            raise  # SQLite has rolled everything back (disk full): the neighbours are lost too
        file.execute("ROLLBACK TO job")
    file.execute("RELEASE job")
