"""What many tests share: the day it is, the shipped content, a tokeniser."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.config import REPOSITORY
from bot.content.loader import Loaded, load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.services.library import Library, Terms
from bot.store.database import Database
from tests.postgres import (  # noqa: F401
    emptied,
    postgres,
    postgres_server,
    postgres_url,
    shared_postgres,
)
from tests.store.builders import opened

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)  # noon in Japan


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests must not reach them."""
    for name in (
        "MADOGUCHI_CITY",
        "MADOGUCHI_CONTENT_DIR",
        "MADOGUCHI_DEMO",
        "MADOGUCHI_PRIVACY_URL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """What a command sets for its process's logs ends with the test."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    handlers, level, ours_level = root.handlers[:], root.level, ours.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    ours.setLevel(ours_level)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The directory with the shipped intents/ and knowledge/."""
    return REPOSITORY


@pytest.fixture(scope="session")
def tokenizer() -> SudachiTokenizer:
    """The real tokeniser, loaded once."""
    return SudachiTokenizer()


@pytest.fixture(scope="session")
def shipped(repository: Path) -> Loaded:
    """The shipped content as the loader reads it."""
    return load(read_files(repository))


@pytest.fixture(scope="session")
def library(shipped: Loaded, tokenizer: SudachiTokenizer) -> Library:
    """The shipped content with its matchers, each built on first use."""
    return Library(shipped.draft, tokenizer, Terms(), shipped.segments)


@pytest.fixture
def sqlite_db(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with all tables, in `tmp_path/test.db`."""
    db = opened(tmp_path)
    yield db
    db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Database:
    """An empty database with all tables; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        database: Database = request.getfixturevalue("sqlite_db")
        return database
    return emptied(request.getfixturevalue("shared_postgres"))
