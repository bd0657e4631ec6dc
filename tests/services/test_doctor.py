"""What doctor and a start say of a PostgreSQL server that is not as it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from bot.bench.postgres import Cluster
from bot.errors import StoreVersion
from bot.services.doctor import Finding, Mark, check_database
from bot.store import pulse
from bot.store.database import open_database
from bot.store.migrate import migrate
from tests.postgres import new_database


def now() -> datetime:
    return datetime.now(UTC)


def checked(url: str, clock: Callable[[], datetime] = now) -> dict[str, Finding]:
    found = check_database(url, lambda: open_database(url, exclusive=False), clock)
    return {each.name: each for each in found}


@contextmanager
def database_in(postgres_server: str, encoding: str) -> Iterator[str]:
    server, name = Cluster(Path(postgres_server)), f"in_{encoding.lower()}"
    locale = f"ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    server._psql(f"CREATE DATABASE {name} {locale}")
    yield server.url(name)
    server.drop(name)


@pytest.mark.parametrize("encoding", ["EUC_JP", "LATIN1", "SQL_ASCII"])
def test_a_database_in_another_encoding_is_refused_with_the_way_out(
    postgres_server: str, encoding: str
) -> None:
    """An emoji could never be kept there, and LINE would deliver it again and again."""
    with database_in(postgres_server, encoding) as url:
        db = open_database(url)
        with pytest.raises(StoreVersion, match=f"{encoding} .*--encoding=UTF8"):
            migrate(db)
        with db.read() as connection:
            assert inspect(connection).get_table_names() == []
        db.close()
        found = checked(url)
        assert list(found) == ["データベース"]
        assert found["データベース"].mark is Mark.BAD and encoding in found["データベース"].text


def test_a_copy_that_takes_no_writes_is_named_as_what_it_may_be(postgres_server: str) -> None:
    with new_database(postgres_server) as url:
        db = open_database(url)
        migrate(db)
        db.write(
            lambda c: c.exec_driver_sql(
                f"ALTER DATABASE {url.split('/')[3].split('?')[0]}"
                " SET default_transaction_read_only = on"
            )
        )
        db.close()
        found = checked(url)["データベースへの書き込み"]
        assert found.mark is Mark.BAD and "読み取り専用の複製" in found.advice
        assert "（読み取り専用のサーバーです：" in found.text


def test_a_server_that_is_not_there_is_bad_and_says_what_to_look_at() -> None:
    found = checked("postgresql://nobody@127.0.0.1:9/nothing")
    assert [each.mark for each in found.values()] == [Mark.BAD]
    assert "サーバーが動いているか" in next(iter(found.values())).advice


@pytest.mark.parametrize(
    ("minutes", "mark"), [(0.0, Mark.GOOD), (0.2, Mark.WARN), (-3.0, Mark.BAD)]
)
def test_the_databases_clock_is_compared_with_ours(
    postgres_url: str, minutes: float, mark: Mark
) -> None:
    """It alone counts: of what is late, and of when an announcement goes out."""
    found = checked(postgres_url, lambda: now() + timedelta(minutes=minutes))
    assert found["データベースの時計"].mark is mark


def test_a_file_has_no_clock_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    db = open_database(url)
    migrate(db)
    db.close()
    assert "データベースの時計" not in checked(url)


@pytest.mark.parametrize(
    ("days", "mark", "said"),
    [(None, Mark.WARN, "まだ取って"), (1, Mark.GOOD, "最後は"), (3, Mark.WARN, "最後は")],
)
def test_the_last_backup_is_told(tmp_path: Path, days: int | None, mark: Mark, said: str) -> None:
    url = f"sqlite:///{tmp_path}/test.db"
    db = open_database(url)
    migrate(db)
    if days is not None:
        at = int((now() - timedelta(days=days)).timestamp() * 1000)
        db.write(lambda c: pulse.beat(c, at, pulse.BACKUP))
    db.close()
    found = checked(url)["控え"]
    assert found.mark is mark and said in found.text


def test_a_server_with_few_connections_left_is_a_warning_that_says_how_many_it_takes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests' server takes 200; one process of ours uses up to 28."""
    found = checked(postgres_url)["データベースへの接続"]
    assert found.mark is Mark.GOOD and "28本" in found.text
    monkeypatch.setattr("bot.services.doctor.MOST_CONNECTIONS", 198)
    found = checked(postgres_url)["データベースへの接続"]
    assert found.mark is Mark.WARN and "max_connections" in found.advice
