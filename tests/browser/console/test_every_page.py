"""axe-core, names, contrast and width on every page there is, also those added later."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from bot.store import segment_sizes
from bot.store.staff import Role
from tests.browser.conftest import serving
from tests.browser.console.accessible import problems
from tests.browser.console.conftest import Enter
from tests.browser.console.test_console import missed
from tests.console.office import Office
from tests.console.segment_town import add_segments
from tests.console.test_images import add as add_image
from tests.segments import resident
from tests.services.test_images import photo
from tests.web.settings_town import SettingsTown

LIFE = "knowledge/common/life.yaml"
ITEM = f"/staff/content/item?path={LIFE}&item=library-card"
# Where an address alone shows nothing: what to open instead.
OPENED = {
    "staff.editor.item": [ITEM],
    "staff.editor.new": [f"/staff/content/new?path={LIFE}"],
    "staff.editor.text": [f"/staff/content/text?path={LIFE}"],
    "staff.content.page": ["/staff/content/", f"/staff/content/?file={LIFE}"],
    "staff.history.one": ["/staff/content/history/1"],
    "staff.reading.page": [
        f"/staff/content/read?path={LIFE}&item=library-card",
        "/staff/content/read?path=intents/emergencies.yaml",
    ],
    "staff.home.missing": ["/staff/nothing-here"],
    "staff.people.one": ["/staff/people/1"],
    "staff.segments.one": ["/staff/segments/one?name=児童手当の手続き"],
    "staff.stats.page": ["/staff/stats/?days=7"],
}
# Looked at elsewhere: signing in, and announcements in each of their states (test_announcing.py).
ELSEWHERE = {
    "sign_in": {"page", "code", "confirm"},
    "announcements": None,
    "composing": None,
    "steps": None,
    "templates": None,
    "testers": None,
}


def paths(office: Office) -> list[str]:
    """Every page of the console, and one that is not there."""
    found = []
    for rule in office.app.url_map.iter_rules():
        staff, _, name = rule.endpoint.partition(".")
        noun, _, view = name.partition(".")
        files = rule.rule.endswith((".csv", "<name>"))
        elsewhere = noun in ELSEWHERE and view in (ELSEWHERE[noun] or {view})
        if staff != "staff" or "GET" not in (rule.methods or ()) or files or elsewhere:
            continue
        assert rule.endpoint in OPENED or not rule.arguments, f"{rule.endpoint}: what to open?"
        found += OPENED.get(rule.endpoint, [rule.rule])
    return sorted(found)


def fill(office: Office) -> None:
    """Something to see on every page."""
    missed(office, "本を借りるためのパス")
    add_segments(office)
    answer = add_image(office.signed_in(Role.EDITOR), photo())
    OPENED["staff.images.one"] = [answer.location]
    day = office.now().date().isoformat()
    sizes = {"児童手当の手続き": (120, 120), "防災のお知らせ": (0, 4)}
    office.db.write(lambda c: segment_sizes.keep(c, day, sizes))


def test_every_page_of_the_console_is_accessible_and_narrow(enter: Enter, office: Office) -> None:
    fill(office)
    page = enter("/staff/", name="課長")
    start = page.url.split("/staff/")[0]
    found = {}
    walked = paths(office)
    assert len(walked) > 18
    for path in walked:
        page.goto(start + path)
        found[path] = problems(page)
        button = page.locator("#editor button[value=changes]")
        if button.count() and "/new?" not in path:
            button.click()
            expect(page.locator("#h-report")).to_be_visible()
            found[f"{path} with results"] = problems(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_segment_builder_with_every_kind_of_condition_is_accessible_and_narrow(
    enter: Enter, office: Office
) -> None:
    add_segments(office)
    page = enter("/staff/segments/new")
    for kind in page.get_by_label("足す条件").locator("option").all_inner_texts():
        page.get_by_label("足す条件").select_option(kind)
        page.get_by_role("button", name="条件を足す").click()
    page.get_by_role("button", name="まとまりを足す").click()
    page.get_by_role("button", name="保存して公開する").click()
    expect(page.get_by_role("alert")).to_contain_text("まだ保存していません")
    expect(page.locator(".beside p")).to_have_count(7)
    assert problems(page) == []


def test_chat_is_accessible_and_narrow(browse: Enter) -> None:
    page = browse("/chat")
    assert problems(page) == []
    page.get_by_label("質問を入力").fill("図書館カードを作りたい")
    page.keyboard.press("Enter")
    page.locator(".exchange").nth(1).wait_for()
    assert problems(page) == []


def test_settings_of_a_resident_are_accessible_and_narrow(browser: Browser, tmp_path: Path) -> None:
    town = SettingsTown(tmp_path, secure=False)
    town.choose(resident(topics=["disaster"], children=["2024-05"]))
    with serving(town.app) as address:
        page: Page = browser.new_page(base_url=address, locale="ja-JP")
        page.goto(town.link())
        assert problems(page) == []
        page.get_by_role("button", name="設定をひらく").click()
        expect(page.get_by_role("button", name="保存する")).to_be_visible()
        assert problems(page) == []
        page.get_by_role("group", name="1人目").get_by_label("月").select_option("")
        page.get_by_role("button", name="保存する").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert problems(page) == []
        page.close()
    town.db.close()
