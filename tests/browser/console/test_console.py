"""Staff at work, in a real browser, with and without a mouse, with and without JavaScript."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from bot.services.people import People
from bot.store import questions
from bot.store.questions import Question
from tests import builders
from tests.browser.console.accessible import problems
from tests.browser.console.conftest import Enter
from tests.console.office import PASSWORD, Office

LIFE = "knowledge/common/life.yaml"
ITEM = f"/staff/content/item?path={LIFE}%26item=library-card"
TEXT = f"/staff/content/text?path={LIFE}"


def missed(office: Office, text: str, times: int = 6) -> None:
    day = office.now().date().isoformat()
    rows = [Question(f"{text}{n}", day, text, "fallback", ("library-card",)) for n in range(times)]
    office.db.write(lambda c: questions.add(c, rows))


def chat(page: Page, address: str, question: str) -> str:
    page.goto(f"{address}/chat")
    page.get_by_label("質問を入力").fill(question)
    page.keyboard.press("Enter")
    page.locator(".exchange").nth(1).wait_for()
    return page.get_by_role("log").inner_text()


def press(page: Page, name: str, key: str = "Enter") -> None:
    """Reach a control with Tab alone and press it."""
    for _ in range(120):
        page.keyboard.press("Tab")
        found: str = page.evaluate(
            "(document.activeElement.ariaLabel || document.activeElement.innerText || '').trim()"
        )
        if found == name:
            page.keyboard.press(key)
            return
    pytest.fail(f"{name} cannot be reached by keyboard")


def reach(page: Page, label: str) -> None:
    """Move with Tab alone to the field with that label."""
    for _ in range(120):
        page.keyboard.press("Tab")
        found: str = page.evaluate("(document.activeElement.labels?.[0]?.innerText || '').trim()")
        if found.startswith(label):
            return
    pytest.fail(f"{label} cannot be reached by keyboard")


def test_first_sign_in_sets_up_the_second_factor_by_keyboard(browse: Enter, office: Office) -> None:
    People(office.db, office.now).reset_second_factor("課長")
    page = browse("/staff/")
    expect(page.get_by_label("名前")).to_be_focused()
    page.keyboard.type("課長")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2つ目の確認の設定")
    expect(page.locator(".qr svg")).to_be_visible()
    secret = page.locator(".key code").inner_text().replace(" ", "")
    expect(page.get_by_label("6けたの番号")).to_be_focused()
    page.keyboard.type(office.code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("課長さん")


@pytest.mark.parametrize("javascript", [True, False])
def test_edit_by_form_see_what_changes_publish_and_roll_back(
    enter: Enter, office: Office, address: str, javascript: bool
) -> None:
    missed(office, "読書のパスポート")
    page = enter(ITEM, java_script_enabled=javascript)
    field = page.get_by_label(re.compile("^住民の言い方"))
    field.fill(field.input_value() + "\n読書のパスポート")
    answer = page.get_by_label(re.compile("^答え"))
    answer.fill("図書館カードは、図書館の2階で作れます。")
    if javascript:
        expect(page.locator("[data-count=answer]")).to_contain_text("20字／400字")
    page.get_by_role("button", name="保存すると何が変わるか").click()
    report = page.locator("#report")
    expect(report).to_contain_text("6件の質問の答えが変わります")
    expect(page.locator("#results .bubble")).to_contain_text("図書館の2階で作れます")
    page.get_by_label("下書きにたずねる").fill("読書のパスポート")
    page.get_by_role("button", name="たずねる", exact=True).click()
    expect(page.locator("#results")).to_contain_text("下書きとの会話")
    expect(page.locator("#results .said")).to_have_count(1)
    page.get_by_label("変更の理由").fill("2階に移った")
    page.get_by_role("button", name="保存して公開する").click()
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    begun = time.monotonic()
    other = page.context.new_page()
    assert "図書館の2階で作れます" in chat(other, address, "読書のパスポート")
    assert time.monotonic() - begun < 5
    page.goto(f"{address}/staff/content/history")
    page.get_by_role("link", name="版1").click()
    expect(page.locator(".added")).to_contain_text(["読書のパスポート", "図書館の2階"])
    page.get_by_role("button", name="この版の前に戻して公開する").click()
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()


def test_the_same_by_keyboard_alone(enter: Enter, office: Office) -> None:
    page = enter(ITEM)
    reach(page, "住民の言い方")
    page.keyboard.press("Control+End")
    page.keyboard.type("\n読書のパスポート")
    press(page, "保存すると何が変わるか")
    expect(page.locator("#report")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    press(page, "保存して公開する")
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert "読書のパスポート" in (office.content / LIFE).read_text("utf-8")


def test_text_is_mended_published_and_rolled_back_by_keyboard_alone(
    enter: Enter, office: Office, address: str
) -> None:
    page = enter(TEXT)
    reach(page, "ファイルの文（YAML）")
    page.keyboard.press("Control+End")
    page.keyboard.type("なにか: まちがい\n")
    page.keyboard.press("Escape")  # leaves the text: Tab goes on to the next control
    press(page, "保存して公開する")
    expect(page.get_by_role("alert")).to_contain_text("公開できません")
    line = builders.COMMON.count("\n") + 1
    press(page, f"{line}行目")
    expect(page.get_by_label("ファイルの文（YAML）")).to_be_focused()
    page.keyboard.press("Delete")  # the line that the link has marked
    page.keyboard.type("# 点検ずみ")
    page.keyboard.press("Escape")
    press(page, "保存して公開する")
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert "# 点検ずみ" in (office.content / LIFE).read_text("utf-8")
    page.goto(f"{address}/staff/content/history")
    press(page, "版1")
    expect(page.locator(".added")).to_contain_text("点検ずみ")
    press(page, "この版の前に戻して公開する")
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()


def test_error_stands_beside_its_line(enter: Enter) -> None:
    page = enter(TEXT)
    source = page.get_by_label("ファイルの文（YAML）")
    text = source.input_value().replace("topic: safety", "topic: なにか")
    source.fill(text)
    page.get_by_role("button", name="保存して公開する").click()
    expect(page.get_by_role("alert")).to_contain_text("公開できません")
    line = builders.line_of(text, "なにか")
    beside = page.locator(f'.code pre span[data-n="{line}"]')
    expect(beside).to_have_class("bad")
    expect(beside).to_contain_text("「なにか」は使えません")
    page.wait_for_load_state()  # until then scripts move what is to be clicked
    page.get_by_role("link", name=f"{line}行目").click()
    expect(source).to_be_focused()
    chosen = source.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)")
    assert chosen == "  topic: なにか"


def test_copy_behind_the_text_lies_exactly_under_it(enter: Enter) -> None:
    page = enter(TEXT)
    sizes = page.evaluate("""() => {
      const area = document.querySelector(".code textarea");
      const back = document.querySelector(".code pre");
      area.scrollTop = 240; area.scrollLeft = 60;
      area.dispatchEvent(new Event("scroll"));
      const style = (e) => ["fontFamily", "fontSize", "lineHeight", "paddingLeft", "paddingTop",
        "borderLeftWidth"].map((name) => getComputedStyle(e)[name]);
      return [style(area), style(back), area.scrollTop, back.scrollTop];
    }""")
    assert sizes[0] == sizes[1] and sizes[2] == sizes[3]


def test_keys_are_offered_and_taken_by_keyboard(enter: Enter) -> None:
    page = enter(TEXT)
    source = page.get_by_label("ファイルの文（YAML）")
    source.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("  rev")
    page.keyboard.press("Control+Space")
    expect(page.get_by_role("option", name="review_by")).to_be_visible()
    page.keyboard.press("Enter")
    assert source.input_value().endswith("  review_by: ")
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_second_of_two_editors_loses_nothing(enter: Enter, office: Office) -> None:
    first, second = enter(TEXT), enter(TEXT)
    for page, words in ((first, "# 先の人"), (second, "# 後の人")):
        source = page.get_by_label("ファイルの文（YAML）")
        source.fill(source.input_value() + words + "\n")
        page.get_by_role("button", name="保存して公開する").click()
        expect(page.get_by_role("status").or_(page.get_by_role("alert"))).to_be_visible()
    expect(first.get_by_role("status")).to_contain_text("保存しました")
    expect(second.get_by_role("alert")).to_contain_text("ほかの人")
    expect(second.locator(".added").first).to_contain_text("先の人")
    expect(second.get_by_label("ファイルの文（YAML）")).to_have_value(re.compile("後の人"))


def test_missed_question_becomes_a_published_answer(
    enter: Enter, office: Office, address: str
) -> None:
    missed(office, "本を借りるためのパス")
    page = enter("/staff/questions/")
    page.get_by_role("link", name="「図書館カードの作り方」に加える").click()
    expect(page.get_by_label(re.compile("^住民の言い方"))).to_have_value(
        re.compile("本を借りるためのパス")
    )
    page.get_by_role("button", name="保存して公開する").click()
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert "図書館の窓口で作れます" in chat(page, address, "本を借りるためのパス")


def test_missed_question_becomes_an_answer_by_keyboard_alone(
    enter: Enter, office: Office, address: str
) -> None:
    missed(office, "本を借りるためのパス")
    page = enter("/staff/questions/")
    press(page, "「図書館カードの作り方」に加える")
    page.wait_for_url("**/content/**")
    expect(page.get_by_label(re.compile("^住民の言い方"))).to_have_value(
        re.compile("本を借りるためのパス")
    )
    press(page, "保存して公開する")
    expect(page.get_by_role("status")).to_contain_text("保存しました")
    assert "図書館の窓口で作れます" in chat(page, address, "本を借りるためのパス")


@pytest.mark.parametrize("path", ["/staff/login", "/staff/code", "/staff/confirm"])
def test_sign_in_pages_are_accessible_and_narrow(
    browse: Enter, enter: Enter, office: Office, path: str
) -> None:
    page = browse(path) if path == "/staff/login" else enter("/staff/")
    if path == "/staff/code":
        page.goto(page.url.split("/staff/")[0] + "/staff/account/")
        page.get_by_role("button", name="設定する").click()
    page.goto(page.url.split("/staff/")[0] + path)
    assert problems(page) == []


def test_who_writes_for_long_stays_signed_in(enter: Enter, office: Office) -> None:
    page = enter(ITEM)
    page.clock.install()
    page.reload()
    field = page.get_by_label(re.compile("^住民の言い方"))
    twenty_minutes = "UPDATE staff_sessions SET seen_at = seen_at - 1200000"
    for _ in range(3):
        office.db.write(lambda c: c.exec_driver_sql(twenty_minutes))
        page.clock.fast_forward("20:00")
        with page.expect_response(lambda answer: answer.request.method == "HEAD") as told:
            field.press("x")
        assert told.value.status == 200
    page.reload()
    expect(page.get_by_role("button", name="サインアウト")).to_be_visible()


def test_what_was_written_is_still_there_after_a_sign_out(enter: Enter, office: Office) -> None:
    page = enter(ITEM)
    page.get_by_label("変更の理由").fill("2階に移った")
    idle = "UPDATE staff_sessions SET seen_at = seen_at - 1900000"
    office.db.write(lambda c: c.exec_driver_sql(idle))
    page.get_by_role("button", name="点検する").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("まだ保存していません")
    expect(page.get_by_label("書いていた文")).to_have_value(re.compile("2階に移った"))
    assert problems(page) == []
