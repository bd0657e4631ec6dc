"""knowledge/classes/: dated classes and events from a city's CSV; each problem in Japanese.

The columns are those of the national open-data format 「イベント一覧」(自治体標準オープンデータセット); the
names of its earlier edition (推奨データセット: NO, 市区町村名, 住所 …) mean the same. Columns that are in
neither are left alone. A file `<city>.csv` or any `<city>/….csv` belongs to that city.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import PurePosixPath

from bot.content.csvread import Row, decode, heading, rows_of
from bot.content.moments import DATE_HINT, TIME_HINT, read_date, read_degrees, read_time
from bot.content.problems import Problem
from bot.core.classes import Session
from bot.core.knowledge import City
from bot.errors import ContentError

ROOM = ("knowledge", "classes")
HEADER = (
    "全国地方公共団体コード,ID,地方公共団体名,イベント名,イベント名_カナ,開始日,終了日,開始時間,終了時間,開始日時特記事項,"
    "説明,対象,料金(基本),料金(詳細),連絡先名称,連絡先電話番号,連絡先内線番号,主催者,場所名称,所在地_連結表記,建物名等(方書),"
    "緯度,経度,アクセス方法,駐車場情報,定員,参加申込終了日,参加申込終了時間,参加申込方法,URL,備考,カテゴリー"
).split(",")
# Our name of a column -> the names it may have, the newest first.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "municipality": ("地方公共団体名", "市区町村名"),
    "name": ("イベント名", "イベント名称", "名称"),
    "start": ("開始日", "開催日", "開催開始日"),
    "end": ("終了日", "開催終了日"),
    "opens": ("開始時間", "開始時刻"),
    "closes": ("終了時間", "終了時刻"),
    "when_note": ("開始日時特記事項",),
    "about": ("説明", "内容"),
    "target": ("対象", "対象者", "参加条件_詳細", "参加条件"),
    "fee": ("料金(基本)", "料金_基本", "料金"),
    "fee_note": ("料金(詳細)", "料金_詳細"),
    "contact": ("連絡先名称",),
    "phone": ("連絡先電話番号", "電話番号"),
    "extension": ("連絡先内線番号",),
    "organizer": ("主催者",),
    "place": ("場所名称", "会場"),
    "address": ("所在地_連結表記", "住所", "所在地"),
    "building": ("建物名等(方書)", "方書"),
    "latitude": ("緯度",),
    "longitude": ("経度",),
    "access": ("アクセス方法",),
    "parking": ("駐車場情報",),
    "capacity": ("定員",),
    "apply_until": ("参加申込終了日",),
    "apply_time": ("参加申込終了時間",),
    "how": ("参加申込方法",),
    "url": ("URL",),
    "remarks": ("備考",),
    "category": ("カテゴリー", "カテゴリ"),
}
_ADDRESS_PARTS = ("所在地_都道府県", "所在地_市区町村", "所在地_町字", "所在地_番地以下")
_TEXTS = tuple(
    name
    for name in _COLUMNS
    if name not in "start end opens closes latitude longitude apply_until apply_time".split()
)
_URL = re.compile(r"https?://[A-Za-z0-9][!-~]*")
_MAX_ROWS, _MAX_PROBLEMS = 2000, 100
_MAX_NAME = 100
_JAPAN = {"latitude": (20.0, 46.0, "緯度"), "longitude": (122.0, 154.0, "経度")}


@dataclass(frozen=True)
class ClassFile:
    """One file's sessions with the lines they stand on, and the city it belongs to."""

    path: str
    city: str
    sessions: tuple[tuple[int, Session], ...] = ()


def is_class_file(path: str) -> bool:
    """Whether the loader reads `path` as a table of sessions."""
    return PurePosixPath(path).parts[:2] == ROOM and path.lower().endswith(".csv")


def city_of(path: str) -> str:
    """The id of the city that the file's place names."""
    part = PurePosixPath(path).parts[2]
    return part[: -len(".csv")] if part.lower().endswith(".csv") else part


def read_classes(path: str, data: bytes) -> tuple[ClassFile, list[Problem]]:
    """The file's sessions and everything that is wrong with it. Never raises."""
    city = city_of(path)
    try:
        rows = rows_of(decode(data))
    except ContentError as error:
        return ClassFile(path, city), [Problem(path, 1, str(error))]
    if not rows:
        text = "見出しの行がありません。1行目に「イベント名,開始日,…」と書いてください。"
        return ClassFile(path, city), [Problem(path, 1, text)]
    columns, problems = _columns(path, rows[0])
    if problems:
        return ClassFile(path, city), problems
    if len(rows) > _MAX_ROWS + 1:
        text = (
            f"行が多すぎます（{_MAX_ROWS}行まで）。終わったものを消すか、ファイルを分けてください。"
        )
        return ClassFile(path, city), [Problem(path, rows[_MAX_ROWS + 1].line, text)]
    sessions = []
    for row in rows[1:]:
        reading = _Reading(path, city, row, columns)
        session = reading.session()
        problems += reading.problems
        if session is not None:
            sessions.append((row.line, session))
    problems += _twice(path, sessions)
    return ClassFile(path, city, tuple(sessions)), problems[:_MAX_PROBLEMS]


