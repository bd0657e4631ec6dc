"""A PostgreSQL server of the tests' own, where the programs are installed.

`from tests.postgres import postgres, postgres_url  # noqa: F401` gives a module the fixtures:
`postgres_url` is a fresh empty database, `postgres` that database opened and migrated.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.store.database import Database, open_database
from bot.store.migrate import migrate

_numbers = itertools.count(1)
_USERS = ("postgres", "nobody")  # the server refuses to run as root


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The server's socket directory; skips where there is no PostgreSQL or no psycopg."""
    missing = _missing()
    if missing:
        if os.environ.get("CI") == "true" and _program("initdb") is not None:
            pytest.fail(f"PostgreSQLの試験に {missing} が要ります")
        pytest.skip(f"PostgreSQLの試験はしません：{missing} がありません")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    try:
        _own(folder)
        with _running(folder):
            yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    with new_database(postgres_server) as url:
        yield url


@contextmanager
def new_database(postgres_server: str) -> Iterator[str]:
    """A database of its own on the tests' server, dropped at the end."""
    import psycopg

    name = f"test_{next(_numbers)}"
    with psycopg.connect(host=postgres_server, user="test", dbname="postgres") as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://test@/{name}?host={postgres_server}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[Database]:
    """A fresh database with all tables."""
    db = open_database(postgres_url)
    migrate(db)
    yield db
    db.close()


@pytest.fixture(scope="session")
def shared_postgres(postgres_server: str) -> Iterator[Database]:
    """A migrated database that many tests use one after another; `emptied` makes it fresh."""
    with new_database(postgres_server) as url:
        db = open_database(url)
        migrate(db)
        yield db
        db.close()


def emptied(db: Database) -> Database:
    """The database without its rows, as a migration leaves it."""
    with db.read() as connection:
        tables = set(inspect(connection).get_table_names())
    names = ", ".join(sorted(tables - {"installation_keys", "alembic_version"}))
    db.write(lambda c: c.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY"))
    return db


def _missing() -> str:
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg"
    if _program("initdb") is None or _program("pg_ctl") is None:
        return "initdb・pg_ctl"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "setpriv"
    return ""


def _program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


def _user() -> pwd.struct_passwd | None:
    """Who runs the server: nobody in particular where we are root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next(known[name] for name in _USERS if name in known)


def _own(folder: Path) -> None:
    if (user := _user()) is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)


def _run(folder: Path, program: str, *arguments: str) -> None:
    command = [_program(program) or program, *arguments]
    if (user := _user()) is not None:
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        command = ["setpriv", *ids, *command]
    # Not a pipe: the server would keep it open and we would wait for its end for ever.
    log = folder / "commands.log"
    with log.open("ab") as output:
        environment = os.environ | {"LC_ALL": "C", "HOME": str(folder)}
        done = subprocess.run(
            command, stdout=output, stderr=output, cwd=folder, env=environment, timeout=120
        )
    if done.returncode != 0:
        raise RuntimeError(f"{program}: {log.read_text(errors='replace')[-2000:]}")


class _running:
    """initdb, start, and at the end stop the server of this folder and no other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, str(folder / "data")

    def __enter__(self) -> None:
        try:
            setup = ["--username=test", "--auth=trust", "--encoding=UTF8", "--no-sync"]
            _run(self.folder, "initdb", "--pgdata", self.data, *setup)
            options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
            log = str(self.folder / "server.log")
            _run(self.folder, "pg_ctl", "start", "-w", "-D", self.data, "-l", log, "-o", options)
        except Exception as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQLの試験はしません：始められませんでした（{error}）")

    def __exit__(self, *_: object) -> None:
        _run(self.folder, "pg_ctl", "stop", "-D", self.data, "-m", "immediate")
