"""Pictures for docs/staff-guide.md: python -m tests.browser.console.shots [FOLDER]."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bot.services.people import People
from bot.store import questions
from bot.store.questions import Question
from bot.store.staff import Role
from tests.browser.conftest import CHROMIUM, serving
from tests.browser.console import learning_shots, number_shots
from tests.browser.console.announcement_shots import prepare, tour
from tests.console.office import PASSWORD, Office

ROOT = Path(__file__).parents[3]
LIFE = "knowledge/common/life.yaml"
ITEM = f"/staff/content/item?path={LIFE}&item=library-card"
# What a small city's residents asked: words, outcome, nearest entry, how often.
ASKED = (
    ("図書館カードを作りたい", "answer", "library-card", 64),
    ("自転車の登録をしたい", "answer", "bicycle-registration", 38),
    ("船の切符", "answer", "minato-ferry", 21),
    ("読書のパスポート", "fallback", "library-card", 12),
    ("犬の登録はどこでできますか", "fallback", "bicycle-registration", 9),
    ("犬を登録したい", "choices", "bicycle-registration", 7),
)


def main(folder: Path) -> None:
    """Write staff-*.png into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp())
    office = Office(home, real_time=True)
    try:
        office.person("花子", Role.EDITOR)
        office.person("課長", Role.ADMIN)
        _ask(office)
        with serving(office.app) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=str(CHROMIUM), args=["--no-sandbox"]
            )
            page = browser.new_page(
                viewport={"width": 1200, "height": 860}, locale="ja-JP", reduced_motion="reduce"
            )
            _tour(page, address, office, lambda name: page.screenshot(path=folder / name))
            browser.close()
    finally:
        office.close()
        shutil.rmtree(home)


def _tour(page: Page, address: str, office: Office, shoot: Callable[[str], object]) -> None:
    People(office.db, office.now).reset_second_factor("課長")
    page.goto(f"{address}/staff/login")
    shoot("staff-login.png")
    _sign_in(page, "課長")
    page.evaluate("scrollTo(0, 0)")
    shoot("staff-second-factor.png")
    secret = page.locator(".key code").inner_text().replace(" ", "")
    page.get_by_label("6けたの番号").fill(office.code(secret))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="サインアウト").wait_for()
    page.goto(f"{address}/staff/people/")
    shoot("staff-people.png")
    numbers = prepare(office)
    tour(page, address, numbers, shoot)
    number_shots.prepare(office, numbers["sent"])
    learning_shots.prepare(office)
    page.get_by_role("button", name="サインアウト").click()
    _sign_in(page, "花子")
    page.get_by_role("button", name="サインアウト").wait_for()
    for name, path in (
        ("staff-home.png", "/staff/"),
        ("staff-content.png", f"/staff/content/?file={LIFE}"),
        ("staff-questions.png", "/staff/questions/"),
        ("staff-stats.png", "/staff/stats/"),
        ("staff-sheets.png", "/staff/content/sheets"),
    ):
        page.goto(address + path)
        shoot(name)
    number_shots.tour(page, address, shoot)
    learning_shots.tour(page, address, shoot)
    _edit(page, address, shoot)


def _edit(page: Page, address: str, shoot: Callable[[str], object]) -> None:
    page.goto(f"{address}{ITEM}&add=読書のパスポート")
    page.get_by_role("button", name="保存すると何が変わるか").click()
    page.locator("#h-report").wait_for()
    page.evaluate("scrollTo(0, 0)")
    shoot("staff-item.png")
    page.get_by_label("変更の理由").fill("住民の言い方を足した")
    page.get_by_role("button", name="保存して公開する").click()
    page.get_by_role("status").wait_for()
    page.goto(f"{address}/staff/content/history/1")
    shoot("staff-version.png")
    page.goto(f"{address}/staff/content/text?path={LIFE}&line=32")
    source = page.get_by_label("ファイルの文（YAML）")
    source.fill(source.input_value().replace("topic: safety", "topic: なにか"))
    page.get_by_role("button", name="点検する").last.click()
    page.locator(".code .bad").wait_for()
    page.evaluate("scrollTo(0, 0)")
    shoot("staff-text.png")


def _sign_in(page: Page, name: str) -> None:
    page.get_by_label("名前").fill(name)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/**")
    page.locator("h1").wait_for()


def _ask(office: Office) -> None:
    today = office.now().date()
    rows = []
    for text, outcome, near, times in ASKED:
        for number in range(times):
            day = (today - timedelta(days=number * 7 % 29)).isoformat()
            rows.append(Question(f"{text}{number}", day, text, outcome, (near,)))
    office.db.write(lambda c: questions.add(c, rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
