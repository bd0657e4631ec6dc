"""Saved segments in the console: built step by step, said as a sentence, never a small number."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.content.segments import SEGMENTS_FILE
from bot.core.announcements import Draft, Kind, State, TextMessage, as_data
from bot.store import announcements, attributes, segment_sizes
from bot.store.announcement_tables import templates
from bot.store.announcements import New
from bot.store.staff import Role
from tests.console.office import Desk, Office
from tests.console.segment_town import add_segments
from tests.segments import resident, user_id

_FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="([^"]+)"[^>]*>')


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    add_segments(office)
    yield office
    office.close()


@pytest.fixture
def desk(office: Office) -> Desk:
    return office.signed_in(Role.EDITOR)


def live(office: Office, count: int, start: int = 0, **chosen: Any) -> None:
    many = {user_id(start + n): resident(**chosen) for n in range(count)}
    office.db.write(lambda c: attributes.save_many(c, many, 1))


def announce(office: Office, name: str) -> int:
    draft = Draft("春の催し", Kind.NORMAL, (TextMessage("x"),), "花子", segment_name=name)
    new = New("normal", "春の催し", "花子", "", json.dumps(as_data(draft)), True)
    return office.db.write(lambda c: announcements.add(c, new, 1, "花子"))


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def base_of(page: str) -> str:
    found = re.search(r'name="base" value="([0-9a-f]*)"', page)
    assert found is not None
    return found[1]


SENIORS: dict[str, Any] = {
    "name": "高齢の方のスマホ",
    "who": "conditions",
    "relation": "all",
    "g": ["0"],
    "g0.relation": "all",
    "g0.r": ["0", "1"],
    "g0.r0.kind": "topics",
    "g0.r0.relation": "any",
    "g0.r0.v": ["smartphone_class"],
    "g0.r1.kind": "life_stage",
    "g0.r1.relation": "is",
    "g0.r1.v": ["senior"],
}


def test_the_list_says_every_rule_with_its_size_and_use(office: Office, desk: Desk) -> None:
    live(office, 30, topics=["payment"])
    live(office, 4, start=100, topics=["facility"])
    announce(office, "市税の納期限")
    said = text_of(desk.read("/staff/segments/"))
    assert "市税の納期限 ジャンルで「納税・支払い」を選んだ人に届きます。" in said
    assert "図書館・施設 ジャンルで「施設・図書館・Wi-Fi」を選んだ人に届きます。 5人未満" in said
    assert "使っている所：「春の催し」（下書き）" in said
    assert "30〜39人" in said  # four others: 34 and 30 would tell of them


def test_building_step_by_step_without_a_script(office: Office, desk: Desk) -> None:
    live(office, 12, topics=["smartphone_class"], life_stages=["senior"])
    page = desk.read("/staff/segments/new")
    start = {"base": base_of(page), "who": "conditions", "g": "0", "g0.relation": "all"}
    page = desk.post("/staff/segments/new", {**start, "do": "add-0", "g0.new": "topics"}).text
    assert 'name="g0.r0.kind" value="topics"' in page and "スマホ教室" in page
    one = {"g0.r": ["0"], "g0.r0.kind": "topics", "g0.r0.relation": "any"}
    page = desk.post(
        "/staff/segments/new", {**start, **one, "do": "add-0", "g0.new": "life_stage"}
    ).text
    assert 'name="g0.r1.kind" value="life_stage"' in page
    assert re.search(r'id="g0-r1-relation"[^>]* autofocus', page)
    page = desk.post("/staff/segments/new", {**SENIORS, "do": "count"}).text
    sentence = (
        "ジャンルで「スマホ教室」を選んだ人、かつ、くらしで「60代以上」を選んだ人に届きます。 12人"
    )
    assert sentence in text_of(page)
    page = desk.post("/staff/segments/new", {**SENIORS, "do": "drop-0-0"}).text
    assert 'value="topics"' not in page.partition('name="g0.new"')[0]
    assert re.search(r'value="senior" checked', page)
    page = desk.post("/staff/segments/new", {**SENIORS, "do": "group"}).text
    assert "条件のまとまり 2" in text_of(page)
    page = desk.post("/staff/segments/new", {**SENIORS, "g": ["0", "1"], "do": "ungroup-1"}).text
    assert "条件のまとまり" not in text_of(page)


def test_a_group_with_or_and_not(desk: Desk) -> None:
    more = {
        "g": ["0", "1"],
        "g1.relation": "not_any",
        "g1.r": ["0", "1"],
        "g1.r0.kind": "district",
        "g1.r0.relation": "is",
        "g1.r0.v": ["旭町"],
        "g1.r0.more": "みなみ、きた",
        "g1.r1.kind": "child_birth_month",
        "g1.r1.relation": "is",
        "g1.r1.from": "2026-04",
        "g1.r1.to": "2026-06",
        "g1.r1.more": "2026-08",
    }
    page = desk.post("/staff/segments/new", {**SENIORS, **more, "do": "count"}).text
    said = text_of(page)
    assert (
        "、かつ、（地区で「旭町」「きた」「みなみ」のどれかを選んだ人、または、"
        "2026年4月・2026年5月・2026年6月・2026年8月生まれの子がいる人）以外の人に届きます。" in said
    )
    assert 'value="2026-04"' in page and 'value="2026-06"' in page and 'value="2026-08"' in page


def test_problems_stand_beside_their_condition_and_nothing_is_saved(
    office: Office, desk: Desk
) -> None:
    before = (office.content / SEGMENTS_FILE).read_bytes()
    wrong = {
        **SENIORS,
        "g0.r1.kind": "child_age_months",
        "g0.r1.low": "7",
        "g0.r1.high": "４",
        "do": "save",
        "base": base_of(desk.read("/staff/segments/new")),
    }
    answer = desk.post("/staff/segments/new", wrong)
    assert answer.status_code == 422
    beside = re.search(r'id="g0-r1-wrong".*?</div>', answer.text, re.S)
    assert beside is not None and "0から227の数字" in beside[0]
    assert 'value="４"' in answer.text
    assert "ジャンルで「スマホ教室」を選んだ人に届きます。" in answer.text
    assert "まだ書きかけの条件があります" in answer.text
    assert (office.content / SEGMENTS_FILE).read_bytes() == before


def test_saving_publishes_a_version_and_touches_nothing_else(office: Office, desk: Desk) -> None:
    before = (office.content / SEGMENTS_FILE).read_bytes()
    base = base_of(desk.read("/staff/segments/new"))
    sent = {**SENIORS, "do": "save", "base": base, "why": "教室が始まる"}
    answer = desk.post("/staff/segments/new", sent)
    assert (answer.status_code, answer.location) == (303, "/staff/segments/?done=saved")
    after = (office.content / SEGMENTS_FILE).read_bytes()
    added = (
        "  - name: 高齢の方のスマホ\n    rule: {all: [{topics: {any: [smartphone_class]}}, "
        "{life_stage: {any: [senior]}}]}\n"
    )
    assert after.replace(added.encode(), b"") == before
    assert "高齢の方のスマホ" in office.publisher.current().catalog.segments
    history = text_of(desk.read(f"/staff/content/history?path={SEGMENTS_FILE}"))
    assert "教室が始まる" in history and desk.name in history
    page = desk.read("/staff/segments/one?name=高齢の方のスマホ")
    assert re.search(r'value="senior" checked', page)


def edit(desk: Desk, old: str, /, **changes: Any) -> Any:
    base = base_of(desk.read(f"/staff/segments/one?name={old}"))
    data = {**SENIORS, "name": old, "base": base, "do": "save", **changes}
    return desk.post(f"/staff/segments/one?name={old}", data)


def test_renaming_keeps_the_history_of_sizes(office: Office, desk: Desk) -> None:
    office.db.write(lambda c: segment_sizes.keep(c, "2026-11-20", {"ごみ": (9, 9), "市税の納期限": (50, 50)}))  # fmt: skip
    assert edit(desk, "市税の納期限", name="市税").status_code == 303
    with office.db.read() as connection:
        kept = segment_sizes.since(connection, "2026-11-20")
    assert {each.name for each in kept} == {"ごみ", "市税"}


@pytest.mark.parametrize("by", ["announcement", "template"])
def test_what_is_in_use_is_neither_renamed_nor_deleted(office: Office, desk: Desk, by: str) -> None:
    number = 0
    if by == "announcement":
        number = announce(office, "市税の納期限")
    else:
        row = {"account": "main", "name": "納期", "source": "segment_name: 市税の納期限\n"}
        office.db.write(lambda c: c.execute(insert(templates).values(**row, author="花子")))
    before = (office.content / SEGMENTS_FILE).read_bytes()
    for changes in ({"name": "市税"}, {"do": "delete"}):
        answer = edit(desk, "市税の納期限", **changes)
        assert answer.status_code == 422 and "使っているため" in answer.text
    assert (office.content / SEGMENTS_FILE).read_bytes() == before
    assert edit(desk, "市税の納期限").status_code == 303  # its rule may change
    if number:
        office.db.write(lambda c: announcements.change(c, number, state=str(State.SENT)))
        assert edit(desk, "市税の納期限", do="delete").location.endswith("done=gone")
        assert "市税の納期限" not in text_of(desk.read("/staff/segments/"))


def test_who_was_quicker_elsewhere_loses_nothing_and_here_is_shown(
    office: Office, desk: Desk
) -> None:
    base = base_of(desk.read("/staff/segments/one?name=市税の納期限"))
    other = office.signed_in(Role.APPROVER)
    assert edit(other, "図書館・施設").status_code == 303
    sent = {**SENIORS, "name": "市税の納期限", "base": base, "do": "save"}
    assert desk.post("/staff/segments/one?name=市税の納期限", sent).status_code == 303
    base = base_of(desk.read("/staff/segments/one?name=市税の納期限"))
    assert edit(other, "市税の納期限", **{"g0.r1.v": ["student"]}).status_code == 303
    answer = desk.post("/staff/segments/one?name=市税の納期限", {**sent, "base": base})
    assert answer.status_code == 409 and "student" in answer.text
    again = {**sent, "base": base_of(answer.text)}
    assert desk.post("/staff/segments/one?name=市税の納期限", again).status_code == 303
    assert "student" not in (office.content / SEGMENTS_FILE).read_text("utf-8").partition("市税の納期限")[2][:150]  # fmt: skip


def test_a_rule_without_a_form_is_said_and_edited_as_text(office: Office, desk: Desk) -> None:
    deep = "{any: [{topics: {any: [child]}}, {all: [{district: {in: [旭町]}}, {any: [{topics: {any: [crime]}}, {topics: {any: [event]}}]}]}]}"
    path = office.content / SEGMENTS_FILE
    text = path.read_text("utf-8")
    path.write_text(text.replace("rule: {topics: {any: [payment]}}", f"rule: {deep}"), "utf-8")
    office.console.saving.look()
    page = desk.read("/staff/segments/one?name=市税の納期限")
    assert "文で直す" in page and "、または、（地区で" in page and 'id="segment"' not in page


def test_a_broken_file_is_named_and_not_worked_on(office: Office, desk: Desk) -> None:
    path = office.content / SEGMENTS_FILE
    path.write_text(path.read_text("utf-8") + "nonsense: 1\n", "utf-8")
    page = desk.read("/staff/segments/")
    assert "nonsense" in page and "条件を作る" not in page
    assert "市税の納期限" in page  # what is in force


def test_analysts_read_and_others_stay_in_their_section(office: Office) -> None:
    analyst = office.signed_in(Role.ANALYST)
    assert "条件を作る" not in analyst.read("/staff/segments/")
    assert analyst.get("/staff/segments/new").status_code == 403
    limited = office.signed_in(Role.EDITOR, ("knowledge/common",))
    assert "条件を作る" not in limited.read("/staff/segments/")
    assert limited.get("/staff/segments/one?name=市税の納期限").status_code == 403
    assert limited.post("/staff/segments/new", {**SENIORS, "do": "save"}).status_code == 403
    for sections in (("intents",), (SEGMENTS_FILE,)):
        own = office.signed_in(Role.EDITOR, sections)
        assert "条件を作る" in own.read("/staff/segments/")


def test_admins_can_limit_a_person_to_the_segments_alone(office: Office) -> None:
    desk = office.signed_in(Role.ADMIN)
    assert f'name="sections" value="{SEGMENTS_FILE}"' in desk.read("/staff/people/")


@pytest.mark.parametrize(
    "do", ["add-9", "add-", "drop-0", "drop-0-99", "ungroup-7", "x", "add-0-0"]
)
def test_buttons_that_no_page_has_change_nothing(desk: Desk, do: str) -> None:
    answer = desk.post("/staff/segments/new", {**SENIORS, "do": do, "g0.new": "nothing"})
    assert answer.status_code == 200
    assert "60代以上" in text_of(answer.text)
    assert len(_FIELD.findall(answer.text)) > 5
