"""The first half of `serve`: content and the answering process, before web and store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import EXTENSION, Running, create_app
from bot.config import REPOSITORY
from bot.line.events import parse_event
from bot.services.apart import Asked
from bot.store import versions
from bot.wiring.beginning import begin
from tests.builders import COMMON, replaced
from tests.fakes.line import FakeLine
from tests.services.builders import text_event
from tests.web.running import Town, settings, town

LIFE = "knowledge/common/life.yaml"
NOT_NEEDED = {"flask", "sqlalchemy", "alembic", "PIL", "wtforms", "pycurl"}


def version_kept(running: Running) -> str | None:
    with running.db.read() as connection:
        found = versions.last_good(connection)
    return found.hash if found else None


def ask(app_town: Town, words: str) -> str:
    """What a resident is answered."""
    assert app_town.deliver(text_event(words)).status_code == 200
    deadline = time.monotonic() + 20
    while not app_town.line.sent:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return str(app_town.line.sent[-1].messages)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_the_answering_process_is_forked_before_web_and_store_are_imported() -> None:
    script = "import sys, bot.wiring.beginning; print(*{n.split('.')[0] for n in sys.modules})"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, cwd=REPOSITORY
    )
    assert not NOT_NEEDED & set(told.stdout.decode().split())


def test_what_was_begun_answers_and_is_kept_once_there_is_a_store(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    begun = begin([mine])
    assert begun is not None and begun.answering is not None
    app = create_app(mine, line=(line := FakeLine()), begun=begun)
    running: Running = app.extensions[EXTENSION]
    try:
        assert running.answering is begun.answering
        version = running.publisher.current().content.version
        until(lambda: version_kept(running) == version)
        assert "図書館" in ask(Town(app, line), "図書館カードを作りたい")
    finally:
        running.close()


def test_broken_files_wait_for_the_store_whose_version_of_before_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with town(tmp_path):
        pass  # a good version is kept
    mine = settings(tmp_path)
    broken = replaced(COMMON, "answer:", "anser:")
    (tmp_path / LIFE).write_text(broken, "utf-8")
    begun = begin([mine])
    assert begun is not None and not begun.loaded
    app = create_app(mine, line=(line := FakeLine()), apart=True, begun=begun)
    running: Running = app.extensions[EXTENSION]
    try:
        assert running.publisher.problems
        assert [each.message for each in caplog.records].count("content refused") == 1
        assert running.answering is not None
        assert "図書館" in ask(Town(app, line), "図書館カードを作りたい")
    finally:
        running.close()


def test_killed_it_is_begun_again_as_a_program_with_the_content_in_force(tmp_path: Path) -> None:
    mine = settings(tmp_path)
    begun = begin([mine])
    assert begun is not None and begun.answering is not None
    process, publisher = begun.answering, begun.publishers[mine.madoguchi_content_dir]
    event = parse_event(text_event("図書館カードを作りたい"))
    asked = Asked(mine.account, event, None, datetime.now(UTC))
    pids = [process.pid]
    try:
        for place in ("駅前の図書館", "山の図書館"):
            os.kill(pids[-1], signal.SIGKILL)
            assert process.ask(asked)() is None  # whoever asked answers
            assert process.lost
            # What is new in the meantime is told to the new one, too.
            new = replaced(COMMON, "図書館の窓口で作れます", f"{place}で作れます")
            (tmp_path / LIFE).write_text(new, "utf-8")
            publisher.load()
            until(lambda: not process.lost)
            answered = process.ask(asked)()
            assert answered is not None
            assert place in str(json.loads(answered.as_json() or "[]"))
            assert process.pid not in pids
            pids.append(process.pid)
        # Told to stop with its maker's whole group, it waits for its maker's end.
        os.kill(pids[-1], signal.SIGTERM)
        assert process.ask(asked)() is not None
    finally:
        process.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_one_that_cannot_be_begun_is_tried_again_and_closing_ends_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.answering_process._REST_SECONDS", 0.05)
    mine = settings(tmp_path)
    begun = begin([mine])
    assert begun is not None and begun.answering is not None
    process = begun.answering
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    asked = Asked(mine.account, parse_event(text_event("こんにちは")), None, datetime.now(UTC))
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    assert process.ask(asked)() is None
    until(lambda: sum("not begun" in each.message for each in caplog.records) >= 2)
    assert process.lost
    process.close()
