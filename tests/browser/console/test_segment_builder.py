"""The segment builder in a real browser: live, without JavaScript, and by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bot.content.segments import SEGMENTS_FILE
from bot.store import attributes
from tests.browser.console.conftest import Enter
from tests.browser.console.test_console import press, reach
from tests.console.office import Office
from tests.console.segment_town import add_segments
from tests.segments import resident, user_id

SENTENCE = "ジャンルで「スマホ教室」を選んだ人、かつ、くらしで「60代以上」を選んだ人に届きます。"
WRITTEN = (
    "  - name: 高齢の方のスマホ\n"
    "    rule: {all: [{topics: {any: [smartphone_class]}}, {life_stage: {any: [senior]}}]}\n"
)


@pytest.fixture
def town(office: Office) -> Office:
    """The office with 32 residents, twelve of them older and interested in classes."""
    add_segments(office)
    many = {
        user_id(n): resident(
            topics=["smartphone_class"] if n < 22 else ["event"],
            life_stages=["senior"] if n < 12 else [],
        )
        for n in range(32)
    }
    office.db.write(lambda c: attributes.save_many(c, many, 1))
    return office


def add(page: Page, kind: str) -> None:
    page.get_by_label("足す条件").first.select_option(label=kind)
    page.get_by_role("button", name="条件を足す").first.click()
    expect(page.get_by_role("group", name=kind, exact=True)).to_be_visible()


def written(office: Office) -> bool:
    return WRITTEN in (office.content / SEGMENTS_FILE).read_text("utf-8")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_segment_is_built_counted_and_saved(enter: Enter, town: Office, javascript: bool) -> None:
    page = enter("/staff/segments/", java_script_enabled=javascript)
    page.get_by_role("link", name="条件を作る").click()
    outcome = page.locator("#outcome")

    def count() -> None:
        if not javascript:
            page.get_by_role("button", name="人数を数える").last.click()

    add(page, "ジャンル")
    page.get_by_label("スマホ教室").check()
    count()
    expect(outcome).to_contain_text("ジャンルで「スマホ教室」を選んだ人に届きます。")
    expect(outcome).to_contain_text("22人")
    add(page, "くらし")
    page.get_by_label("60代以上").check()
    count()
    expect(outcome).to_contain_text(SENTENCE)
    expect(outcome).to_contain_text("12人")
    add(page, "お子さんの月齢")
    page.get_by_label("何か月から").fill("5")
    page.get_by_label("何か月まで").fill("4")
    count()
    expect(page.locator("#g0-r2-wrong")).to_contain_text("入れかえてください")
    expect(outcome).to_contain_text(SENTENCE)
    page.get_by_role("button", name="条件「お子さんの月齢」を外す").click()
    page.get_by_label(re.compile("^名前")).fill("高齢の方のスマホ")
    page.get_by_role("button", name="保存して公開する").click()
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    expect(page.get_by_role("link", name="高齢の方のスマホ")).to_be_visible()
    assert written(town)


def test_a_segment_is_built_and_deleted_by_keyboard_alone(enter: Enter, town: Office) -> None:
    page = enter("/staff/segments/")
    press(page, "条件を作る")
    page.wait_for_url("**/segments/new")
    reach(page, "名前")
    page.keyboard.type("高齢の方のスマホ")
    for kind, down, choice in (("ジャンル", 0, "スマホ教室"), ("くらし", 2, "60代以上")):
        reach(page, "足す条件")
        for _ in range(down):
            page.keyboard.press("ArrowDown")
        press(page, "条件を足す")
        group = page.get_by_role("group", name=kind, exact=True)
        expect(group.get_by_label(f"{kind}の関係")).to_be_focused()
        reach(page, choice)
        page.keyboard.press("Space")
    expect(page.locator("#outcome")).to_contain_text(SENTENCE)
    press(page, "保存して公開する")
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert written(town)
    press(page, "高齢の方のスマホ")
    page.wait_for_url("**/segments/one?**")
    press(page, "この条件を消す")
    press(page, "この条件を消して公開する")
    expect(page.get_by_role("status")).to_contain_text("消しました")
    assert not written(town)


def test_groups_are_joined_and_left_out_while_the_sentence_follows(
    enter: Enter, town: Office
) -> None:
    page = enter("/staff/segments/one?name=スマホ教室の案内（60代以上）")
    page.get_by_role("button", name="まとまりを足す").click()
    page.get_by_label("足す条件").last.select_option(label="ことば")
    page.get_by_role("button", name="条件を足す").last.click()
    page.get_by_label("English").check()
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("、かつ、ことばで「English」を選んだ人に届きます。")
    expect(outcome).to_contain_text("5人未満")
    expect(outcome).to_contain_text("少なすぎるため")
    page.get_by_label("このまとまりの人").last.select_option(label="どの条件にもあてはまらない人")
    expect(outcome).to_contain_text("（ことばで「English」を選んだ人）以外の人に届きます。")
    expect(outcome).to_contain_text("12人")
    page.get_by_label("まとまりどうし").select_option(label="どれかのまとまりにあてはまる人")
    expect(outcome).to_contain_text("）、または、（ことばで「English」を選んだ人）以外の人")
    page.get_by_label("友だち全員").check()
    expect(outcome).to_contain_text("このアカウントが知っている友だち全員に届きます。")
    expect(page.locator(".conditions")).to_be_hidden()
    expect(outcome).to_contain_text("32人")
