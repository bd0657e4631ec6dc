"""`madoguchi worker` as a whole, in this process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bot.config import Settings
from bot.store.database import open_database
from bot.wiring.worker import WorkerProcess
from tests.web.running import settings


def unreachable(folder: Path) -> Settings:
    """A city whose LINE is not there."""
    url = f"sqlite:///{folder}/test.db"
    return settings(folder, madoguchi_database_url=url, line_api_base="http://127.0.0.1:9")


def test_a_worker_ends_once_a_newer_version_has_changed_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An upgrade with an old worker running: it must not write into tables it does not know."""
    monkeypatch.setattr("bot.wiring.worker.BEAT_SECONDS", 0.05)
    mine = unreachable(tmp_path)
    process = WorkerProcess((mine,))
    newer = open_database(mine.madoguchi_database_url, exclusive=False)
    newer.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    assert process.run(threading.Event()) is False
    newer.close()
    (said,) = [each for each in caplog.records if each.levelname == "CRITICAL"]
    assert said.getMessage() == "database of another version"


def test_a_worker_told_to_stop_ends_well(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    process = WorkerProcess((unreachable(tmp_path),))
    assert process.run(stop) is True
