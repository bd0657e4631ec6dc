"""The pages in which content is edited."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from bot.store import content_changes, questions
from bot.store.questions import Question
from bot.store.staff import Role
from tests import builders
from tests.console.office import Desk, Office

LIFE = "knowledge/common/life.yaml"
ITEM = f"/staff/content/item?path={LIFE}&item=library-card"
TEXT = f"/staff/content/text?path={LIFE}"
_INPUT = re.compile(r'<input[^>]* name="(base)" value="([^"]*)"')


@pytest.fixture
def desk(office: Office) -> Desk:
    """An editor's browser."""
    return office.signed_in(Role.EDITOR)


def form_of(page: str) -> dict[str, Any]:
    """What a browser would send back of an editor's form."""
    form: dict[str, Any] = dict(_INPUT.findall(page))
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.S
    ):
        form[name] = html.unescape(text)
    for tag in re.findall(r"<input[^>]*>", page):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") in ("text", "date", None) and "name" in found:
            form.setdefault(found["name"], html.unescape(found.get("value", "")))
        if found.get("type") == "checkbox" and " checked" in tag:
            form.setdefault(found["name"], []).append(found["value"])
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        form[name] = chosen[1] if chosen else ""
    return form


def ask(office: Office, question: str) -> str:
    return str(office.app.test_client().post("/chat", data={"message": question}).text)


def test_edit_by_form_is_published_and_answers_in_the_chat(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(ITEM))
    form["questions"] += "\n電子の貸出券"
    form["answer"] = "図書館カードは、図書館の2階で作れます。"
    answer = desk.post(ITEM, {**form, "do": "save", "why": "場所が変わった"})
    assert answer.location == f"/staff/content/?file={LIFE}&done=saved", answer.text
    assert "2階" in ask(office, "電子の貸出券")
    text = (office.content / LIFE).read_text("utf-8")
    assert "    - としょかんカード\n    - 電子の貸出券\n" in text
    assert text.split("- id: bicycle")[1] == builders.COMMON.split("- id: bicycle")[1]


def test_edit_by_text_is_published(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(TEXT))
    form["source"] = form["source"].replace("手数料は無料です", "手数料はかかりません")
    form["source"] = form["source"].replace("\n", "\r\n")  # as browsers send it
    assert desk.post(TEXT, {**form, "do": "save", "why": "x"}).status_code == 303
    assert (office.content / LIFE).read_text("utf-8") == builders.replaced(
        builders.COMMON, "手数料は無料です", "手数料はかかりません"
    )


def test_opening_and_saving_without_a_change_changes_nothing(office: Office, desk: Desk) -> None:
    for path in (ITEM, TEXT):
        desk.post(path, {**form_of(desk.read(path)), "do": "save", "why": "x"})
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()
    with office.db.read() as connection:
        assert content_changes.history(connection) == []


def test_error_is_shown_beside_its_line_and_cannot_be_published(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(TEXT))
    form["source"] = form["source"].replace("status: in_operation", "status: あるよ", 1)
    line = builders.line_of(form["source"], "あるよ")
    for do in ("check", "save"):
        page = desk.post(TEXT, {**form, "do": do, "why": "x"}).text
        assert f'data-line="{line}"' in page and "「あるよ」は使えません" in page
    assert "公開できません" in page and "status: あるよ" in page
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()


def test_warning_needs_a_reason(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(ITEM))
    form["questions"] = "図書館カードを作りたい\n貸出券の作り方"
    answer = desk.post(ITEM, {**form, "do": "save"})
    assert answer.status_code == 422 and "理由を書いてください" in answer.text
    assert desk.post(ITEM, {**form, "do": "save", "why": "試行のため"}).status_code == 303


def test_second_editor_sees_the_difference_and_loses_nothing(office: Office, desk: Desk) -> None:
    other = office.signed_in(Role.EDITOR)
    mine, theirs = form_of(desk.read(ITEM)), form_of(other.read(ITEM))
    theirs["answer"] = "図書館カードは、本館で作れます。"
    other.post(ITEM, {**theirs, "do": "save", "why": "x"})
    mine["title"] = "図書館カード"
    answer = desk.post(ITEM, {**mine, "do": "save", "why": "y"})
    assert answer.status_code == 409
    assert "本館で作れます" in answer.text and 'value="図書館カード"' in answer.text
    again = desk.post(ITEM, {**form_of(answer.text), "do": "save", "why": "y"})
    assert again.status_code == 303
    text = (office.content / LIFE).read_text("utf-8")
    assert "title: 図書館カード\n" in text and "本館で作れます" in text


