"""The numbers of segments and announcements: a picture, the same numbers as a table and as CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.console.charts import Course, Share, courses, shares
from bot.core.announcements import Draft, Kind, State, TextMessage, as_data
from bot.store import announcement_results, announcements, segment_sizes
from bot.store.announcement_tables import batches
from bot.store.announcements import New
from bot.store.staff import Role
from tests.console.office import NOW, Office
from tests.console.segment_town import add_segments

MS = int(NOW.timestamp() * 1000)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    add_segments(office)
    yield office
    office.close()


def table(office: Office, name: str, days: int = 30) -> list[list[str]]:
    desk = office.signed_in(Role.ANALYST)
    answer = desk.get(f"/staff/stats/{name}.csv?days={days}")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def sent(office: Office, title: str, days_ago: int, **outcomes: int) -> int:
    """An announcement with a batch for each outcome: accepted=, refused=, over_cap=."""
    draft = Draft(title, Kind.NORMAL, (TextMessage("x"),), "花子", segment_name="ごみ")
    new = New("normal", title, "花子", "", json.dumps(as_data(draft)), True)
    at = MS - int(timedelta(days=days_ago) / timedelta(milliseconds=1))

    def keep(connection: Any) -> int:
        number = announcements.add(connection, new, at, "花子")
        announcements.change(connection, number, state=str(State.SENT), started_at=at)
        for place, (state, size) in enumerate(outcomes.items()):
            row = {"announcement": number, "number": place, "channel": "multicast", "variant": "ja"}
            row |= {"state": state, "size": size, "due_at": 0, "settled_at": at}
            connection.execute(insert(batches).values(row))
        return number

    return office.db.write(keep)


def test_sizes_of_segments_over_time_without_a_small_number(office: Office) -> None:
    keep = segment_sizes.keep
    office.db.write(
        lambda c: keep(c, "2026-11-19", {"市税の納期限": (1200, 1200), "おくやみの窓口": (0, 4)})
    )
    office.db.write(
        lambda c: keep(c, "2026-11-20", {"市税の納期限": (1210, 1219), "もうない条件": (50, 50)})
    )
    office.db.write(lambda c: keep(c, "2026-09-01", {"市税の納期限": (7, 7)}))
    assert table(office, "segments") == [
        ["日", "市税の納期限", "おくやみの窓口"],
        ["2026-11-20", "1210〜1219", ""],
        ["2026-11-19", "1200", "5未満"],
    ]
    assert len(table(office, "segments", 90)) == 4
    page = office.signed_in(Role.ANALYST).read("/staff/stats/")
    picture = page.partition('id="c-segments"')[2].partition("</svg>")[0]
    assert "市税の納期限" in picture and "1,210〜1,219" in picture and "polyline" in picture


def test_announcements_with_what_became_of_them(office: Office) -> None:
    one = sent(office, "春の催し", 2, accepted=1000, refused=30, over_cap=50)
    office.db.write(lambda c: announcement_results.keep(c, one, 640, None, MS))
    sent(office, "小さな会", 1, accepted=12, refused=2)
    sent(office, "昔の催し", 60, accepted=9)
    assert table(office, "announcements") == [
        ["お知らせ", "送った日", "状態", "対象", "受け付け", "失敗", "開いた", "リンク"],
        ["小さな会", "2026-11-20", "配信ずみ", "14", "12", "5未満", "", ""],
        ["春の催し", "2026-11-19", "配信ずみ", "1030", "1000", "30", "640", ""],
    ]


def test_a_state_has_the_same_name_as_on_the_announcements_page(office: Office) -> None:
    one = sent(office, "止めたお知らせ", 1, accepted=9)
    office.db.write(lambda c: announcements.change(c, one, state=str(State.PAUSED)))
    assert table(office, "announcements")[1][2] == "一時停止中"


def test_an_announcement_to_everyone_has_no_number_of_people(office: Office) -> None:
    number = sent(office, "避難の情報", 1)
    row = {"announcement": number, "number": 1, "channel": "broadcast", "variant": "ja"}
    row |= {"state": "accepted", "size": 0, "due_at": 0, "settled_at": MS}
    office.db.write(lambda c: c.execute(insert(batches).values(row)))
    assert table(office, "announcements")[1][3:5] == ["全員", "全員"]


def test_what_line_says_later_replaces_what_it_said_before(office: Office) -> None:
    one = sent(office, "春の催し", 1, accepted=100)
    for opened in (20, 55):
        office.db.write(lambda c, n=opened: announcement_results.keep(c, one, n, n // 2, MS))
    assert table(office, "announcements")[1][6:] == ["55", "27"]
    with office.db.read() as connection:
        assert announcement_results.to_ask(connection, 0, MS, "main") == []
        assert announcement_results.to_ask(connection, 0, MS + 1, "main") == [one]


def test_titles_are_text_in_a_picture() -> None:
    drawn = str(shares([Share("<b>&", 5, 1, 2, "6")], "<i>"))
    assert "<b>" not in drawn and "<i>" not in drawn and "&lt;b&gt;&amp;" in drawn


def test_a_line_is_broken_where_nothing_was_noted() -> None:
    drawn = str(courses([Course("x", [5, 6, None, 7, -1, 8, 9], "9")], "t"))
    assert drawn.count("<polyline") == 2 and drawn.count("<circle") == 1
    assert drawn.count("bar few") == 1
    for points in re.findall(r'points="([^"]+)"', drawn):
        assert all(
            0 <= float(number) <= 720 for pair in points.split() for number in pair.split(",")
        )
    assert "polyline" not in str(courses([Course("x", [], "")], "t"))
