"""Announcements in a real browser: written, approved by another, sent, corrected; by keyboard too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bot.store.staff import Role
from tests.browser.console.accessible import problems
from tests.browser.console.conftest import Enter
from tests.browser.console.test_console import press, reach
from tests.console.office import Office
from tests.console.test_announcements import approved, kept
from tests.console.test_announcements import page as path_of
from tests.console.test_templates import ONE, SOURCE

NEW = "/staff/announcements/new"


@pytest.fixture
def town(office: Office) -> Office:
    """The office with residents who can be told something."""
    office.residents()
    return office


def compose(page: Page) -> None:
    page.get_by_label(re.compile("^題")).fill("スマホ教室の参加者募集")
    page.get_by_label("条件を書く", exact=True).check()
    page.locator("summary", has_text="条件を書く").click()
    page.get_by_label("条件（YAML）").fill("{topics: {any: [smartphone_class]}}")
    page.get_by_label(re.compile("^文")).fill("11月25日（月）に開きます。")


def expect_state(page: Page, words: str) -> None:
    expect(page.locator(".state").first).to_have_text(words)


def expect_heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def approve(page: Page) -> None:
    page.get_by_role("link", name="読んで承認する・差し戻す").click()
    page.get_by_role("button", name="承認する", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("承認しました")


@pytest.mark.parametrize("javascript", [True, False])
def test_composed_approved_by_a_second_account_sent_and_corrected(
    enter: Enter, town: Office, javascript: bool
) -> None:
    page = enter(NEW, java_script_enabled=javascript)
    compose(page)
    if not javascript:
        page.get_by_role("button", name="確かめる").last.click()
    beside = page.locator("#b-m-ja-0-text")
    expect(beside).to_contain_text("曜日がちがいます")
    expect(page.locator("#results")).to_contain_text("6人")
    expect(page.locator("#results .bubble")).to_contain_text("11月25日（月）に開きます。")
    page.get_by_label(re.compile("^文")).fill("スマホ教室を開きます。")
    page.get_by_role("button", name="下書きを保存する").click()
    expect_state(page, "下書き")
    page.get_by_role("button", name="点検する").click()
    expect(page.get_by_role("status").first).to_contain_text("点検が終わりました")
    page.get_by_role("button", name="承認を頼む").click()
    expect_state(page, "承認待ち")
    expect(page.get_by_role("link", name="読んで承認する・差し戻す")).to_have_count(0)

    other = enter("/staff/announcements/", name="課長", java_script_enabled=javascript)
    other.get_by_role("link", name="スマホ教室の参加者募集").first.click()
    approve(other)
    other.get_by_role("link", name="送る", exact=True).click()
    other.get_by_role("button", name="6人に送る").click()
    town.deliver()
    page.reload()
    expect_state(page, "配信ずみ")
    expect(page.locator("#progress")).to_contain_text("6人のうち6人まで終わりました")
    assert sum(town.line.got.values()) == 6

    page.get_by_role("link", name="訂正を出す").click()
    expect(page.get_by_label(re.compile("^題"))).to_have_value("【訂正】スマホ教室の参加者募集")
    page.get_by_label(re.compile("^文")).fill("会場は中央公民館です。")
    page.get_by_role("button", name="訂正を出し、承認を頼む").click()
    expect_state(page, "承認待ち")
    other.goto(page.url)
    approve(other)
    town.deliver()
    page.reload()
    expect_state(page, "配信ずみ")
    assert set(town.line.got.values()) == {2}


def test_the_same_by_keyboard_alone(enter: Enter, town: Office) -> None:
    page = enter(NEW)
    reach(page, "題")
    page.keyboard.type("スマホ教室")
    reach(page, "保存した条件")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("条件を書く", exact=True)).to_be_checked()
    press(page, "条件を書く")
    reach(page, "条件（YAML）")
    page.keyboard.type("{topics: {any: [smartphone_class]}}")
    reach(page, "文")
    page.keyboard.type("スマホ教室を開きます。")
    press(page, "カードを加える")
    expect(page.get_by_label(re.compile("^カードの題"))).to_be_focused()
    page.keyboard.type("くわしい案内")
    page.keyboard.press("Tab")
    page.keyboard.type("市のページをご覧ください。")
    press(page, "下書きを保存する")
    expect_state(page, "下書き")
    press(page, "承認を頼む")
    expect_state(page, "承認待ち")
    other = enter("/staff/announcements/", name="課長")
    press(other, "スマホ教室")
    expect_heading(other, "スマホ教室")
    press(other, "読んで承認する・差し戻す")
    expect_heading(other, "承認：スマホ教室")
    press(other, "承認する")
    expect_state(other, "配信待ち")
    press(other, "送る")
    expect_heading(other, "送る前の確認：スマホ教室")
    press(other, "6人に送る")
    expect(other.get_by_role("status").first).to_contain_text("送る指示を出しました")
    town.deliver()
    assert sum(town.line.got.values()) == 6
    page.reload()
    press(page, "訂正を出す")
    expect_heading(page, "「スマホ教室」の訂正")
    reach(page, "文")
    page.keyboard.press("Control+A")
    page.keyboard.type("会場は中央公民館です。")
    press(page, "訂正を出し、承認を頼む")
    expect_state(page, "承認待ち")


def test_numbers_move_while_it_is_being_sent(enter: Enter, town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(path_of(number, "send"))
    page = enter(path_of(number))
    expect_state(page, "配信待ち")
    town.deliver()
    expect_state(page, "配信ずみ")  # nobody touched the page
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "6")


def test_sent_back_with_a_reason_that_the_author_reads(enter: Enter, town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    number = kept(editor)
    editor.post(path_of(number, "submit"))
    page = enter(path_of(number), name="課長")
    page.get_by_role("link", name="読んで承認する・差し戻す").click()
    page.get_by_label("差し戻す理由").fill("会場を書いてください")
    page.get_by_role("button", name="差し戻す").click()
    expect_state(page, "下書き")
    expect(page.locator("main")).to_contain_text("会場を書いてください")


def test_every_announcement_page_is_accessible_and_narrow(enter: Enter, town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    card = {
        "m-ja-1-type": "card", "m-ja-1-title": "案内", "m-ja-1-text": "ご覧ください。",
        "m-ja-1-link-0-label": "見る", "m-ja-1-link-0-url": "https://www.city.example.jp/map",
        "language-set": "en", "m-en-0-type": "text", "m-en-0-text": "Smartphone class.",
    }  # fmt: skip
    waiting = kept(editor, **card)
    editor.post(path_of(waiting, "submit"))
    planned = approved(town, editor, approver, when="repeat", every="weekly", weekdays=["mon"], at="10:00")  # fmt: skip
    sent = approved(town, editor, approver)
    for number in (planned, sent):
        approver.post(path_of(number, "send"))
    town.deliver()
    editor.post("/staff/announcements/templates", {"source": SOURCE})
    page = enter("/staff/announcements/", name="課長")
    start = page.url.split("/staff/")[0]
    found = {}
    for path in (
        "/staff/announcements/",
        NEW,
        path_of(waiting),
        path_of(waiting, "edit"),
        path_of(waiting, "approve"),
        path_of(planned),
        path_of(planned, "send"),
        path_of(planned, "cancel"),
        path_of(sent),
        path_of(sent, "progress"),
        path_of(sent, "correct"),
        "/staff/announcements/text",
        "/staff/announcements/calendar",
        "/staff/announcements/templates",
        ONE,
        f"{ONE}&b-地区=南大沢&b-理由=川の水位が上がっています",
        "/staff/announcements/testers",
        "/staff/announcements/feed",
    ):
        page.goto(start + path)
        found[path] = problems(page)
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
