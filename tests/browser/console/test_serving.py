"""The application as `serve` starts it: an announcement goes from the browser to LINE's stand-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from bot.app import EXTENSION, create_app
from bot.config import REPOSITORY, Settings
from bot.core.attributes import Attributes
from bot.services.people import People
from bot.store import attributes
from bot.store.staff import Role
from tests import builders
from tests.browser.conftest import serving
from tests.console.office import PASSWORD
from tests.fakes.line_http import TOKEN, LineHttp
from tests.services.announcing import bystanders, uid

SEGMENTS = "intents/segments.yaml"
GETTERS = {uid(number) for number in range(7)}
# The shipped choices, the districts those of the town's cities.
CHOICES = (
    (REPOSITORY / SEGMENTS)
    .read_text("utf-8")
    .replace("city: hachinohe", "city: minato")
    .replace("city: hachioji", "city: yamate")
)


@pytest.fixture
def line() -> Iterator[LineHttp]:
    """LINE's stand-in."""
    with LineHttp() as line:
        yield line


@pytest.fixture
def app(tmp_path: Path, line: LineHttp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Everything that `serve` runs, the sending of announcements with it."""
    monkeypatch.setattr("bot.line.reach.Reach._ask", lambda self, url: None)
    settings = Settings(
        madoguchi_city="minato",
        madoguchi_database_url=f"sqlite:///{tmp_path}/serve.db",
        madoguchi_content_dir=builders.write(
            tmp_path / "content", builders.content({SEGMENTS: CHOICES})
        ),
        madoguchi_cache_dir=tmp_path / "cache",
        line_channel_secret="s" * 32,
        line_channel_access_token=TOKEN,
        line_api_base=line.url,
        line_data_api_base=line.url,
    )
    app = create_app(settings)
    running = app.extensions[EXTENSION]
    chosen = Attributes(topics=frozenset({"smartphone_class"}))
    running.db.write(lambda c: attributes.save_many(c, dict.fromkeys(GETTERS, chosen), 0))
    bystanders(running.db)
    yield app
    running.close()


def sign_in(browser: Browser, app: Flask, address: str, name: str, role: Role) -> Page:
    db = app.extensions[EXTENSION].db
    people = People(db, lambda: datetime.now(UTC))
    people.add(name, role.value, PASSWORD, [], "試験")
    page = browser.new_context(locale="ja-JP").new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{address}/staff/announcements/")
    page.get_by_label("名前").fill(name)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    if role is not Role.EDITOR:
        secret = page.locator(".key code").inner_text().replace(" ", "")
        page.get_by_label("6けたの番号").fill(pyotp.TOTP(secret).now())
        page.keyboard.press("Enter")
    page.get_by_role("button", name="サインアウト").wait_for()
    return page


def state(page: Page, words: str) -> None:
    expect(page.locator(".state").first).to_have_text(words)


def test_from_the_browser_to_line_and_corrected(
    browser: Browser, app: Flask, line: LineHttp
) -> None:
    with serving(app) as address:
        editor = sign_in(browser, app, address, "花子", Role.EDITOR)
        approver = sign_in(browser, app, address, "係長", Role.APPROVER)
        editor.get_by_role("link", name="新しいお知らせ").click()
        editor.get_by_label(re.compile("^題")).fill("スマホ教室")
        editor.get_by_label("条件を書く", exact=True).check()
        editor.locator("summary", has_text="条件を書く").click()
        editor.get_by_label("条件（YAML）").fill("{topics: {any: [smartphone_class]}}")
        editor.get_by_label(re.compile("^文")).fill("スマホ教室を開きます。")
        editor.get_by_role("button", name="下書きを保存する").click()
        editor.get_by_role("button", name="承認を頼む").click()
        state(editor, "承認待ち")

        def approve() -> None:
            approver.goto(editor.url)
            approver.get_by_role("link", name="読んで承認する・差し戻す").click()
            approver.get_by_role("button", name="承認する", exact=True).click()

        approve()
        approver.get_by_role("link", name="送る", exact=True).click()
        approver.get_by_role("button", name="7人に送る").click()
        state(approver, "配信ずみ")  # the page finds out by itself
        assert dict(line.got) == dict.fromkeys(GETTERS, 1) and not line.doubles
        editor.reload()
        editor.get_by_role("link", name="訂正を出す").click()
        editor.get_by_label(re.compile("^文")).fill("会場は中央公民館です。")
        editor.get_by_role("button", name="訂正を出し、承認を頼む").click()
        state(editor, "承認待ち")
        approve()
        state(approver, "配信ずみ")
        assert dict(line.got) == dict.fromkeys(GETTERS, 2) and not line.doubles
        approver.context.close()
        editor.context.close()