def test_second_editor_of_a_text_keeps_every_word(office: Office, desk: Desk) -> None:
    other = office.signed_in(Role.EDITOR)
    mine, theirs = form_of(desk.read(TEXT)), form_of(other.read(TEXT))
    theirs["source"] += "\n# 先の人\n"
    other.post(TEXT, {**theirs, "do": "save", "why": "x"})
    mine["source"] += "\n# 後の人\n"
    answer = desk.post(TEXT, {**mine, "do": "save", "why": "y"})
    assert answer.status_code == 409
    assert "先の人" in answer.text and "後の人" in form_of(answer.text)["source"]
    assert "先の人" in (office.content / LIFE).read_text("utf-8")


def test_version_is_compared_and_taken_back(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(ITEM))
    form["answer"] = "図書館カードは、本館で作れます。"
    desk.post(ITEM, {**form, "do": "save", "why": "移転"})
    assert "移転" in desk.read(f"/staff/content/history?path={LIFE}")
    page = desk.read("/staff/content/history/1")
    assert "図書館の窓口で作れます" in page and "本館で作れます" in page
    assert desk.post("/staff/content/history/1", {"why": "まちがい"}).status_code == 303
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()
    assert "版2" in desk.read("/staff/content/history")


def test_preview_shows_the_card_and_the_notification(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(ITEM))
    form["title"] = "あたらしい題名"
    page = desk.post(ITEM, {**form, "do": "check"}).text
    assert "LINEでの見え方（湊市）" in page
    assert re.search(r'<p class="title">あたらしい題名</p>', page)
    assert "通知の1行：あたらしい題名" in page
    assert "あたらしい題名" not in ask(office, "図書館カードを作りたい")


def test_problems_of_a_form_speak_of_its_fields(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(ITEM)) | {"status": "planned", "as_of": "まだ"}
    page = desk.post(ITEM, {**form, "do": "check"}).text
    assert "「今の状態」が「予定」なので、「答え」の1文目に「予定」と書いてください。" in page
    assert "「いつの事実か」の「まだ」に年がありません" in page and "行目" not in page


def test_a_problem_of_another_item_of_the_file_says_whose_it_is(office: Office, desk: Desk) -> None:
    fewer = builders.replaced(builders.COMMON, "    - 防犯登録\n", "")
    (office.content / LIFE).write_text(fewer, "utf-8")
    page = desk.post(ITEM, {**form_of(desk.read(ITEM)), "do": "check"}).text
    assert "項目「bicycle-registration」：質問の言い方が4つだけです" in page


def test_draft_answers_before_it_is_saved_and_remembers_the_talk(
    office: Office, desk: Desk
) -> None:
    form = form_of(desk.read(ITEM))
    form["questions"] += "\n読書のパスポート"
    page = desk.post(ITEM, {**form, "do": "ask", "ask": "読書のパスポート"}).text
    assert "図書館カードは、図書館の窓口で作れます" in page
    said = re.findall(r'name="said" value="([^"]*)"', page)
    page = desk.post(ITEM, {**form, "do": "ask", "said": said, "ask": "いくら？"}).text
    assert "手数料は無料です" in page
    assert "読書のパスポート" not in (office.content / LIFE).read_text("utf-8")


def test_what_changes_names_the_theft_and_its_example(office: Office, desk: Desk) -> None:
    asked = [Question(str(n), "2026-11-20", "自転車の登録をしたいです", "answer") for n in range(7)]
    office.db.write(lambda c: questions.add(c, asked))
    form = form_of(desk.read(ITEM))
    form["questions"] += "\n自転車の登録をしたいです"
    page = desk.post(ITEM, {**form, "do": "changes"}).text
    assert "7件の質問の答えが変わります" in page
    assert "例文「自転車の登録をしたいです」は『自転車の防犯登録』の質問7件を奪います" in page
    assert "ほとんど同じです" in page


def test_what_changes_names_the_test_that_breaks(office: Office, desk: Desk) -> None:
    path = "/staff/content/text?path=intents/basic.yaml"
    form = form_of(desk.read(path))
    form["source"] = (
        form["source"]
        .replace("[こんにちは, おはようございます]", "[おはようございます]")
        .replace("[メニュー, ", "[メニュー, こんにちは, ")
    )
    page = desk.post(path, {**form, "do": "changes"}).text
    assert "ためし「こんにちは！」がこわれます（あいさつ → メニュー" in page
    answer = desk.post(path, {**form, "do": "save", "why": "x"})
    assert answer.status_code == 422 and "「greeting」ではなく" in answer.text


