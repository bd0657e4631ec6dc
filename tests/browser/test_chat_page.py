"""The chat as residents meet it: by keyboard, on a phone, without JavaScript."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.web.town import Town

QUESTION = "マイナンバーカードをなくした"
ANSWER = "まず電話で、カードを一時停止してください。"


def ask(page: Page, question: str) -> None:
    page.get_by_label("質問を入力").fill(question)
    page.get_by_role("button", name="送信").click()


def overflow(page: Page) -> int:
    """How far the page can be scrolled sideways, in CSS pixels."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


def focused_name(page: Page) -> str:
    """The text or id of what has the keyboard."""
    name: str = page.evaluate("document.activeElement.innerText || document.activeElement.id")
    return name


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab (or Shift+Tab) until that control has the focus."""
    for _ in range(20):
        page.keyboard.press(key)
        if focused_name(page) == name:
            return
    pytest.fail(f"{name} cannot be reached with {key}")


def test_roles_and_names_are_found(browse: Open) -> None:
    page = browse()
    expect(page.get_by_role("log", name="会話")).to_be_visible()
    expect(page.get_by_label("質問を入力")).to_be_visible()
    expect(page.get_by_role("button", name="送信")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("八王子市のまどぐち")
    expect(page.get_by_text("お試し版")).to_be_visible()


def test_question_is_asked_and_answered_by_keyboard_alone(browse: Open) -> None:
    page = browse()
    tab_to(page, "message")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text(ANSWER)
    expect(page.get_by_label("質問を入力")).to_be_focused()
    expect(page.get_by_label("質問を入力")).to_have_value("")
    page.keyboard.type("持ち物は？")
    page.keyboard.press("Enter")
    expect(log).to_contain_text("本人確認できる書類が必要です。")


def slowly(route: Route) -> None:
    """A slow network."""
    time.sleep(0.1)
    route.continue_()


def test_skip_link_leads_past_the_cities(browse: Open) -> None:
    page = browse()
    page.keyboard.press("Tab")
    assert focused_name(page) == "質問の入力へ進む"
    page.keyboard.press("Enter")
    expect(page.get_by_label("質問を入力")).to_be_focused()


def test_quick_replies_are_pressed_by_keyboard(browse: Open) -> None:
    page = browse()
    tab_to(page, "マイナンバーカード")
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("カードについて、どれが知りたいですか。")
    expect(page.get_by_label("質問を入力")).to_be_focused()
    tab_to(page, "マイナンバーカードをなくしたとき", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(log).to_contain_text(ANSWER)


def test_page_is_not_loaded_anew_and_whole_visit_survives_a_reload(browse: Open) -> None:
    page = browse()
    page.evaluate("window.untouched = true")
    ask(page, QUESTION)
    expect(page.get_by_role("log")).to_contain_text(ANSWER)
    ask(page, "家が燃えている")
    expect(page.locator(".said")).to_have_count(2)
    assert page.evaluate("window.untouched") is True
    page.reload()
    expect(page.locator(".said")).to_have_count(2)


def test_everything_works_without_javascript(browse: Open) -> None:
    page = browse(java_script_enabled=False)
    page.get_by_label("質問を入力").fill(QUESTION)
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text(ANSWER)
    assert page.url.endswith("/chat#newest")
    ask(page, "持ち物は？")
    expect(log).to_contain_text("本人確認できる書類が必要です。")
    page.get_by_role("button", name="職員に聞きたい").click()
    expect(page.locator(".said")).to_have_count(3)
    page.reload()
    expect(page.locator(".said")).to_have_count(3)


def test_newest_exchange_is_scrolled_into_view(browse: Open) -> None:
    page = browse(viewport={"width": 375, "height": 700}, reduced_motion="reduce")
    for question in (QUESTION, "持ち物は？", "粗大ごみの出し方", "家が燃えている"):
        ask(page, question)
        expect(page.locator("#newest .said")).to_contain_text(question)
    expect(page.locator("#newest .said")).to_be_in_viewport()
    expect(page.locator("#newest .call")).to_be_in_viewport()


def test_nothing_is_wider_than_the_screen(browse: Open) -> None:
    page = browse()
    for question in (QUESTION, "家が燃えている", "https://" + "long" * 60, "あ" * 300):
        ask(page, question)
    expect(page.locator(".said")).to_have_count(4)
    for width in (320, 375, 768, 1280):
        page.set_viewport_size({"width": width, "height": 700})
        assert overflow(page) == 0, width
    expect(page.locator(".bubble").first).to_be_visible()


def test_double_sized_letters_fit(browse: Open) -> None:
    """Letters of 32 px on a phone, as with 200 % set in the browser."""
    page = browse(viewport={"width": 375, "height": 700})
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    ask(page, QUESTION)
    expect(page.get_by_role("log")).to_contain_text(ANSWER)
    assert overflow(page) == 0
    expect(page.get_by_role("button", name="送信")).to_be_in_viewport()


def test_field_does_not_cover_the_answer_on_a_low_screen(browse: Open) -> None:
    page = browse(viewport={"width": 320, "height": 256})
    position = page.evaluate("getComputedStyle(document.getElementById('composer')).position")
    assert position == "static"


def test_letters_and_buttons_are_large_enough_for_a_phone(browse: Open) -> None:
    """Smaller letters in the field make phones zoom in; smaller buttons are missed."""
    page = browse(viewport={"width": 375, "height": 700})
    size = page.get_by_label("質問を入力").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 16
    ask(page, QUESTION)
    expect(page.locator("#newest .button")).to_have_count(2)
    for control in page.locator("main button, main a.button, #composer button").all():
        box = control.bounding_box()
        assert box is not None and box["height"] >= 44


def test_questions_sent_in_haste_are_answered_in_order(browse: Open) -> None:
    page = browse()
    page.route("**/chat", slowly)
    for question in (QUESTION, "持ち物は？", "家が燃えている"):
        ask(page, question)
    expect(page.locator(".said p")).to_have_text([QUESTION, "持ち物は？", "家が燃えている"])
    expect(page.get_by_role("log")).to_contain_text("本人確認できる書類が必要です。")


def test_text_has_enough_contrast(browse: Open) -> None:
    page = browse()
    ask(page, QUESTION)
    ask(page, "家が燃えている")
    expect(page.locator(".urgent")).to_be_visible()
    page.emulate_media(color_scheme="light")
    light = page.evaluate(CONTRAST)
    page.emulate_media(color_scheme="dark")
    assert light == page.evaluate(CONTRAST) == []


# Every visible text against the nearest background behind it: WCAG's formula, 4.5 : 1.
CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, .hidden")) continue;
    const [a, b] = [rgb(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push([walker.currentNode.data.trim(), ratio]);
  }
  return faint;
}"""


