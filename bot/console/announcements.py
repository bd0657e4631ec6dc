"""/staff/announcements/: the list with what waits on top, one announcement, the calendar."""

from __future__ import annotations

import calendar
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from bot.console.access import EVERY_ROLE, access, me
from bot.console.composing import digest_of
from bot.console.csvfile import csv_response
from bot.console.desk import JAPAN, Desk
from bot.console.notice_shown import bubbles_of
from bot.console.notices import (
    APPROVING,
    KIND_WORDS,
    OPEN,
    Notices,
    language_names,
    may_correct,
)
from bot.core.announcements import STATE_WORDS, State, from_data
from bot.core.calendar import next_time, weekday_word
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused
from bot.services.logwords import said
from bot.services.previewing import Preview
from bot.services.reviewing import Review
from bot.store import announcement_pages, audit
from bot.store.announcement_pages import PAGE, Row
from bot.store.announcements import OBJECT, Stored
from bot.store.audit import Entry

_SOON_MS = 10 * 60 * 1000  # from here on a page waits for the start
_STILL_OPEN = frozenset(State) - {State.SENT, State.CANCELLED}
_MOST_OCCURRENCES = 400  # a day each for a bit more than a year


def announcement_pages_of(desk: Desk, notices: Notices) -> Blueprint:
    """The list, the calendar, one page each, its progress and its CSV."""
    pages, blueprint = Announcements(desk, notices), Blueprint("announcements", __name__)
    blueprint.add_url_rule("/announcements/", "page", pages.page)
    blueprint.add_url_rule("/announcements/calendar", "calendar", pages.calendar)
    blueprint.add_url_rule("/announcements/<int:number>", "one", pages.one)
    blueprint.add_url_rule("/announcements/<int:number>/progress", "progress", pages.progress)
    blueprint.add_url_rule("/announcements/<int:number>/sent.csv", "export", pages.export)
    return blueprint


@dataclass(frozen=True)
class Planned:
    """One sending on a day of the calendar; `time` in Japan, `later`: a repeat not planned yet."""

    row: Row
    time: str
    later: bool = False


@dataclass(frozen=True)
class Day:
    """One day of the month's table."""

    day: date
    inside: bool
    holiday: bool
    planned: Sequence[Planned]


