"""A PostgreSQL server of the tests' own, where the programs are installed.

tests/conftest.py gives them to every test: `postgres_url` is a fresh empty database, `postgres` that
database opened and migrated. Imported by a module as well, each would be made for it anew, with a
server of its own.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.bench.postgres import Cluster, cluster, has_programs, missing
from bot.store.database import Database, open_database
from bot.store.migrate import migrate

_numbers = itertools.count(1)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A server of its own; skips where there is none to be had, but never in CI."""
    if what := missing():
        if os.environ.get("CI") == "true" and has_programs():
            pytest.fail(f"PostgreSQLの試験に {what} が要ります")
        pytest.skip(f"PostgreSQLの試験はしません：{what} がありません")
    with ExitStack() as stack:
        try:
            found = stack.enter_context(cluster())
        except RuntimeError as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"PostgreSQLの試験はしません：始められませんでした（{error}）")
        yield found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The server's socket directory; skips where there is no PostgreSQL or no psycopg."""
    with own_cluster() as found:
        yield str(found.folder)


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh, empty database."""
    with new_database(postgres_server) as url:
        yield url


@contextmanager
def new_database(postgres_server: str) -> Iterator[str]:
    """A database of its own on the tests' server, dropped at the end."""
    name = f"test_{next(_numbers)}"
    server = Cluster(Path(postgres_server))
    yield server.create(name)
    server.drop(name)


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
