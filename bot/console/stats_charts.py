"""The charts of /staff/stats/ with their tables: counted things, segment sizes, announcements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from markupsafe import Markup

from bot.console.charts import FEW, HIDDEN, Course, Row, Share, courses, shares
from bot.console.desk import JAPAN
from bot.core.announcements import STATE_WORDS
from bot.services.segments import Span
from bot.store.announcement_results import Outcome
from bot.store.segment_sizes import DaySize

_NUMBER = re.compile("[0-9,〜]+")
Cells = tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """One chart: its address, title, table and picture. `wide`: the table has many columns.

    `note` says how to read the picture.
    """

    name: str
    title: str
    head: Cells
    rows: Sequence[Cells]
    picture: Markup
    note: str = ""

    def for_file(self) -> Iterator[Cells]:
        """The rows for a spreadsheet: numbers as numbers."""
        return ((row[0], *map(_plain, row[1:])) for row in self.rows)


def counted(name: str, title: str, head: str, rows: Sequence[Row], picture: Markup) -> Chart:
    """A chart of things that were counted."""
    return Chart(name, title, (head, "件数"), [(row.name, row.shown) for row in rows], picture)


def segment_chart(sizes: Sequence[DaySize], names: Sequence[str], first: date, days: int) -> Chart:
    """Every segment's size on each day that one was noted."""
    by_day: dict[str, dict[str, Span]] = {}
    for each in sizes:
        by_day.setdefault(each.day, {})[each.name] = Span(each.low, each.high)
    known = [name for name in names if any(name in found for found in by_day.values())]
    span = [(first + timedelta(days=n)).isoformat() for n in range(days)]
    title = "配信条件の人数"
    lines = [_course(name, [by_day.get(day, {}).get(name) for day in span]) for name in known]
    rows = [
        (day, *(_size(by_day[day].get(name)) for name in known))
        for day in sorted(by_day, reverse=True)
    ]
    note = "線は条件ごとの目盛りです。右はいちばん新しい人数です。点線の四角は5人未満の日です。"
    return Chart("segments", title, ("日", *known), rows, courses(lines, title), note)


def announcement_chart(sent: Sequence[Outcome]) -> Chart:
    """What was sent, to how many, and how many opened it as far as LINE tells."""
    head = ("お知らせ", "送った日", "状態", "対象", "受け付け", "失敗", "開いた", "リンク")
    title = "お知らせの結果"
    note = (
        "太い線は受け付けられた人（赤は失敗）、細い線は開いた人です。"
        "開いた人とリンクを押した人は、LINEが20人以上のときだけ知らせます。"
    )
    picture = shares([_share(each) for each in sent[:30]], title)
    return Chart("announcements", title, head, [_outcome(each) for each in sent], picture, note)


def _course(name: str, spans: Sequence[Span | None]) -> Course:
    points = [None if each is None else -1 if each.few else each.low for each in spans]
    last = next((each for each in reversed(spans) if each is not None), None)
    return Course(name, points, _size(last))


def _size(span: Span | None) -> str:
    return "" if span is None else str(span).replace("人未満", "未満").replace("人", "")


def _share(each: Outcome) -> Share:
    counts = each.counts
    shown = "全員へ" if each.broadcast else _number(counts.recipients)
    bad = counts.failed if counts.failed >= FEW else 0
    return Share(each.title, counts.accepted, bad, each.opened, shown)


def _outcome(each: Outcome) -> Cells:
    day = datetime.fromtimestamp(each.started_at / 1000, JAPAN).strftime("%Y-%m-%d")
    counts = each.counts
    people = (counts.recipients, counts.accepted, counts.failed)
    told = (each.opened, each.clicked)
    return (
        each.title,
        day,
        STATE_WORDS[each.state],
        *("全員" if each.broadcast and n < 2 else _number(p) for n, p in enumerate(people)),
        *("" if number is None else _number(number) for number in told),
    )


def _number(number: int) -> str:
    return HIDDEN if 0 < number < FEW else f"{number:,}"


def _plain(cell: str) -> str:
    return cell.replace(",", "") if _NUMBER.fullmatch(cell) else cell
