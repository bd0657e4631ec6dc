"""A city's table of classes is read as Excel saves it, and what is wrong is said with its line."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.checks import cross_check
from bot.content.classes import HEADER, read_classes
from bot.content.loader import load
from bot.content.moments import read_date, read_time
from bot.core.classes import Session
from bot.services.publishing import check_files
from tests.builders import content
from tests.classes import FULL, PATH, table

TODAY = date(2026, 11, 20)
OLD_HEADER = (
    "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,イベント名,イベント名_カナ,イベント名_英語,開始日,終了日,開始時間,終了時間,"
    "開始日時特記事項,説明,料金（基本）,料金（詳細）,連絡先名称,連絡先電話番号,連絡先内線番号,主催者,場所名称,住所,方書,緯度,経度,"
    "アクセス方法,駐車場情報,定員,参加申込終了日,参加申込終了時間,参加申込方法,URL,備考"
).split(",")


def only(data: bytes) -> Session:
    file, problems = read_classes(PATH, data)
    assert problems == []
    ((_, session),) = file.sessions
    return session


def said(*rows: dict[str, str]) -> list[str]:
    return [str(problem) for problem in read_classes(PATH, table(*rows))[1]]


def test_a_full_row_becomes_a_session() -> None:
    session = only(table(FULL))
    assert (session.city, session.name) == ("minato", "はじめてのスマートフォン教室")
    assert (session.start, session.end) == (date(2026, 12, 3), date(2026, 12, 3))
    assert (session.opens, session.closes) == (time(10), time(11, 30))
    assert (session.apply_until, session.apply_time) == (date(2026, 11, 30), time(17))
    assert (session.phone, session.extension) == ("099-111-3333", "12")
    assert session.address == "海山県湊市港町1-2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_every_encoding_that_excel_writes_is_read(encoding: str) -> None:
    assert only(table(FULL, encoding=encoding)) == only(table(FULL))


def test_the_older_edition_of_the_format_is_read() -> None:
    old = {"市区町村名": "湊市", "イベント名": "スマホ講座", "開始日": "R8.12.3", "住所": "港町1", "料金（基本）": "無料"}  # fmt: skip
    session = only(table(old, header=OLD_HEADER))
    assert (session.municipality, session.address, session.fee) == ("湊市", "港町1", "無料")
    assert session.start == date(2026, 12, 3)


def test_an_address_in_parts_is_put_together() -> None:
    header = ["イベント名", "開始日", "所在地_都道府県", "所在地_市区町村", "所在地_町字", "所在地_番地以下"]  # fmt: skip
    row = dict(zip(header, ["教室", "2026-12-03", "海山県", "湊市", "港町", "1-2"], strict=True))
    assert only(table(row, header=header)).address == "海山県湊市港町1-2"


def test_header_alone_is_no_problem_and_no_session() -> None:
    file, problems = read_classes(PATH, table())
    assert (file.sessions, problems) == ((), [])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/12/3", date(2026, 12, 3)),
        ("2026-12-03", date(2026, 12, 3)),
        ("2026/12/3 0:00", date(2026, 12, 3)),
        ("2026年12月3日（木）", date(2026, 12, 3)),
        ("令和8年12月3日", date(2026, 12, 3)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("R8.12.3", date(2026, 12, 3)),
        ("２０２６／１２／３", date(2026, 12, 3)),
        ("20261203", date(2026, 12, 3)),
        ("46359", date(2026, 12, 3)),
        ("12月3日", None),
        ("8年12月3日", None),
        ("2026/2/30", None),
        ("毎週木曜", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, day: date | None) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9:00", time(9)),
        ("09:00:00", time(9)),
        ("9時30分", time(9, 30)),
        ("９時半", time(9, 30)),
        ("午後1時30分", time(13, 30)),
        ("1:30 PM", time(13, 30)),
        ("10時～", time(10)),
        ("0.375", time(9)),
        ("25:00", None),
        ("午前中", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, at: time | None) -> None:
    assert read_time(text) == at


@given(st.text(max_size=20))
def test_no_cell_breaks_the_readers(text: str) -> None:
    assert read_date(text) is None or isinstance(read_date(text), date)
    assert read_time(text) is None or isinstance(read_time(text), time)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    file, problems = read_classes(PATH, data)
    assert problems or isinstance(file.sessions, tuple)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"イベント名": ""}, "「イベント名」がありません"),
        ({"開始日": ""}, "「開始日」がありません"),
        ({"開始日": "12月3日"}, "「開始日」の「12月3日」が日付として読めません。2026-12-03 の形で"),
        ({"終了日": "2026-12-01"}, "「終了日」が「開始日」より前です"),
        ({"開始時間": "午前中"}, "「開始時間」の「午前中」が時刻として読めません。10:00 の形で"),
        ({"終了時間": "9:00"}, "「終了時間」が「開始時間」より前です"),
        ({"参加申込終了日": "未定"}, "「参加申込終了日」の「未定」が日付として読めません"),
        ({"参加申込終了日": "2026-12-09"}, "注意：「参加申込終了日」が終わりの日より後です"),
        ({"緯度": "139.3", "経度": "35.6"}, "「緯度」の「139.3」が日本の緯度"),
        ({"緯度": "35.6"}, "「緯度」と「経度」は、両方"),
        ({"URL": "市のホームページ"}, "https:// で始まる"),
    ],
)
def test_each_mistake_is_said_with_its_line_and_the_fix(
    changed: dict[str, str], words: str
) -> None:
    found = said(FULL | {"イベント名": "一つ目"}, FULL | changed)
    assert any(each.startswith(f"{PATH}:3: ") and words in each for each in found), found


def test_the_line_is_right_after_a_cell_with_several_lines() -> None:
    found = said(FULL | {"説明": "一行目\n二行目\n三行目"}, FULL | {"開始日": "未定"})
    assert found[0].startswith(f"{PATH}:5: ")


def test_the_same_session_twice_is_said() -> None:
    assert "2行目にもあります" in said(FULL, FULL)[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "見出しの行がありません"),
        ("日付,名前\n2026-12-03,教室\n".encode(), "見出し「イベント名」がありません"),
        ("イベント名,開始日,開始日\n".encode(), "見出し「開始日」が2つあります"),
        (b"PK\x03\x04rest", "Excelのブックのままです"),
        (b"\xff\xa0\x81", "文字コードが読み取れません"),
    ],
)
def test_what_is_no_table_is_said(data: bytes, words: str) -> None:
    _, problems = read_classes(PATH, data)
    assert words in problems[0].text


def test_a_broken_table_refuses_the_content_whole() -> None:
    broken = table(FULL | {"開始日": "未定"})
    checked = check_files(content({PATH: broken}), TODAY)
    assert not checked.good and checked.loaded.content is None


def test_several_files_of_one_city_are_one_list() -> None:
    more = table(FULL | {"イベント名": "冬の講座"})
    loaded = load(content({PATH: table(FULL), "knowledge/classes/minato/winter.csv": more}))
    assert loaded.content is not None
    assert [each.name for each in loaded.content.sessions["minato"]] == [
        "はじめてのスマートフォン教室",
        "冬の講座",
    ]


@pytest.mark.parametrize(
    ("path", "changed", "words"),
    [
        (PATH, {"地方公共団体名": "海山県山手市"}, "「海山県山手市」の行です"),
        ("knowledge/classes/tonari.csv", {}, "市「tonari」はありません"),
        (PATH, {"開始日": "2026-10-01", "参加申込終了日": ""}, "全部終わりました"),
    ],
)
def test_what_does_not_fit_the_city_or_the_day_is_said(
    path: str, changed: dict[str, str], words: str
) -> None:
    found = cross_check(load(content({path: table(FULL | changed)})), TODAY)
    assert [words in each.text for each in found] == [True]


def test_a_table_elsewhere_is_not_silently_left_out() -> None:
    problems = load(content({"knowledge/minato/list.csv": table(FULL)})).problems
    assert "knowledge/classes/ に置いてください" in problems[0].text


def test_the_columns_of_the_header_are_all_known_names() -> None:
    assert len(set(HEADER)) == len(HEADER)
    assert {*FULL} <= {*HEADER}
