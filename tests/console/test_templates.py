"""Templates: kept, approved by another, filled in, sent by one person with a fresh password."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.config import REPOSITORY
from bot.console.composing import digest_of
from bot.store.staff import Role
from tests.console.office import PASSWORD, Office
from tests.console.test_announcements import confirm, page, state

SOURCE = (REPOSITORY / "docs/examples/template-evacuation.yaml").read_text("utf-8")
NAME = "避難の呼びかけ"
ONE = f"/staff/announcements/template?name={NAME}"
FILLED: dict[str, Any] = {
    "name": NAME,
    "b-地区": "南大沢",
    "b-理由": "川の水位が上がっています",
}


@pytest.fixture
def town(office: Office) -> Office:
    """The office with residents and a template that nobody has approved."""
    office.residents()
    author = office.signed_in(Role.EDITOR)
    answer = author.post("/staff/announcements/templates", {"source": SOURCE})
    assert answer.status_code == 303, answer.text
    return office


def seen(desk: Any) -> str:
    return str(re.search(r'name="base" value="(\w+)"', desk.read(ONE))[1])  # type: ignore[index]


def test_one_person_sends_what_was_approved_before_after_the_password(town: Office) -> None:
    first, second = town.signed_in(Role.APPROVER), town.signed_in(Role.APPROVER)
    answer = first.post(
        "/staff/announcements/template/approve", {"name": NAME, "base": seen(first)}
    )
    assert answer.status_code == 303
    town.clock.advance(minutes=11)
    answer = second.post("/staff/announcements/template/send", FILLED)
    assert "/staff/confirm" in answer.location
    town.deliver()
    assert not town.line.got
    confirm(second)
    answer = second.post("/staff/announcements/template/send", FILLED)
    number = int(re.search(r"/(\d+)\?", answer.location)[1])  # type: ignore[index]
    town.deliver()
    assert state(town, number) == "sent" and sum(town.line.got.values()) == 6


def test_after_the_password_the_filled_in_template_stands_there_again(town: Office) -> None:
    first, second = town.signed_in(Role.APPROVER), town.signed_in(Role.APPROVER)
    first.post("/staff/announcements/template/approve", {"name": NAME, "base": seen(first)})
    town.clock.advance(minutes=11)
    asked = second.post("/staff/announcements/template/send", FILLED)
    assert "まだ何も変えていません" in second.read(asked.location)
    (back,) = parse_qs(urlsplit(asked.location).query)["next"]
    answer = second.post("/staff/confirm", {"password": PASSWORD, "next": back, "again": "1"})
    text = second.read(answer.location)
    assert "南大沢に避難の呼びかけが出ました" in text and "いますぐ送る</button>" in text
    town.deliver()
    assert not town.line.got


def test_template_nobody_approved_is_not_sent_by_one(town: Office) -> None:
    approver = town.signed_in(Role.APPROVER)
    confirm(approver)
    assert "いますぐ送る" not in approver.read(ONE)
    answer = approver.post("/staff/announcements/template/send", FILLED)
    assert answer.status_code == 422 and "まだ承認されていません" in answer.text


def test_template_rewritten_after_reading_is_not_approved(town: Office) -> None:
    approver, editor = town.signed_in(Role.APPROVER), town.signed_in(Role.EDITOR)
    read = seen(approver)
    editor.post("/staff/announcements/templates", {"source": SOURCE.replace("安全", "高い")})
    data = {"name": NAME, "base": read}
    answer = approver.post("/staff/announcements/template/approve", data)
    assert answer.status_code == 422 and "書き直しました" in answer.text
    assert town.notices.templating.load(NAME).approved_by == ""


def test_author_of_a_template_cannot_approve_it(town: Office) -> None:
    author = town.signed_in(Role.APPROVER)
    author.post("/staff/announcements/templates", {"source": SOURCE})
    assert "ほかの人が承認してください" in author.read(ONE)
    read = digest_of(town.notices.templating.load(NAME).source)
    answer = author.post("/staff/announcements/template/approve", {"name": NAME, "base": read})
    assert answer.status_code == 422 and "作った人は承認できません" in answer.text


def test_filled_in_it_becomes_a_draft_of_who_filled_it(town: Office) -> None:
    approver = town.signed_in(Role.APPROVER)
    text = approver.read(f"{ONE}&b-地区=南大沢&b-理由=川の水位が上がっています")
    assert "南大沢に避難の呼びかけが出ました" in text and "6人" in text
    answer = approver.post("/staff/announcements/template/use", FILLED)
    number = int(re.search(r"/(\d+)\?", answer.location)[1])  # type: ignore[index]
    stored = town.notices.announcing.load(number)
    assert (str(stored.state), stored.author) == ("draft", approver.name)
    assert "あなたが作った" not in approver.read(page(number))


def test_word_off_the_list_is_refused(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    wrong = FILLED | {"b-地区": "よその町"}
    answer = editor.post("/staff/announcements/template/use", wrong)
    assert answer.status_code == 422 and "どれかにしてください" in answer.text
    assert editor.get("/staff/announcements/template?name=ない").status_code == 404


def test_broken_template_is_kept_nowhere_but_in_its_field(town: Office) -> None:
    editor = town.signed_in(Role.EDITOR)
    answer = editor.post("/staff/announcements/templates", {"source": "name: だめ\n"})
    assert answer.status_code == 422 and "name: だめ" in answer.text
    assert town.notices.templating.names() == [NAME]


def test_news_becomes_drafts_and_is_not_sent(town: Office, tmp_path: Path) -> None:
    editor = town.signed_in(Role.EDITOR)
    data = {
        "file": (REPOSITORY / "docs/examples/news.rss").open("rb"),
        "segment_name": "図書館・施設",
    }
    answer = editor.post("/staff/announcements/feed", data)
    assert answer.status_code == 303, answer.text
    town.deliver()
    assert not town.line.got and "下書き" in editor.read("/staff/announcements/")
    assert editor.post("/staff/announcements/feed").status_code == 422