def test_new_item_is_added_and_found(office: Office, desk: Desk) -> None:
    path = f"/staff/content/new?path={LIFE}&add=紙おむつの袋"
    form = form_of(desk.read(path))
    assert form["questions"] == "紙おむつの袋"
    form |= {
        "id": "diaper-bags",
        "title": "紙おむつ用の袋",
        "questions": "紙おむつの袋\nおむつ用のごみ袋\nおむつの捨て方\nおむつ袋\n紙おむつ",
        "answer": "紙おむつ用の袋は、窓口で配っています。",
        "source": "湊市デジタル計画 4章",
    }
    answer = desk.post(path, {**form, "do": "save", "why": "新しい"})
    assert answer.status_code == 303, re.findall(r'class="wrong"[^>]*>.*?</', answer.text)
    assert "紙おむつ用の袋は" in ask(office, "おむつ用のごみ袋")


def test_item_is_deleted_and_comes_back(office: Office, desk: Desk) -> None:
    path = f"/staff/content/item?path={LIFE}&item=library-card"
    answer = desk.post(path, {**form_of(desk.read(path)), "do": "delete", "why": "廃止"})
    assert answer.status_code == 422 and "library-card" in answer.text  # the menu names it
    ferry = "/staff/content/item?path=knowledge/minato/transport.yaml&item=minato-ferry"
    answer = desk.post(ferry, {**form_of(desk.read(ferry)), "do": "delete", "why": "廃止"})
    assert answer.status_code == 422  # the only one of its file


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.yaml", "bot/app.py", "knowledge/nothing"])
def test_only_content_files_open(desk: Desk, path: str) -> None:
    assert desk.get(f"/staff/content/text?path={path}").status_code == 404
    assert desk.get(f"/staff/content/item?path={path}&item=x").status_code == 404


def test_editor_changes_only_what_is_in_their_sections(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR, ("knowledge/minato",))
    assert desk.get(ITEM).status_code == 403
    assert desk.post(TEXT, {"do": "save", "source": "x", "base": ""}).status_code == 403
    assert desk.get("/staff/content/text?path=knowledge/minato/transport.yaml").status_code == 200


HELL = {
    "anchors": b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "large": b"- id: a\n  title: " + b"x" * 2_000_000 + b"\n",
    "merge": b"- id: a\n  <<: {title: b}\n",
    "tabs": b"- id: a\n\ttitle: b\n",
    "wide": "- id: a\n　title: b\n".encode(),
    "equal": b"- id: a\n  title: b\n  title: c\n",
    "cut": b'- id: a\n  title: "b\n',
    "deep": b"[" * 500,
}


@pytest.mark.parametrize("name", HELL)
def test_yaml_from_hell_gets_a_japanese_message_and_changes_nothing(
    office: Office, desk: Desk, name: str
) -> None:
    form = form_of(desk.read(TEXT))
    form["source"] = HELL[name].decode()
    answer = desk.post(TEXT, {**form, "do": "save", "why": "x"})
    assert answer.status_code == 422
    assert re.search(r'data-line="\d+">.*?[ぁ-ん]+.*?ください', answer.text, re.S)
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()


def test_ten_megabytes_are_refused_in_japanese(office: Office, desk: Desk) -> None:
    form = form_of(desk.read(TEXT))
    answer = desk.post(TEXT, {**form, "source": "x" * 10_000_000, "do": "save"})
    assert answer.status_code == 413 and "大きすぎます" in answer.text
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "utf-16"])
def test_file_in_another_encoding_opens_as_text_and_can_be_mended(
    office: Office, desk: Desk, encoding: str
) -> None:
    (office.content / LIFE).write_bytes(builders.COMMON.encode(encoding, "replace"))
    assert "文字コードを UTF-8 に" in desk.read(TEXT)
    answer = desk.get(ITEM)
    assert answer.status_code == 303 and "/staff/content/text" in answer.location
    form = form_of(desk.read(TEXT))
    answer = desk.post(TEXT, {**form, "source": builders.COMMON, "do": "save", "why": "x"})
    assert answer.status_code == 303, re.findall(r'class="wrong".*?</div>', answer.text, re.S)
    assert (office.content / LIFE).read_bytes() == builders.COMMON.encode()
