"""The first half of `serve`: content and the answering process, before web and store."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bot.app import EXTENSION, Running, create_app
from bot.config import REPOSITORY
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
        assert version_kept(running) == running.publisher.current().content.version
        assert "図書館" in ask(Town(app, line), "図書館カードを作りたい")
    finally:
        running.close()


def test_broken_files_wait_for_the_store_whose_version_of_before_answers(tmp_path: Path) -> None:
    with town(tmp_path):
        pass  # a good version is kept
    mine = settings(tmp_path)
    broken = replaced(COMMON, "answer:", "anser:")
    (tmp_path / LIFE).write_text(broken, "utf-8")
    assert begin([mine]) is None
    app = create_app(mine, line=(line := FakeLine()), apart=True)
    running: Running = app.extensions[EXTENSION]
    try:
        assert running.publisher.problems
        assert "図書館" in ask(Town(app, line), "図書館カードを作りたい")
    finally:
        running.close()
