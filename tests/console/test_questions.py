"""What staff learn from residents' questions."""

from __future__ import annotations

import re

import pytest

from bot.services.grouping import group
from bot.store import intake, question_reads, questions, reactions
from bot.store.question_reads import Asked
from bot.store.questions import Question
from bot.store.reactions import Reaction
from bot.store.staff import Role
from tests.console.office import NOW, Office, tokenizer
from tests.store.builders import arrival

DAY = "2026-11-20"


def ask(
    office: Office, text: str, outcome: str = "fallback", times: int = 1, day: str = DAY
) -> None:
    rows = [
        Question(f"{text}{outcome}{day}{n}", day, text, outcome, ("library-card", "greeting"))
        for n in range(times)
    ]
    office.db.write(lambda c: questions.add(c, rows))


def tell(
    office: Office, item: str, kind: str, times: int, shown: tuple[str, ...] = (), day: str = DAY
) -> None:
    rows = [Reaction(f"{item}{kind}{day}{n}{shown}", day, kind, item, shown) for n in range(times)]
    office.db.write(lambda c: reactions.add(c, rows))


def cells(page: str, heading: str) -> list[list[str]]:
    """The rows of the table below a heading, tags taken away."""
    part = page[page.index(f'id="{heading}"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", part[: part.index("</section>")], re.S)[1:]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", each, re.S) for each in rows]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in found]


def headings(page: str) -> list[str]:
    return re.findall(r'<h2 id="g-\d+">(.*?)</h2>', page)


def test_questions_of_one_meaning_are_one_group() -> None:
    asked = [
        Asked(text, "fallback", (), count, DAY)
        for text, count in (
            ("ペットボトルの捨て方", 3),
            ("ペットボトルはどうやって捨てるの", 2),
            ("ペットボトルを捨てたいです", 1),
            ("市長の名前は", 1),
        )
    ]
    found = group(asked, tokenizer())
    assert sorted((each.title, each.count) for each in found) == [
        ("ペットボトルの捨て方", 6),
        ("市長の名前は", 1),
    ]


def test_missed_questions_lead_to_the_nearest_entry_with_the_phrase_filled_in(
    office: Office,
) -> None:
    ask(office, "本を借りるパス", times=3)
    ask(office, "図書館カードを作りたい", "answer")
    desk = office.signed_in(Role.EDITOR)
    page = desk.read("/staff/questions/")
    assert headings(page) == ["本を借りるパス"]
    link = re.search(r'href="(/staff/content/item\?[^"]*add=[^"]*)"', page)
    assert link is not None
    assert "\n本を借りるパス</textarea>" in desk.read(link[1].replace("&amp;", "&"))
    assert "図書館カードを作りたい" in desk.read("/staff/questions/answered")


def test_newest_group_stands_first(office: Office) -> None:
    ask(office, "古いはなし", day="2026-10-01", times=9)
    ask(office, "きのうの件")
    desk = office.signed_in(Role.ANALYST)
    assert headings(desk.read("/staff/questions/")) == ["きのうの件", "古いはなし"]


@pytest.mark.parametrize("what", ["not_ours", "done"])
def test_marked_question_is_gone_and_logged(office: Office, what: str) -> None:
    ask(office, "県庁の食堂のメニュー")
    desk = office.signed_in(Role.EDITOR)
    answer = desk.post("/staff/questions/", {"do": what, "text": ["県庁の食堂のメニュー"]})
    assert answer.status_code == 303
    assert headings(desk.read("/staff/questions/")) == []
    admin = office.signed_in(Role.ADMIN)
    shown = {"not_ours": "市の仕事ではない", "done": "対応ずみ"}[what]
    page = admin.read(f"/staff/audit/?q={shown}")
    assert "質問に印を付けました" in page and f"質問 {shown}" in page
    assert what not in page.partition("<tbody>")[2]
    assert "県庁の食堂" not in admin.get("/staff/audit/log.csv").data.decode("utf-8-sig")


def test_small_numbers_are_hidden_in_charts_tables_and_csv(office: Office) -> None:
    ask(office, "一つ目", "answer", times=7)
    ask(office, "二つ目", "fallback", times=3)
    desk = office.signed_in(Role.ANALYST)
    page = desk.read("/staff/stats/?days=7")
    table = re.findall(r'<th scope="row">(\S+?)</th><td class="number">(\S+?)</td>', page)
    assert ("回答", "7") in table and ("答えられない", "5未満") in table
    text = desk.get("/staff/stats/outcomes.csv?days=7").data.decode("utf-8-sig")
    assert "回答,7" in text and "答えられない,5未満" in text
    assert desk.get("/staff/stats/nothing.csv").status_code == 404


def test_hours_are_those_of_japan(office: Office) -> None:
    moment = int(NOW.timestamp() * 1000)
    office.db.write(lambda c: intake.accept(c, [arrival("a")], moment))
    with office.db.read() as connection:
        assert dict(question_reads.by_hour(connection, 0)) == {12: 1}


def test_exported_cell_is_no_formula(office: Office) -> None:
    ask(office, "=HYPERLINK(1)")
    desk = office.signed_in(Role.ANALYST)
    text = desk.get("/staff/questions/questions.csv").data.decode("utf-8-sig")
    assert "'=HYPERLINK(1)" in text


def test_answers_that_help_least_stand_first_and_few_voices_are_hidden(office: Office) -> None:
    tell(office, "library-card", "solved", 9)
    tell(office, "library-card", "unsolved", 1)
    tell(office, "minato-ferry", "solved", 2)
    tell(office, "minato-ferry", "unsolved", 6)
    tell(office, "bicycle-registration", "unsolved", 4)
    tell(office, "bicycle-registration", "unsolved", 9, day="2026-01-01")  # longer ago than 90 days
    page = office.signed_in(Role.EDITOR).read("/staff/questions/answered")
    assert cells(page, "h-solved") == [
        ["渡し船のデジタル券", "25%", "5未満", "6"],
        ["図書館カードの作り方", "90%", "9", "5未満"],
    ]
    assert "知らせが5件に満たない項目：1件" in page
    assert 'item=library-card"' in page


def test_how_an_answer_helped_stands_beside_the_questions_it_answered(office: Office) -> None:
    ask(office, "図書館カードを作りたい", "answer", times=6)
    ask(office, "船の切符", "answer")
    tell(office, "library-card", "solved", 6)
    page = office.signed_in(Role.ANALYST).read("/staff/questions/answered")
    by_question = {row[0]: row for row in cells(page, "h-answered")}
    assert by_question["図書館カードを作りたい"][-1] == "100%"
    assert "/staff/content/item" not in page


def test_what_was_chosen_of_a_question_back(office: Office) -> None:
    offered = ("library-card", "minato-ferry")
    tell(office, "minato-ferry", "chosen", 7, offered)
    tell(office, "", "chosen", 2, offered)
    tell(office, "library-card", "chosen", 4, ("library-card", "bicycle-registration"))
    page = office.signed_in(Role.ANALYST).read("/staff/questions/answered")
    assert cells(page, "h-choices") == [
        [
            "図書館カードの作り方・渡し船のデジタル券",
            "渡し船のデジタル券 7件どれでもない 5未満",
            "9",
        ]
    ]


def test_helpfulness_is_a_chart_a_table_and_a_file(office: Office) -> None:
    tell(office, "library-card", "solved", 6)
    tell(office, "library-card", "unsolved", 2)
    tell(office, "minato-ferry", "unsolved", 3, day="2026-11-15")
    desk = office.signed_in(Role.ANALYST)
    page = desk.read("/staff/stats/?days=7")
    assert cells(page, "c-solved") == [
        ["11/15", "5未満", "5未満", "5未満"],
        ["11/20", "75", "6", "5未満"],
    ]
    text = desk.get("/staff/stats/solved.csv?days=30").data.decode("utf-8-sig")
    assert text.splitlines()[0] == "週,解決した割合（%）,解決した,解決しない"
    assert text.splitlines()[1:] == ["11/13〜,5未満,5未満,5未満", "11/20〜,75,6,5未満"]
    listed = desk.get("/staff/questions/solved.csv").data.decode("utf-8-sig")
    assert "library-card,図書館カードの作り方,75,6,5未満" in listed and "ferry" not in listed
