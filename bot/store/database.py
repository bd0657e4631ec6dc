"""The database: where it is, how it is opened, how it is read and written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.errors import StoreError
from bot.store.direct import driver
from bot.store.lockfile import FileLock
from bot.store.writer import BUSY_MS, GroupCommit, store_error

T = TypeVar("T")
# PostgreSQL. Eight web threads, a decider, a dispatcher and their keepers share the pool.
_POOL = 12
_WORK_POOL = 4
MOST_CONNECTIONS = 2 * _POOL + _WORK_POOL  # of one process, to the server
_POOL_WAIT_SECONDS = 5
_ATTEMPTS = 3
_SERIALIZATION = ("40001", "40P01")  # serialization_failure, deadlock_detected
_READ_ONLY = "25006"  # read_only_sql_transaction
_SERVER_OPTIONS: dict[str, Any] = {
    # A server that is away is an error within seconds: LINE waits no longer for its answer.
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # A machine that lost its power in mid-transaction holds its locks no longer than this; one
    # that waits for a lock gives up before its caller does.
    "options": "-c idle_in_transaction_session_timeout=40000 -c lock_timeout=8000 -c timezone=UTC",
    "application_name": "madoguchi",
    "client_encoding": "UTF8",  # whatever the server has: `migrate` says which it must have
}
# The queue is looked through by its indexes, whatever the statistics say: they are a minute old,
# and then it may hold ten thousand times as much. Nor need a plan be made anew for each event.
_BY_INDEX = (
    "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    " -c enable_sort=off -c jit=off -c plan_cache_mode=force_generic_plan"
)
_WORK_OPTIONS = (
    _SERVER_OPTIONS
    | {"options": f"{_SERVER_OPTIONS['options']} {_BY_INDEX}"}
    | {"prepare_threshold": 0}
)


class Database(Protocol):
    """Reads and writes by any thread. Every failure of the database itself is a StoreError."""

    @property
    def exclusive(self) -> bool:
        """True where no other process can have work in hand (SQLite, owned by this one)."""
        ...

    @property
    def commits_together(self) -> bool:
        """True where writes that wait at the same moment share a commit by themselves (SQLite)."""
        ...

    def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a transaction; returns its result when that is durable.

        If it raises, nothing of it is kept and its exception comes out. It may run beside others
        in one commit: it must be quick, and do nothing but talk to the database.
        """
        ...

    def work(self, function: Callable[[Connection], T], *, single: bool = False) -> T:
        """`write` for the inbox's own work: quicker, for statements that use an index each.

        `single`: each statement that writes may stand alone and be made again; what is read is not
        of one moment.
        """
        ...

    def read(self) -> Any:
        """`with db.read() as connection:` one consistent view, no writing."""
        ...

    def close(self) -> None:
        """Finish what is being written and let go of the file."""
        ...


