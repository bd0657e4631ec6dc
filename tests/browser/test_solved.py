"""「解決した」「解決しない」 in the chat, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bot.core.reactions import Reaction
from tests.browser.conftest import Open
from tests.browser.test_chat_page import ask, overflow, tab_to
from tests.web.town import Town


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_resident_says_by_a_button_whether_it_helped(
    browse: Open, town: Town, javascript: bool, width: int
) -> None:
    viewport = {"width": width, "height": 700}
    page = browse(java_script_enabled=javascript, viewport=viewport)
    ask(page, "マイナンバーカードをなくした")
    pair = page.locator(".choices button")
    expect(pair.last).to_have_text("解決しない")
    assert pair.all_inner_texts()[-2:] == ["解決した", "解決しない"]
    if javascript:
        assert overflow(page) == 0
    pair.last.click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("お役に立てず、申し訳ありません")
    expect(page.get_by_role("button", name="解決した", exact=True)).to_have_count(0)
    assert town.memory.reactions == [Reaction("unsolved", "card-lost")]


def test_the_same_by_keyboard_alone(browse: Open, town: Town) -> None:
    page = browse()
    ask(page, "マイナンバーカードをなくした")
    expect(page.get_by_role("button", name="解決した", exact=True)).to_be_visible()
    tab_to(page, "解決した", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("よかったです")
    assert town.memory.reactions == [Reaction("solved", "card-lost")]