def check_classes(
    files: Iterable[ClassFile], cities: Mapping[str, City], lost: frozenset[str], today: date
) -> Iterator[Problem]:
    """What only shows beside the cities and the calendar."""
    for file in files:
        city = cities.get(file.city)
        if city is None:
            if file.city not in lost:
                known = "・".join(cities)
                text = f"市「{file.city}」はありません。ファイル名を {known} のどれか（例：{known.split('・')[0]}.csv）にしてください。"
                yield Problem(file.path, 1, text)
            continue
        for line, session in file.sessions:
            named = session.municipality
            if named and city.name not in named:
                text = f"「{named}」の行です。{city.name}のファイルから消すか、その市のファイルに移してください。"
                yield Problem(file.path, line, text)
        if file.sessions and all(session.end < today for _, session in file.sessions):
            text = (
                "書いてある教室・催しは、全部終わりました。次の日程を足すか、行を消してください。"
            )
            yield Problem(file.path, file.sessions[0][0], text, warning=True)


def _columns(path: str, row: Row) -> tuple[dict[str, int], list[Problem]]:
    head = [heading(cell) for cell in row.cells]
    problems = [
        Problem(path, row.line, f"見出し「{name}」が2つあります。どちらかを消してください。")
        for name in sorted({name for name in head if name and head.count(name) > 1})
    ]
    found = {}
    for column, names in _COLUMNS.items():
        places = [head.index(heading(name)) for name in names if heading(name) in head]
        if places:
            found[column] = places[0]
    for number, name in enumerate(_ADDRESS_PARTS):
        if heading(name) in head:
            found[f"part{number}"] = head.index(heading(name))
    for needed in ("name", "start"):
        if needed not in found:
            text = f"見出し「{_COLUMNS[needed][0]}」がありません。1行目に足してください。"
            problems.append(Problem(path, row.line, text))
    return found, problems


def _twice(path: str, sessions: list[tuple[int, Session]]) -> Iterator[Problem]:
    seen: dict[object, int] = {}
    for line, each in sessions:
        key = (each.name, each.start, each.opens, each.place, each.address)
        if key in seen:
            text = f"「{each.name}」の同じ日時が{seen[key]}行目にもあります。どちらか1行を消してください。"
            yield Problem(path, line, text)
        seen.setdefault(key, line)


class _Reading:
    """One row -> a session, with the problems of its cells."""

    def __init__(self, path: str, city: str, row: Row, columns: Mapping[str, int]) -> None:
        self.path, self.city, self.row, self.columns = path, city, row, columns
        self.problems: list[Problem] = []

    def session(self) -> Session | None:
        """The session; None where its name or first day is missing."""
        texts = {name: self._cell(name) for name in _TEXTS}
        name = " ".join(texts["name"].split())
        start = self._date("start", required=True)
        end = self._date("end") or start
        if not name:
            self._problem("「イベント名」がありません。書いてください。")
        elif len(name) > _MAX_NAME:
            self._problem(f"「イベント名」が長すぎます。{_MAX_NAME}字までに縮めてください。")
        if start is None or end is None or not name:
            return None
        opens, closes = self._time("opens"), self._time("closes")
        self._order(start, end, opens, closes)
        texts |= {"name": name, "address": texts["address"] or self._joined_address()}
        texts["url"] = self._url(texts["url"])
        return Session(
            city=self.city,
            start=start,
            end=end,
            opens=opens,
            closes=closes,
            apply_until=self._date("apply_until"),
            apply_time=self._time("apply_time"),
            latitude=self._degrees("latitude"),
            longitude=self._degrees("longitude"),
            **texts,
        )

    def _order(self, start: date, end: date, opens: time | None, closes: time | None) -> None:
        if end < start:
            self._problem("「終了日」が「開始日」より前です。どちらかを直してください。")
        if start == end and opens and closes and closes < opens:
            self._problem("「終了時間」が「開始時間」より前です。どちらかを直してください。")
        if bool(self._cell("latitude")) != bool(self._cell("longitude")):
            self._problem("「緯度」と「経度」は、両方書くか、両方消してください。")
        until = read_date(self._cell("apply_until"))
        if until is not None and until > end:
            text = "「参加申込終了日」が終わりの日より後です。確かめてください。"
            self._problem(text, warning=True)

    def _joined_address(self) -> str:
        return "".join(self._cell(f"part{number}") for number in range(len(_ADDRESS_PARTS)))

    def _url(self, url: str) -> str:
        if not url or _URL.fullmatch(url):
            return url
        self._problem(f"URL「{url}」は https:// で始まる半角の形で、1つだけ書いてください。")
        return ""

    def _date(self, column: str, *, required: bool = False) -> date | None:
        said, name = self._cell(column), _COLUMNS[column][0]
        if not said:
            if required:
                self._problem(f"「{name}」がありません。{DATE_HINT} の形で書いてください。")
            return None
        found = read_date(said)
        if found is None:
            text = f"「{name}」の「{said}」が日付として読めません。{DATE_HINT} の形で、年から書いてください。"
            self._problem(text)
        return found

    def _time(self, column: str) -> time | None:
        said = self._cell(column)
        if not said:
            return None
        found = read_time(said)
        if found is None:
            name = _COLUMNS[column][0]
            text = (
                f"「{name}」の「{said}」が時刻として読めません。{TIME_HINT} の形で書いてください。"
            )
            self._problem(text)
        return found

    def _degrees(self, column: str) -> float | None:
        said = self._cell(column)
        if not said:
            return None
        low, high, name = _JAPAN[column]
        found = read_degrees(said, low, high)
        if found is None:
            text = f"「{name}」の「{said}」が日本の{name}（{low:.0f}〜{high:.0f}の数字）ではありません。直すか消してください。"
            self._problem(text)
        return found

    def _cell(self, column: str) -> str:
        place = self.columns.get(column, -1)
        return self.row.cells[place] if 0 <= place < len(self.row.cells) else ""

    def _problem(self, text: str, *, warning: bool = False) -> None:
        self.problems.append(Problem(self.path, self.row.line, text, warning))
