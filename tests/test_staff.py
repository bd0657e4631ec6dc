"""The console is made by the first who asks for it, and is then there for everybody."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from bot.app import create_app
from bot.config import REPOSITORY
from bot.errors import SettingsError
from bot.wiring.staff import STAFF, Staff, open_staff
from tests.web.running import settings, town

RARELY_NEEDED = {"bot.console.create", "bot.wiring.console", "PIL", "segno", "pyotp"}


def test_a_start_imports_nothing_that_only_staff_need() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import sys, bot.app; print(*sys.modules)"],
        capture_output=True,
        check=True,
        cwd=REPOSITORY,
    )
    assert not RARELY_NEEDED & set(told.stdout.decode().split())


def test_a_wrong_setting_of_the_console_is_said_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADOGUCHI_PROXIES", "many")
    with pytest.raises(SettingsError, match="MADOGUCHI_PROXIES"):
        create_app(settings(tmp_path))


def test_the_first_page_is_there_for_all_who_ask_at_once(tmp_path: Path) -> None:
    with town(tmp_path) as running:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: _sign_in(running.app), range(4)))
        assert [status for status, _ in answers] == [200] * 4
        assert all("パスワード" in text for _, text in answers)
        made: Staff = running.app.extensions[STAFF]
        assert made.app is made.app
        assert running.app.test_client().get("/staff").status_code == 308
        assert running.app.test_client().get("/staff/nothing-here").status_code in (303, 404)
        numbers = running.app.test_client().get("/metrics").text
        assert 'endpoint="staff.sign_in.page",status="200"' in numbers


def _sign_in(app: Flask) -> tuple[int, str]:
    answer = app.test_client().get("/staff/login")
    return answer.status_code, answer.text


@pytest.mark.parametrize("path", ["/", "/staffroom", "/staf", "/chat/staff/", "//staff/"])
def test_what_is_not_below_its_address_is_not_the_consoles(path: str) -> None:
    app = Flask("place")
    app.add_url_rule("/<path:any>", view_func=lambda any: "not staff", endpoint="any")
    app.add_url_rule("/", view_func=lambda: "not staff", endpoint="root")
    open_staff(app, Staff(lambda: Flask("console")))
    assert "not staff" in app.test_client().get(path, follow_redirects=True).text


def test_one_that_cannot_be_made_is_tried_again_by_the_next() -> None:
    made = [ValueError("the first time"), Flask("console")]

    def make() -> Flask:
        now = made.pop(0)
        if isinstance(now, ValueError):
            raise now
        return now

    staff = Staff(make)
    with pytest.raises(ValueError, match="the first time"):
        _ = staff.app
    assert staff.app.name == "console"