@dataclass(frozen=True)
class Announcements:
    """The pages; `show_one` is used by the steps too, to say what went wrong."""

    desk: Desk
    notices: Notices

    @access(EVERY_ROLE)
    def page(self) -> str:
        """What waits for somebody, then all of them, newest first."""
        words = request.args.get("q", "").strip()
        chosen = request.args.get("state", "")
        states = (State(chosen),) if chosen in set(State) else ()
        before = request.args.get("before", type=int)
        account = self.notices.announcing.account
        with self.desk.db.read() as connection:
            counted = announcement_pages.by_state(connection, account)
            waiting_states = (State.AWAITING_APPROVAL, State.NEEDS_PERSON, State.FAILED)
            waiting = announcement_pages.page(connection, waiting_states, "", None, account)
            found = announcement_pages.page(connection, states, words, before, account)
        plain = not (words or states or before)
        return render_template(
            "staff/announcements.html",
            waiting=waiting if plain else (),
            found=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else None,
            counted=counted,
            states=STATE_WORDS,
            kinds=KIND_WORDS,
            chosen=chosen,
            words=words,
        )

    @access(EVERY_ROLE)
    def one(self, number: int) -> str:
        """Everything about one: where it stands, how it looks, who gets it, what may be done."""
        return self.show_one(number)

    @access(EVERY_ROLE)
    def progress(self, number: int) -> str:
        """The numbers alone; the script asks for them again and again."""
        stored = self.load(number)
        return render_template(
            "staff/progress.html",
            stored=stored,
            status=self.notices.reporting.status(number),
            moving=self._moving(stored),
            states=STATE_WORDS,
        )

    @access(APPROVING, fresh=True)
    def export(self, number: int) -> Response:
        """The ledger: who got it. Logged."""
        self.load(number)
        out = io.StringIO()
        self.notices.reporting.export(number, out)
        account = self.notices.announcing.account
        done = Entry(self.desk.now(), me().name, "export", OBJECT, str(number), "", "", "", account)
        self.desk.db.write(lambda c: audit.add(c, done))
        header, *rows = csv.reader(io.StringIO(out.getvalue()))
        return csv_response(f"お知らせ{number}.csv", header, rows)

    @access(EVERY_ROLE)
    def calendar(self) -> str:
        """A month of sendings, past and planned, holidays marked."""
        first = self._month()
        weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
        begin, end = weeks[0][0], weeks[-1][-1] + timedelta(days=1)
        planned = self._planned(begin, end)
        holidays = self.notices.holidays()
        days = [
            [
                Day(day, day.month == first.month, day in holidays, planned.get(day, ()))
                for day in week
            ]
            for week in weeks
        ]
        return render_template(
            "staff/calendar.html",
            weeks=days,
            first=first,
            earlier=(first - timedelta(days=1)).strftime("%Y-%m"),
            later=(first + timedelta(days=31)).strftime("%Y-%m"),
            today=self.desk.clock().astimezone(JAPAN).date(),
            weekday=weekday_word,
            states=STATE_WORDS,
        )

    def load(self, number: int) -> Stored:
        """One announcement of this account, or 404."""
        try:
            return self.notices.announcing.load(number)
        except AnnouncementRefused:
            abort(404)

    def show_one(
        self, number: int, problem: str = "", review: Review | None = None, note: str = ""
    ) -> str:
        """The page of one; `review` is a check just made, `note` what came of a step."""
        stored = self.load(number)
        notices = self.notices
        draft = notices.announcing.draft(stored)
        preview, broken = self.preview(number)
        return render_template(
            "staff/announcement.html",
            stored=stored,
            draft=draft,
            base=digest_of(stored.draft),
            bubbles=bubbles_of(draft),
            language_names=language_names(notices),
            preview=preview,
            findings=review.findings if review else preview.review.findings if preview else (),
            checked=review,
            problem=problem or broken,
            note=note,
            status=notices.reporting.status(number),
            moving=self._moving(stored),
            history=[said(entry) for entry in notices.reporting.history(number)],
            states=STATE_WORDS,
            kinds=KIND_WORDS,
            open=stored.state in OPEN,
            still_open=stored.state in _STILL_OPEN,
            may_correct=may_correct(stored),
            correction=notices.announcing.correction_of(number),
            corrections=notices.reporting.corrections(number),
            approves=me().role in APPROVING,
            testers=notices.trials.names() if notices.line is not None else (),
            connected=notices.line is not None,
        )

    def _moving(self, stored: Stored) -> bool:
        """Whether the numbers change by themselves, now or soon."""
        soon = stored.due_at is not None and stored.due_at < self.desk.now() + _SOON_MS
        return stored.state is State.SENDING or (stored.state is State.SCHEDULED and soon)

    def preview(self, number: int) -> tuple[Preview | None, str]:
        """Who gets it, without asking the network; or what makes that impossible."""
        try:
            return self.notices.quiet().preview(number), ""
        except ContentError as error:
            return None, str(error)

    def _month(self) -> date:
        today = self.desk.clock().astimezone(JAPAN).date()
        try:
            asked = datetime.strptime(request.args.get("month", ""), "%Y-%m").date()  # noqa: DTZ007
        except ValueError:
            return today.replace(day=1)
        return asked if 2000 <= asked.year <= 2100 else today.replace(day=1)

    def _planned(self, begin: date, end: date) -> dict[date, list[Planned]]:
        account = self.notices.announcing.account
        first, last = (int(_midnight(day).timestamp() * 1000) for day in (begin, end))
        with self.desk.db.read() as connection:
            rows = announcement_pages.between(connection, first, last, account)
            waiting = announcement_pages.page(connection, (State.SCHEDULED,), "", None, account)
        found: dict[date, list[Planned]] = {}

        def put(row: Row, when: datetime, *, later: bool = False) -> None:
            planned = Planned(row, when.strftime("%H:%M"), later)
            found.setdefault(when.date(), []).append(planned)

        for row in rows:
            begins = row.started_at if row.started_at is not None else row.due_at
            put(row, datetime.fromtimestamp((begins or 0) / 1000, JAPAN))
        for row in waiting:
            for when in self._repeats(row, _midnight(end)):
                if begin <= when.date() < end:
                    put(row, when, later=True)
        return {day: sorted(each, key=lambda p: p.time) for day, each in found.items()}

    def _repeats(self, row: Row, end: datetime) -> list[datetime]:
        """The times after the one that is planned, which nobody has planned yet."""
        repeat = from_data(json.loads(row.draft)).repeat
        if repeat is None or row.due_at is None:
            return []
        found: list[datetime] = []
        last = datetime.fromtimestamp(row.due_at / 1000, JAPAN)
        while len(found) < _MOST_OCCURRENCES:
            after = next_time(repeat, last, self.notices.holidays())
            if after is None or after >= end:
                break
            found.append(after)
            last = after
        return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JAPAN)
