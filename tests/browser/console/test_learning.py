"""What staff learn from residents, links and pictures, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.store import reactions
from tests.browser.console.accessible import problems
from tests.browser.console.conftest import Enter
from tests.browser.console.test_console import reach
from tests.console.learning_town import learn
from tests.console.office import Office
from tests.services.test_images import photo


def test_staff_see_the_least_helpful_answer_first_and_open_it(enter: Enter, office: Office) -> None:
    learn(office)
    page = enter("/staff/questions/answered")
    first = page.locator("#h-solved ~ div tbody tr").first
    expect(first).to_contain_text("53%")
    assert problems(page) == []
    first.get_by_role("link").click()
    expect(page.get_by_label(re.compile("^答え"))).to_be_visible()


def test_broken_link_leads_to_its_line(enter: Enter, office: Office) -> None:
    learn(office)
    page = enter("/staff/content/freshness")
    expect(page.get_by_role("row", name=re.compile("card"))).to_contain_text("切れています")
    assert problems(page) == []
    page.get_by_role("link", name="knowledge/links.yaml:3").first.click()
    expect(page.get_by_label("ファイルの文（YAML）")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_picture_is_added_seen_and_taken_away(
    enter: Enter, tmp_path: Path, javascript: bool
) -> None:
    file = tmp_path / "poster.jpg"
    file.write_bytes(photo((900, 600)))
    page = enter("/staff/images/", java_script_enabled=javascript)
    page.get_by_label("画像のファイル").set_input_files(file)
    page.get_by_label("画像の説明").fill("冬まつりのポスター")
    page.get_by_role("button", name="画像を加える").click()
    expect(page.get_by_role("status")).to_contain_text("画像を加えました")
    picture = page.get_by_role("img", name="冬まつりのポスター")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.naturalWidth") == 900
    page.get_by_role("button", name="この画像を消す").click()
    expect(page.get_by_role("status")).to_contain_text("画像を消しました")


def test_picture_by_keyboard_alone(enter: Enter, tmp_path: Path) -> None:
    file = tmp_path / "poster.jpg"
    file.write_bytes(photo((90, 60)))
    page = enter("/staff/images/")
    page.on(
        "filechooser", lambda _: None
    )  # choosers are caught from here on, not a moment too late
    reach(page, "画像のファイル")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    reach(page, "画像の説明")
    page.keyboard.type("冬まつりのポスター")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("画像を加えました")


def test_helpfulness_chart_is_there_to_read(enter: Enter, office: Office) -> None:
    learn(office)
    with office.db.read() as connection:
        assert reactions.solved_by_item(connection, "2000-01-01")
    page = enter("/staff/stats/")
    expect(page.get_by_role("img", name=re.compile("解決しましたか"))).to_be_visible()
    table = page.get_by_role("region", name="解決しましたかの表")
    expect(table.locator("tbody tr").first).to_contain_text("〜")
