"""Announcements in the console, from the first word to the correction; who may do what."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection, update

from bot.services.images import ImageLibrary
from bot.store import audit_pages
from bot.store.announcement_tables import announcements, batches
from bot.store.staff import Role
from tests.console.office import PASSWORD, Desk, Office
from tests.services.announcing import BYSTANDERS, refused

SAVED = {"audience": "saved", "segment_name": "図書館・施設"}
TEXT = {"m-ja-0-type": "text", "m-ja-0-text": "スマホ教室を開きます。"}
RULE = {"audience": "rule", "rule": "{topics: {any: [smartphone_class]}}"}
NEW = "/staff/announcements/new"


def fields(**more: Any) -> dict[str, Any]:
    """What the composer sends."""
    return {"title": "スマホ教室", "kind": "normal", "when": "now", **RULE, **TEXT, **more}


def kept(desk: Desk, **more: Any) -> int:
    """A draft by that person."""
    answer = desk.post(NEW, fields(do="save", **more))
    assert answer.status_code == 303, answer.text
    return int(re.search(r"/announcements/(\d+)", answer.location)[1])  # type: ignore[index]


def page(number: int, step: str = "") -> str:
    return f"/staff/announcements/{number}" + (f"/{step}" if step else "")


def base(desk: Desk, number: int, step: str) -> str:
    return str(re.search(r'name="base" value="(\w+)"', desk.read(page(number, step)))[1])  # type: ignore[index]


def state(office: Office, number: int) -> str:
    return str(office.notices.announcing.load(number).state)


def done(office: Office) -> list[tuple[str, str]]:
    """Who did what, oldest first."""
    with office.db.read() as connection:
        return [(each.who, each.what) for each in audit_pages.everything(connection)]


def confirm(desk: Desk) -> None:
    assert desk.post("/staff/confirm", {"password": PASSWORD, "next": ""}).status_code == 303


@pytest.fixture
def town(office: Office) -> Office:
    """The office with residents."""
    office.residents()
    return office


def approved(office: Office, editor: Desk, approver: Desk, **more: Any) -> int:
    number = kept(editor, **more)
    assert editor.post(page(number, "submit")).status_code == 303
    data = {"base": base(approver, number, "approve")}
    answer = approver.post(page(number, "approve"), data)
    assert answer.status_code == 303, answer.text
    return number


def test_written_checked_approved_by_another_sent_and_corrected(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor)
    assert "点検が終わりました" in editor.post(page(number, "check")).text
    assert editor.post(page(number, "submit")).status_code == 303
    assert "だれかを待っているもの（1件）" in approver.read("/staff/announcements/")
    data = {"base": base(approver, number, "approve")}
    assert approver.post(page(number, "approve"), data).status_code == 303
    assert "6人に送る" in approver.read(page(number, "send"))
    assert approver.post(page(number, "send")).status_code == 303
    town.deliver()
    assert state(town, number) == "sent" and sum(town.line.got.values()) == 6
    assert "6人のうち6人まで終わりました" in editor.read(page(number, "progress"))
    answer = editor.post(
        page(number, "correct"),
        {"title": "【訂正】スマホ教室", "kind": "normal", "m-ja-0-type": "text",
         "m-ja-0-text": "会場は公民館です。", "do": "save"},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    fresh = number + 1
    data = {"base": base(approver, fresh, "approve")}
    assert approver.post(page(fresh, "approve"), data).status_code == 303
    town.deliver()
    assert state(town, fresh) == "sent" and set(town.line.got.values()) == {2}
    assert not set(BYSTANDERS) & set(town.line.got)
    shown = editor.get(page(number)).text
    assert "訂正があります" in shown and f"{fresh}番のお知らせ</a>（配信ずみ）" in shown
    assert "訂正があります" not in editor.get(page(fresh)).text
    who = {(name.rstrip("0123456789"), what) for name, what in done(town)}
    for step in ("new", "check", "submit"):
        assert ("editor", step) in who
    for step in ("approve", "send"):
        assert ("approver", step) in who


def test_who_wrote_it_cannot_approve_even_with_the_role(town: Office) -> None:
    approver = town.signed_in(Role.APPROVER)
    number = kept(approver)
    approver.post(page(number, "submit"))
    text = approver.read(page(number, "approve"))
    assert "あなたが作ったお知らせです" in text and "承認する</button>" not in text
    seen = base(approver, number, "edit")
    answer = approver.post(page(number, "approve"), {"base": seen})
    assert answer.status_code == 422 and "ほかの人が承認" in answer.text


def test_what_was_rewritten_after_reading_is_not_approved(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor)
    editor.post(page(number, "submit"))
    seen = base(approver, number, "approve")
    change = fields(do="save", base=base(editor, number, "edit"))
    change["m-ja-0-text"] = "中身を変えました。"
    assert editor.post(page(number, "edit"), change).status_code == 303
    editor.post(page(number, "submit"))
    answer = approver.post(page(number, "approve"), {"base": seen})
    assert answer.status_code == 422 and state(town, number) == "awaiting_approval"


def test_second_of_two_writers_loses_nothing(town: Office) -> None:
    one, two = town.signed_in(Role.EDITOR), town.signed_in(Role.EDITOR)
    number = kept(one)
    first, second = base(one, number, "edit"), base(two, number, "edit")
    mine = fields(do="save", base=first) | {"m-ja-0-text": "先の人です。"}
    theirs = fields(do="save", base=second) | {"m-ja-0-text": "後の人です。"}
    assert one.post(page(number, "edit"), mine).status_code == 303
    answer = two.post(page(number, "edit"), theirs)
    assert answer.status_code == 409 and "ほかの人が書き直しました" in answer.text
    assert "先の人です。" in answer.text and "後の人です。" in answer.text
    assert "先の人です。" in two.read(page(number))
    now = re.search(r'name="base" value="(\w+)"', answer.text)
    assert now is not None
    assert two.post(page(number, "edit"), theirs | {"base": now[1]}).status_code == 303
    assert "後の人です。" in one.read(page(number))


def test_reason_of_a_rejection_is_read_by_the_author(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor)
    editor.post(page(number, "submit"))
    assert approver.post(page(number, "reject"), {"reason": ""}).status_code == 422
    answer = approver.post(page(number, "reject"), {"reason": "会場がありません"})
    assert answer.status_code == 303
    assert state(town, number) == "draft" and "会場がありません" in editor.read(page(number))


def test_slips_stand_beside_the_field_with_the_words(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    text = editor.post(NEW, fields() | {"m-ja-0-text": "11月25日（月）に開きます。"}).text
    found = re.search(r'id="b-m-ja-0-text"[^>]*>(.*?)</div>', text, re.DOTALL)
    assert found is not None and "曜日がちがいます" in found[1]
    assert editor.post(page(kept(editor), "check")).status_code == 200


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "あ" * 61}, "title"),
        ({"m-ja-0-text": ""}, "m-ja-0-text"),
        ({"m-ja-0-text": "あ\n" * 4900}, "m-ja-0-text"),
        ({"rule": "{topics: {any: [nothing]}}"}, "rule"),
        ({"rule": "{topics: [\n"}, "rule"),
        ({"rule": "\ttopics: 1\ntitle: ほかの題"}, "rule"),
        ({"audience": "saved", "segment_name": ""}, "segment_name"),
        ({"audience": "saved", "segment_name": "ない条件"}, "segment_name"),
        ({"when": "at", "send_at": "きのう"}, "send_at"),
        ({"when": "repeat", "every": "monthly", "days": "40", "at": "10:00"}, "days"),
        ({"when": "repeat", "every": "weekly", "at": "10:00"}, "days"),
        ({"expires_at": "2026-13-01T10:00"}, "expires_at"),
        (
            {"m-ja-0-type": "card", "m-ja-0-title": "題", "m-ja-0-image": "https://x.jp/a.jpg"},
            "m-ja-0-image",
        ),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    town: Office, change: dict[str, str], place: str
) -> None:
    editor = town.signed_in(Role.EDITOR)
    answer = editor.post(NEW, fields(do="save") | change)
    assert answer.status_code == 422
    found = re.search(rf'id="b-{place}"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
    assert found is not None and "<p" in found[1], answer.text
    assert "ありません。</li>" in editor.read("/staff/announcements/")


def test_what_is_wrong_is_said_in_the_words_of_the_form(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    card = {"m-ja-1-type": "card", "m-ja-1-title": "題", "m-ja-1-image": "https://x.jp/a.jpg"}
    text = editor.post(NEW, fields(**card)).text
    found = re.search(r'id="b-m-ja-1-image"[^>]*>(.*?)</div>', text, re.DOTALL)
    assert found is not None and "「画像の説明」に書いてください" in found[1]


def test_first_page_says_what_each_can_do_about_announcements(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    assert "待っているものはありません" in editor.read("/staff/")
    editor.post(page(kept(editor), "submit"))
    assert "承認か管理の人が承認します" in editor.read("/staff/")
    assert "読んで、承認しましょう" in approver.read("/staff/")


def test_everything_in_the_form_comes_back_as_it_was_written(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    text = '  1行目: "引用" # しるし\n\n- 3行目　全角\n    字下げ\'も\n{}[]'
    number = kept(
        editor, **{
            "m-ja-0-text": text, "owner": "no", "m-ja-1-type": "card", "m-ja-1-title": "8:30",
            "m-ja-1-text": "カードの文\n2行目", "m-ja-1-image": "https://www.city.example.jp/a.jpg",
            "m-ja-1-words": "0120", "m-ja-1-link-0-label": "見る",
            "m-ja-1-link-0-url": "https://www.city.example.jp/?a=1&b=2#c",
            "language-set": "en", "m-en-0-type": "text", "m-en-0-text": "Yes",
            "when": "repeat", "every": "monthly", "days": "20、25", "at": "10:00",
            "excluded": "2026-12-25", "skip_holidays": "1", "until": "2027-03-31",
            "expires_at": "2027-03-31T17:00",
        },
    )  # fmt: skip
    announcing = town.notices.announcing
    draft = announcing.draft(announcing.load(number))
    assert draft.messages[0].text == text.strip() and draft.owner == "no"
    assert draft.messages[1].title == "8:30" and draft.messages[1].words == "0120"  # type: ignore[union-attr]
    shown = editor.read(page(number, "edit"))
    sent = dict(re.findall(r'<input id="([^"]+)" name="[^"]+" type="[^"]+" value="([^"]*)"', shown))
    assert sent["m-ja-1-title"] == "8:30" and sent["expires_at"] == "2027-03-31T17:00"
    assert sent["m-ja-1-link-0-url"] == "https://www.city.example.jp/?a=1&amp;b=2#c"
    assert sent["days"] == "20、25" and sent["until"] == "2027-03-31"


def test_messages_are_added_moved_and_removed_without_a_script(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    text = editor.post(NEW, fields(do="add-card:ja")).text
    assert 'id="m-ja-1-title"' in text and re.search(r'id="m-ja-1-title"[^>]*autofocus', text)
    two = fields() | {"m-ja-1-type": "text", "m-ja-1-text": "2つ目"}
    text = editor.post(NEW, two | {"do": "up:ja:1"}).text
    assert re.search(r'<textarea id="m-ja-0-text"[^>]*>\s*2つ目', text)
    text = editor.post(NEW, two | {"do": "remove:ja:0"}).text
    assert "スマホ教室を開きます。" not in text and 'id="m-ja-1-text"' not in text
    text = editor.post(NEW, two | {"do": "language", "new-language": "en"}).text
    assert 'id="m-en-0-text"' in text
    assert editor.post(NEW, two | {"do": "remove:ja:99"}).status_code == 200


@pytest.mark.parametrize("kind", ["everyone", "emergency"])
def test_dangerous_ones_ask_for_the_password_again(town: Office, kind: str) -> None:
    change = {"kind": "emergency"} if kind == "emergency" else {}
    everyone = {**change, "audience": "everyone"}
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor, **everyone)
    editor.post(page(number, "submit"))
    town.clock.advance(minutes=11)
    answer = approver.get(page(number, "approve"))
    assert answer.status_code == 303 and "/staff/confirm" in answer.location
    seen = base(editor, number, "edit")
    answer = approver.post(page(number, "approve"), {"base": seen})
    assert "/staff/confirm" in answer.location and state(town, number) == "awaiting_approval"
    confirm(approver)
    assert approver.post(page(number, "approve"), {"base": seen}).status_code == 303
    assert state(town, number) == "scheduled"
    town.clock.advance(minutes=11)
    answer = approver.post(page(number, "send"))
    assert "/staff/confirm" in answer.location
    assert town.notices.announcing.load(number).due_at is None
    confirm(approver)
    assert "announcements" in approver.post(page(number, "send")).location


def test_pause_resume_and_cancel(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver, when="at", send_at="2099-01-01T10:00")
    approver.post(page(number, "send"))
    assert state(town, number) == "scheduled"
    assert editor.post(page(number, "pause")).status_code == 303
    assert state(town, number) == "paused"
    assert editor.post(page(number, "resume")).status_code == 403
    assert approver.post(page(number, "resume")).status_code == 303
    assert editor.post(page(number, "cancel")).status_code == 422
    assert "取り消す" in approver.read(page(number, "cancel"))
    assert approver.post(page(number, "cancel")).status_code == 303
    assert state(town, number) == "cancelled"
    town.deliver()
    assert not town.line.got


def test_written_time_is_kept_until_somebody_says_now(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver, when="at", send_at="2099-01-01T10:00")
    assert "決めた日時に送る" in approver.read(page(number, "send"))
    approver.post(page(number, "send"))
    town.deliver()
    assert not town.line.got
    approver.post(page(number, "send"), {"at_once": "1"})
    town.deliver()
    assert sum(town.line.got.values()) == 6


def test_failure_is_shown_and_taken_up_again(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(page(number, "send"))
    town.line.script = [refused()]
    town.deliver()
    assert state(town, number) == "failed"
    assert "だれかを待っているもの" in editor.read("/staff/announcements/")
    assert approver.post(page(number, "resume")).status_code == 303
    town.deliver()
    assert state(town, number) == "sent" and sum(town.line.got.values()) == 6


def test_export_needs_the_role_and_a_fresh_password_and_is_logged(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(page(number, "send"))
    town.deliver()
    assert editor.get(page(number, "sent.csv")).status_code == 403
    confirm(approver)
    answer = approver.get(page(number, "sent.csv"))
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[0] == ["user_id", "batch", "state", "accepted_at"] and len(rows) == 7
    assert done(town)[-1][1] == "export"


def test_log_of_everything_is_in_japanese(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(page(number, "send"))
    town.deliver()
    admin = town.signed_in(Role.ADMIN)
    shown = admin.read("/staff/audit/")
    for words in (f"お知らせ {number}", "承認待ち", "配信ずみ", "まどぐち"):
        assert words in shown
    exported = admin.get("/staff/audit/log.csv").data.decode("utf-8-sig")
    for code in ("awaiting_approval", "announcement", "system"):
        assert code not in shown.split("<tbody>")[1] and code not in exported


def test_no_page_shows_who_a_resident_is(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(page(number, "send"))
    town.deliver()
    for path in (page(number), page(number, "progress"), "/staff/announcements/"):
        assert not re.search(r"U[0-9a-f]{32}", editor.read(path))


def test_few_residents_are_not_counted_on_the_page(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    text = editor.post(NEW, fields(rule="{district: {in: [明神町]}}")).text
    assert "5人未満" in text


def test_test_goes_to_the_chosen_testers_alone(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor)
    wrong = {"do": "add", "name": "鈴木", "user_id": "U1"}
    assert approver.post("/staff/announcements/testers", wrong).status_code == 422
    right = wrong | {"user_id": "U" + "a" * 32}
    assert editor.post("/staff/announcements/testers", right).status_code == 403
    assert approver.post("/staff/announcements/testers", right).status_code == 303
    assert editor.post(page(number, "test")).status_code == 422
    answer = editor.post(page(number, "test"), {"names": "鈴木"})
    assert "鈴木：送りました" in answer.text and len(town.line.pushed) == 1
    assert state(town, number) == "draft"
    gone = {"do": "remove", "name": "鈴木"}
    assert approver.post("/staff/announcements/testers", gone).status_code == 303
    assert "まだいません" in editor.read("/staff/announcements/testers")


def test_analyst_reads_and_changes_nothing(town: Office) -> None:
    editor, analyst = town.signed_in(Role.EDITOR), town.signed_in(Role.ANALYST)
    number = kept(editor)
    text = analyst.read(page(number))
    assert "スマホ教室を開きます。" in text and "次にすること" not in text
    assert "新しいお知らせ" not in analyst.read("/staff/announcements/")
    for step in ("check", "submit", "approve", "send", "pause", "cancel"):
        assert analyst.post(page(number, step)).status_code == 403


def test_list_is_searched_and_narrowed(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    kept(editor, title="図書館の催し")
    kept(editor, title="税の納期限")
    found = editor.read("/staff/announcements/?q=図書館")
    assert "図書館の催し" in found and "税の納期限" not in found
    assert "税の納期限" in editor.read("/staff/announcements/?state=draft")
    assert "税の納期限" not in editor.read("/staff/announcements/?state=sent")
    assert "ありません" in editor.read("/staff/announcements/?q=%25")


def test_calendar_shows_what_is_planned_what_repeats_and_holidays(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver, when="repeat", every="monthly", days="20", at="10:00")
    approver.post(page(number, "send"))
    due = town.notices.announcing.load(number).due_at
    assert due is not None
    text = editor.read("/staff/announcements/calendar?month=2027-02")
    assert "10:00 スマホ教室" in text and text.count("祝日</span>") >= 2
    assert "calendar?month=2027-01" in text and "calendar?month=2027-03" in text
    for wrong in ("x", "2026-13", "9999-01", "0001-01"):
        assert editor.get(f"/staff/announcements/calendar?month={wrong}").status_code == 200


def test_copy_begins_with_the_words_of_another_and_is_ones_own(town: Office) -> None:
    one, two = town.signed_in(Role.APPROVER), town.signed_in(Role.EDITOR)
    number = kept(one, when="at", send_at="2099-01-01T10:00")
    text = two.read(f"{NEW}?copy={number}")
    assert "スマホ教室を開きます。" in text and "2099-01-01" not in text
    fresh = kept(two)
    assert town.notices.announcing.load(fresh).author == two.name


def test_file_is_kept_under_the_name_of_who_signed_in(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    source = "title: 文で\nauthor: ほかの人\nsegment_name: 図書館・施設\nmessages:\n  - text: 開きます。\n"
    answer = editor.post("/staff/announcements/text", {"source": source})
    assert answer.status_code == 303, answer.text
    number = int(re.search(r"(\d+)\?", answer.location)[1])  # type: ignore[index]
    assert town.notices.announcing.load(number).author == editor.name
    answer = editor.post("/staff/announcements/text", {"source": "title: [\n"})
    assert answer.status_code == 422 and "title: [" in answer.text
    answer = editor.post("/staff/announcements/text", {"source": source + "nothing: x\n"})
    assert answer.status_code == 422 and 'data-goto="6"' in answer.text


def test_correction_of_what_was_never_sent_is_refused(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    assert editor.get(page(kept(editor), "correct")).status_code == 409
    assert editor.get(page(999)).status_code == 404


def test_editor_cannot_send_by_correcting_where_one_approval_is_enough(tmp_path: Path) -> None:
    office = Office(tmp_path)
    try:
        office.residents()
        office.notices.announcing.two_people = False
        editor, approver = office.signed_in(Role.EDITOR), office.signed_in(Role.APPROVER)
        number = approved(office, editor, approver)
        approver.post(page(number, "send"))
        office.deliver()
        change = {"title": "【訂正】教室", "kind": "normal", "do": "save", **TEXT}
        assert editor.post(page(number, "correct"), change).status_code == 303
        office.deliver()
        assert state(office, number + 1) == "awaiting_approval"
        assert set(office.line.got.values()) == {1}
        # The next who sees the fault is led to it.
        assert editor.get(page(number, "correct")).location.endswith(page(number + 1))
        assert f"訂正（{number + 1}番）" in editor.get(page(number)).text
        again = editor.post(page(number, "correct"), change)
        assert again.status_code == 422 and f"訂正（{number + 1}番）がもうあります" in again.text
    finally:
        office.close()


def test_person_decides_about_what_is_in_doubt(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = approved(town, editor, approver)
    approver.post(page(number, "send"))
    town.deliver()

    def doubt(connection: Connection) -> None:
        connection.execute(update(batches).values(state="needs_person", settled_at=None))
        connection.execute(update(announcements).values(state="needs_person"))

    town.db.write(doubt)
    assert "届いたか分からない送信" in approver.read(page(number))
    assert editor.post(page(number, "resolve"), {"arrived": "yes"}).status_code == 403
    assert approver.post(page(number, "resolve")).status_code == 422
    assert approver.post(page(number, "resolve"), {"arrived": "yes"}).status_code == 303
    assert state(town, number) == "sent"
    assert town.notices.reporting.status(number).counts.accepted == 6


def test_reason_of_a_rejection_is_gone_once_approval_is_asked_again(town: Office) -> None:
    editor, approver = town.signed_in(Role.EDITOR), town.signed_in(Role.APPROVER)
    number = kept(editor)
    editor.post(page(number, "submit"))
    approver.post(page(number, "reject"), {"reason": "会場がありません"})
    editor.post(page(number, "submit"))
    assert town.notices.announcing.load(number).reason == ""


def test_preview_links_nowhere_but_to_pages_and_phones(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    card = {"m-ja-1-type": "card", "m-ja-1-title": "題", "m-ja-1-text": "<script>x</script>",
            "m-ja-1-link-0-label": "押す", "m-ja-1-link-0-url": "javascript:alert(1)"}  # fmt: skip
    text = editor.post(NEW, fields(**card)).text
    assert 'href="javascript' not in text and "<script>x" not in text
    assert "https:// で始まる" in text


def test_uploaded_image_is_chosen_and_shown(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    picture = io.BytesIO()
    Image.new("RGB", (1024, 640), "white").save(picture, "PNG")
    ImageLibrary(town.db, town.now).add(picture.getvalue(), "教室のちらし", editor.name)
    found = re.search(r'<option value="(https://[^"]+/media/\w+\.jpg)">教室のちらし', editor.post(
        NEW, fields(do="add-card:ja")).text)  # fmt: skip
    assert found is not None
    card = {"m-ja-1-type": "card", "m-ja-1-title": "題", "m-ja-1-picked": found[1],
            "m-ja-1-words": "教室のちらし"}  # fmt: skip
    text = editor.post(NEW, fields(**card)).text
    assert re.search(r'<img class="shot" src="/media/\w+\.jpg" alt="教室のちらし"', text)
    del card["m-ja-1-words"]
    announcing = town.notices.announcing
    kept_card = announcing.draft(announcing.load(kept(editor, **card))).messages[1]
    assert kept_card.words == "教室のちらし"  # type: ignore[union-attr]
