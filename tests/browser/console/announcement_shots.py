"""Pictures of the announcement pages for docs/staff-guide.md; `tests.browser.console.shots` calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from bot.config import REPOSITORY
from bot.store.staff import Role
from tests.console.office import Desk, Office
from tests.console.test_announcements import approved, kept
from tests.console.test_announcements import page as path_of

TEMPLATE = REPOSITORY / "docs/examples/template-evacuation.yaml"
FILLED = "name=避難の呼びかけ&b-地区=南大沢&b-理由=川の水位が上がっています"
CARD: dict[str, Any] = {
    "m-ja-1-type": "card",
    "m-ja-1-title": "スマホ教室の申し込み",
    "m-ja-1-text": "ネットか電話で申し込めます。",
    "m-ja-1-link-0-label": "申し込む",
    "m-ja-1-link-0-url": "https://www.city.example.jp/class",
}


def prepare(office: Office) -> dict[str, int]:
    """Residents, and announcements in every state that is shown: state -> id."""
    office.residents()
    editor, approver = Desk(office), Desk(office)
    for desk, name, role in ((editor, "太郎", Role.EDITOR), (approver, "係長", Role.APPROVER)):
        office.person(name, role)
        desk.sign_in(name)
    numbers = {"sent": approved(office, editor, approver, title="教室の会場が変わりました")}
    approver.post(path_of(numbers["sent"], "send"))
    office.deliver()
    repeat = {"when": "repeat", "every": "weekly", "weekdays": ["mon", "thu"], "at": "10:00"}
    numbers["planned"] = approved(
        office, editor, approver, title="市税の納期限が近づきました", **repeat
    )
    approver.post(path_of(numbers["planned"], "send"))
    numbers["waiting"] = kept(editor, title="スマホ教室の参加者募集", **CARD)
    editor.post(path_of(numbers["waiting"], "submit"))
    editor.post("/staff/announcements/templates", {"source": TEMPLATE.read_text("utf-8")})
    return numbers


def tour(page: Page, address: str, numbers: dict[str, int], shoot: Callable[[str], object]) -> None:
    """Take the pictures; who is signed in may approve."""
    for name, path in (
        ("announcements", "/staff/announcements/"),
        ("announcement-approve", path_of(numbers["waiting"], "approve")),
        ("announcement-sent", path_of(numbers["sent"])),
        ("announcement-calendar", "/staff/announcements/calendar"),
        ("announcement-template", f"/staff/announcements/template?{FILLED}"),
    ):
        page.goto(address + path)
        shoot(f"staff-{name}.png")
    page.goto(f"{address}/staff/announcements/new")
    page.get_by_label(re.compile("^題")).fill("休日の窓口を開きます")
    page.get_by_label("保存した条件").last.select_option("図書館・施設")
    page.get_by_label(re.compile("^文")).fill("11月29日（月）の午前に、市役所の窓口を開きます。")
    page.locator("#b-m-ja-0-text p").wait_for()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    shoot("staff-announcement-compose.png")
