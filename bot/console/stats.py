"""/staff/stats/: charts with the numbers beside them. No personal data, no group under five."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from bot.console.access import NUMBERS, access, me
from bot.console.charts import bars, columns, row
from bot.console.csvfile import csv_response
from bot.console.desk import JAPAN, Desk
from bot.console.forms import TOPIC_NAMES
from bot.console.solved import solved_chart
from bot.console.stats_charts import Chart, announcement_chart, counted, segment_chart
from bot.store import announcement_results, audit, question_reads, reactions, segment_sizes
from bot.store.audit import Entry
from bot.store.question_reads import Asked

SPANS = (7, 30, 90)
_SHARES = (
    ("answer", "回答"),
    ("choices", "聞き返し"),
    ("fallback", "答えられない"),
    ("", "返せなかった"),
)


def stats_pages(desk: Desk) -> Blueprint:
    """The page and each chart as CSV."""
    pages, blueprint = _Stats(desk), Blueprint("stats", __name__)
    blueprint.add_url_rule("/stats/", "page", pages.page)
    blueprint.add_url_rule("/stats/<name>.csv", "export", pages.export)
    return blueprint


@dataclass(frozen=True)
class _Stats:
    desk: Desk

    @access(NUMBERS)
    def page(self) -> str:
        """All charts for 7, 30 or 90 days."""
        span = self._span()
        return render_template(
            "staff/stats.html", charts=self._charts(span), span=span, spans=SPANS
        )

    @access(NUMBERS)
    def export(self, name: str) -> Response:
        """One chart's numbers; logged."""
        found = next((c for c in self._charts(self._span()) if c.name == name), None)
        if found is None:
            abort(404)
        now, account = self.desk.now(), self.desk.account
        logged = Entry(now, me().name, "export", "stats", name, "", "", account=account)
        self.desk.db.write(lambda c: audit.add(c, logged))
        return csv_response(f"{found.title}.csv", found.head, found.for_file())

    def _span(self) -> int:
        asked = request.args.get("days", 30, type=int)
        return asked if asked in SPANS else SPANS[1]

    def _charts(self, span: int) -> list[Chart]:
        today = self.desk.clock().astimezone(JAPAN).date()
        first = today - timedelta(days=span - 1)
        account, day = self.desk.account, first.isoformat()
        with self.desk.db.read() as connection:
            days = question_reads.by_day(connection, day, account)
            asked = question_reads.since(connection, day, account)
            solved = reactions.solved_by_day(connection, day, account)
            hours = question_reads.by_hour(connection, _start(first), account)
            sizes = segment_sizes.since(connection, day, account)
            sent = announcement_results.begun_since(connection, _start(first), account)
        return [
            _per_day(days, first, span),
            _per_hour(hours),
            _shares(days),
            self._topics(asked),
            self._items(asked),
            solved_chart(solved, first, span),
            segment_chart(sizes, self._segment_names(), first, span),
            announcement_chart(sent),
        ]

    def _segment_names(self) -> Sequence[str]:
        """In the file's order; one that is gone goes from the chart too."""
        return list(self.desk.workshop.drafts.current().catalog.segments)

    def _topics(self, asked: Sequence[Asked]) -> Chart:
        entries = self.desk.workshop.drafts.current().content.entries
        found: Counter[str] = Counter()
        for each in asked:
            entry = entries.get(each.candidates[0]) if each.candidates else None
            if entry is not None and each.outcome == "answer":
                found[TOPIC_NAMES.get(entry.topic, entry.topic)] += each.count
        rows = [row(name, number) for name, number in found.most_common(15)]
        title = "よく聞かれる話題"
        return counted("topics", title, "話題", rows, bars(rows, title))

    def _items(self, asked: Sequence[Asked]) -> Chart:
        drafts = self.desk.workshop.drafts
        view = drafts.current().view(drafts.city_of(""))
        found: Counter[str] = Counter()
        for each in asked:
            if each.candidates and each.outcome == "answer":
                found[view.title(each.candidates[0]) or each.candidates[0]] += each.count
        rows = [row(name, number) for name, number in found.most_common(15)]
        title = "よく出た答え"
        return counted("answers", title, "答え", rows, bars(rows, title))


def _start(day: date) -> int:
    """The first millisecond of a day in Japan."""
    ordinal = (day - date(1970, 1, 1)).days
    return (ordinal * 24 - 9) * 3_600_000


def _per_day(days: dict[str, Counter[str]], first: date, span: int) -> Chart:
    named = [first + timedelta(days=n) for n in range(span)]
    rows = [
        row(f"{day.month}/{day.day}", days.get(day.isoformat(), Counter()).total()) for day in named
    ]
    title = "1日ごとの質問"
    return counted("days", title, "日", rows, columns(rows, title))


def _per_hour(hours: Counter[int]) -> Chart:
    rows = [row(f"{hour}時", hours[hour]) for hour in range(24)]
    title = "時刻ごとの質問（LINE）"
    return counted("hours", title, "時刻", rows, columns(rows, title))


def _shares(days: dict[str, Counter[str]]) -> Chart:
    total: Counter[str] = Counter()
    for each in days.values():
        total.update(each)
    known = {key for key, _ in _SHARES}
    other = sum(number for key, number in total.items() if key not in known)
    rows = [row(name, total[key] if key else other) for key, name in _SHARES]
    title = "答えられた割合"
    return counted("outcomes", title, "結果", rows, bars(rows, title))