def open_database(url: str, *, exclusive: bool = True, wait_seconds: float = 3.0) -> Database:
    """Open `sqlite:///path` or `postgresql://…`; the folder of a SQLite file is made.

    `exclusive`: own the SQLite file; a second owner is refused with StoreBusy after
    `wait_seconds` (a process just told to stop needs a moment). Open it after any fork: threads
    and locks do not cross one. Raises StoreError where it cannot be opened; an empty database is
    fine, see `bot.store.migrate`.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        parsed = None
    name = parsed.get_backend_name() if parsed is not None else ""
    if parsed is not None and name == "sqlite" and _is_file(parsed):
        return SqliteDatabase(parsed, exclusive, wait_seconds)
    if parsed is not None and name in ("postgresql", "postgres"):
        return ServerDatabase(parsed.set(drivername="postgresql+psycopg"))
    raise StoreError(
        "データベースの場所（MADOGUCHI_DATABASE_URL）が読み取れません。"
        "例：sqlite:///var/madoguchi.db"
    )


def _is_file(url: URL) -> bool:
    """Whether it names a file and nothing more: readers and writer open it each for themselves."""
    return bool(url.database) and url.database != ":memory:" and not url.query


class SqliteDatabase:
    """One file: readers side by side, one writer thread, every commit synced to disk."""

    commits_together = True

    def __init__(self, url: URL, exclusive: bool, wait_seconds: float) -> None:
        self.path = Path(url.database or "")
        self._lock = _own(self.path, wait_seconds) if exclusive else None
        self._write_engine = _sqlite_engine(url, "PRAGMA journal_mode=WAL")
        self._read_engine = _sqlite_engine(url, "PRAGMA query_only=ON")
        event.listen(self._read_engine, "begin", _begin)
        try:
            with self._write_engine.connect() as connection:
                # Shows that it is a database and takes writes.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
        except SQLAlchemyError as error:
            self._release()
            raise StoreError(
                f"データベース（{self.path}）を開けません。ファイルと書き込み権限を確認してください。"
            ) from store_error(error)
        self._writer = GroupCommit(self._write_engine)

    @property
    def exclusive(self) -> bool:
        return self._lock is not None

    def write(self, function: Callable[[Connection], T]) -> T:
        result: T = self._writer.run(function)
        return result

    def work(self, function: Callable[[Connection], T], *, single: bool = False) -> T:
        return self.write(function)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _connected(self._read_engine) as connection:
            yield connection

    def close(self) -> None:
        self._writer.close()
        self._write_engine.dispose()
        self._read_engine.dispose()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


class ServerDatabase:
    """PostgreSQL: any number of processes, a plain transaction for each write."""

    exclusive = False
    commits_together = False

    def __init__(self, url: URL) -> None:
        try:
            self._engine = _server_engine(url, _SERVER_OPTIONS, pool_size=_POOL, max_overflow=_POOL)
            # Its transactions are begun by name: what is one statement needs no way to the server
            # for the beginning and another for the end.
            self._work_engine = _server_engine(
                url,
                _WORK_OPTIONS,
                isolation_level="AUTOCOMMIT",
                pool_reset_on_return=None,
                pool_size=_WORK_POOL,
                max_overflow=0,
                pool_use_lifo=True,
            )
        except ImportError as error:
            raise StoreError(
                "PostgreSQLを使うには追加の部品が必要です。pip install 'psycopg[binary]' を実行してください。"
            ) from error

    def write(self, function: Callable[[Connection], T]) -> T:
        return _again(self._engine, function, begin=False, repeatable=False)

    def work(self, function: Callable[[Connection], T], *, single: bool = False) -> T:
        return _again(self._work_engine, function, begin=not single, repeatable=single)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _connected(self._engine) as connection:
            _wake(connection)
            yield connection

    def close(self) -> None:
        self._engine.dispose()
        self._work_engine.dispose()


def _again(
    engine: Engine, function: Callable[[Connection], T], *, begin: bool, repeatable: bool
) -> T:
    """Run `function` up to its commit, again where what stopped it may have passed."""
    for attempt in range(_ATTEMPTS):
        committing = False
        try:
            with _lent(engine) as connection:
                file = driver(connection)
                if begin:
                    file.execute("BEGIN")
                result = function(connection)
                committing = True
                file.commit()
                return result
        except SQLAlchemyError as error:
            # What never reached its commit is undone and may run again. A commit whose answer
            # was lost may stand: the caller decides, knowing what is safe to repeat.
            lost = committing and not repeatable
            if _state(error) == _READ_ONLY:
                # The server was put behind another one: its name may lead to that by now.
                engine.dispose()
            if lost or attempt == _ATTEMPTS - 1 or not _passing(error):
                raise store_error(error) from None
    raise AssertionError


@contextmanager
def _lent(engine: Engine) -> Iterator[Connection]:
    """A connection; what the driver itself raises is told to SQLAlchemy, so that it lets go of
    the connections that a restarted server has forgotten."""
    with engine.connect() as connection:
        connection.begin()  # so that it is rolled back at the end, unless it was committed
        try:
            yield connection
        except connection.dialect.loaded_dbapi.Error as error:
            lost = driver(connection).closed
            if lost:
                connection.invalidate()
                engine.dispose()
            raise DBAPIError(
                None, None, error, hide_parameters=True, connection_invalidated=lost
            ) from None


def _server_engine(url: URL, options: Mapping[str, Any], **more: Any) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        connect_args=options,
        pool_timeout=_POOL_WAIT_SECONDS,
        **more,
    )


def _passing(error: SQLAlchemyError) -> bool:
    """Whether the same transaction may succeed at once: an old connection, another's lock."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _state(error) in (*_SERIALIZATION, _READ_ONLY)


def _state(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's code of what went wrong."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _wake(connection: Connection) -> None:
    """Replace a pooled connection that died with a restart of the server, before it is used."""
    try:
        connection.exec_driver_sql("SELECT 1")
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        connection.rollback()
        connection.exec_driver_sql("SELECT 1")  # on a new one; a server still away raises


def _own(path: Path, wait_seconds: float) -> FileLock:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(path.with_name(path.name + ".lock"), wait_seconds)
    except OSError as error:
        raise StoreError(
            f"データベースのフォルダ（{path.parent}）に書き込めません。権限を確認してください。"
        ) from error


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise store_error(error) from None


def _sqlite_engine(url: URL, *pragmas: str) -> Engine:
    """An engine whose transactions we begin: the driver's own way begins too late to lock."""
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (
            f"PRAGMA busy_timeout={BUSY_MS}",
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            "PRAGMA secure_delete=ON",  # erased words leave no trace in free pages
            *pragmas,
        ):
            connection.execute(pragma)

    return engine


def _begin(connection: Connection) -> None:
    driver(connection).execute("BEGIN")