@pytest.mark.parametrize("javascript", [True, False])
def test_message_that_is_too_long_can_be_shortened(browse: Open, javascript: bool) -> None:
    page = browse(java_script_enabled=javascript)
    ask(page, "あ" * 5_001)
    expect(page.get_by_role("alert")).to_contain_text("5,000文字まで")
    expect(page.get_by_label("質問を入力")).to_have_value("あ" * 5_001)
    expect(page.locator(".said")).to_have_count(0)


def test_lost_connection_keeps_what_was_written(browse: Open) -> None:
    page = browse()
    page.route("**/chat", lambda route: route.fulfill(status=503, body="x"))
    page.get_by_label("質問を入力").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("送れませんでした")
    expect(page.get_by_label("質問を入力")).to_have_value(QUESTION)
    page.unroute("**/chat")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text(ANSWER)
    expect(page.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize("javascript", [True, False])
def test_erased_visit_disappears_from_the_screen(
    browse: Open, town: Town, javascript: bool
) -> None:
    page = browse(java_script_enabled=javascript)
    ask(page, "家が燃えている")
    expect(page.locator(".urgent")).to_be_visible()
    ask(page, "データを消して")
    page.get_by_role("button", name="消す", exact=True).click()
    expect(page.get_by_role("log")).to_contain_text("消しました")
    expect(page.locator(".said")).to_have_count(0)
    expect(page.locator(".urgent")).to_have_count(0)
    assert town.memory.kept == {}


def test_city_is_changed_with_a_link(browse: Open) -> None:
    page = browse()
    page.get_by_role("navigation", name="市を選ぶ").get_by_role("link", name="大野城市").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("大野城市のまどぐち")
    ask(page, "スマホ教室に行きたい")
    expect(page.locator("#newest .answer")).not_to_contain_text("市民センターで")
