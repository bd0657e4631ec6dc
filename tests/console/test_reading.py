"""Who may not change an item reads it: analysts, and editors outside their section."""

from __future__ import annotations

import html
import re

from bot.store.staff import Role
from tests.console.office import Desk, Office

LIFE = "knowledge/common/life.yaml"
TRANSPORT = "knowledge/minato/transport.yaml"
ITEM = f"/staff/content/item?path={LIFE}&item=library-card"


def ways(desk: Desk, path: str) -> list[str]:
    """Where the items of a file lead."""
    shown = desk.read(f"/staff/content/?file={path}")
    found = re.findall(r'<a href="(/staff/content/(?:read|item|text)\?[^"]*item=[^"]*)"', shown)
    return [html.unescape(each) for each in found]


def test_an_analyst_reads_an_item_as_residents_see_it_and_all_that_is_written(
    office: Office,
) -> None:
    desk = office.signed_in(Role.ANALYST)
    way, _ = ways(desk, LIFE)
    assert way.startswith("/staff/content/read?")
    page = desk.read(way)
    assert "図書館カードの作り方" in page and "LINEでの見え方" in page
    assert '<p class="body">図書館カードは、図書館の窓口で作れます。' in page
    for written in ("図書館カードを作りたい<br>", "手数料は無料です。", "教育・図書館", "今ある"):
        assert written in page
    assert page.count("<form") == 1  # signing out
    assert desk.get(ITEM).status_code == 403


def test_an_editor_changes_the_own_section_and_reads_the_others(office: Office) -> None:
    desk = office.signed_in(Role.EDITOR, ("knowledge/minato",))
    (own,) = ways(desk, TRANSPORT)
    assert own.startswith("/staff/content/item?")
    assert "保存して公開する" in desk.read(own)
    other = ways(desk, LIFE)[0]
    assert other.startswith("/staff/content/read?")
    assert "図書館カードを作りたい" in desk.read(other)
    assert desk.get(ITEM).status_code == 403


def test_of_a_file_without_forms_the_line_is_shown(office: Office) -> None:
    desk = office.signed_in(Role.ANALYST)
    way = ways(desk, "intents/emergencies.yaml")[0]
    address, _, place = way.partition("#")
    assert re.fullmatch(r"l-\d+", place) and f'<tr id="{place}">' in desk.read(address)


def test_what_is_not_there_is_not_read(office: Office) -> None:
    desk = office.signed_in(Role.ANALYST)
    assert desk.get("/staff/content/read").status_code == 404
    assert desk.get("/staff/content/read?path=../office.db").status_code == 404
    assert "ファイルの文" in desk.read(f"/staff/content/read?path={LIFE}&item=nobody")


def test_items_to_look_at_again_lead_to_where_one_may_go(office: Office) -> None:
    late = (office.content / LIFE).read_text("utf-8").replace("2027-03-31", "2026-12-01")
    (office.content / LIFE).write_text(late, "utf-8")
    analyst, editor = office.signed_in(Role.ANALYST), office.signed_in(Role.EDITOR)
    assert "/staff/content/read?" in analyst.read("/staff/content/freshness")
    assert "/staff/content/item?" in editor.read("/staff/content/freshness")
