"""The settings page in a real browser: keyboard alone, without JavaScript, on a small phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.core.attributes import Profile
from tests.browser.conftest import serving
from tests.browser.test_chat_page import CONTRAST, overflow
from tests.segments import resident
from tests.web.settings_town import SettingsTown


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[SettingsTown]:
    town = SettingsTown(tmp_path, secure=False)
    yield town
    town.db.close()


@pytest.fixture
def page(browser: Browser, settings: SettingsTown) -> Iterator[Page]:
    """A phone of 320 px without JavaScript, at the door of the settings."""
    with serving(settings.app) as address:
        context = browser.new_context(
            locale="ja-JP",
            java_script_enabled=False,
            viewport={"width": 320, "height": 640},
            base_url=address,
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto(settings.link())
        yield page
        context.close()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with that label has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said: str = page.evaluate(
            "(e => e.labels && e.labels.length ? e.labels[0].innerText : e.innerText)"
            "(document.activeElement)"
        )
        if said.strip() == name:
            return
    pytest.fail(f"{name} cannot be reached")


def enter(page: Page) -> None:
    page.get_by_role("button", name="設定をひらく").click()
    expect(page.get_by_role("button", name="保存する")).to_be_visible()


def test_everything_is_chosen_and_saved_by_keyboard_alone(
    page: Page, settings: SettingsTown
) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="ジャンル")).to_be_visible()
    tab_to(page, "防災")
    page.keyboard.press("Space")
    tab_to(page, "ごみ")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    tab_to(page, "選ばない")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, "保存する")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("保存しました。")
    assert settings.profile() == Profile(resident(topics=["disaster"], district="旭町"))


def test_a_mistake_is_named_and_linked_to_its_place(page: Page, settings: SettingsTown) -> None:
    enter(page)
    page.get_by_role("group", name="1人目").get_by_label("年").select_option("2024")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("alert")).to_contain_text("まだ保存していません")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="お子さんの誕生月").click()
    expect(page.get_by_role("group", name="お子さんの誕生月")).to_be_in_viewport()
    page.get_by_role("group", name="1人目").get_by_label("月").select_option("5")
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status")).to_have_text("保存しました。")
    assert settings.profile() == Profile(resident(children=["2024-05"]))


def test_nothing_is_wider_than_the_screen_and_everything_large_enough(
    browser: Browser, settings: SettingsTown
) -> None:
    settings.choose(resident(topics=["disaster"], children=["2024-05"]))
    with serving(settings.app) as address:
        page = browser.new_page(base_url=address)
        page.goto(settings.link())
        enter(page)
        for width in (320, 375, 768, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            assert overflow(page) == 0, width
        page.set_viewport_size({"width": 320, "height": 700})
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert overflow(page) == 0
        page.evaluate("document.documentElement.style.removeProperty('font-size')")
        for control in page.locator("main button, main select, main .option").all():
            box = control.bounding_box()
            assert box is not None and box["height"] >= 44
        page.get_by_role("button", name="保存する").click()
        page.emulate_media(color_scheme="light")
        light = page.evaluate(CONTRAST)
        page.emulate_media(color_scheme="dark")
        assert light == page.evaluate(CONTRAST) == []
        page.close()


def test_ending_leaves_nothing_to_go_back_to(page: Page) -> None:
    enter(page)
    page.get_by_role("button", name="保存しないで終わる").click()
    expect(page.get_by_role("heading", name="終わりました")).to_be_visible()
    page.goto("/settings")
    expect(page.get_by_role("heading", name="画面をひらき直してください")).to_be_visible()


def test_the_focus_is_on_what_happened_after_saving(page: Page) -> None:
    enter(page)
    page.get_by_label("防犯").check()
    page.get_by_role("button", name="保存する").click()
    expect(page.get_by_role("status")).to_be_focused()
