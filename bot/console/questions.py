"""/staff/questions/: what residents asked and did not get, grouped; and what they did get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, access, me
from bot.console.csvfile import csv_response
from bot.console.desk import JAPAN, Desk
from bot.console.forms import kind_of
from bot.console.solved import chosen_of, not_few
from bot.core.view import CityView
from bot.services.grouping import DOUBTFUL, Group, group, not_ours, unanswered
from bot.services.helpfulness import least_helpful, shown_choices
from bot.services.workshop import DAYS
from bot.store import audit, question_reads, reactions
from bot.store.audit import Entry as Logged
from bot.store.question_reads import DONE, NOT_OURS, Asked

_PAGE = 30
OUTCOMES = {
    "answer": "回答",
    "choices": "聞き返し",
    "fallback": "答えられない",
    "unanswered": "返せなかった",
    "expired": "返せなかった",
}


@dataclass(frozen=True)
class Near:
    """An entry that came close, and where it is edited ('' where it has no form)."""

    id: str
    title: str
    path: str


def question_pages(desk: Desk) -> Blueprint:
    """The groups, the answered ones, marks, CSV."""
    pages, blueprint = _Questions(desk), Blueprint("questions", __name__)
    blueprint.add_url_rule("/questions/", "page", pages.page)
    blueprint.add_url_rule("/questions/", "mark", pages.mark, methods=["POST"])
    blueprint.add_url_rule("/questions/answered", "answered", pages.answered)
    blueprint.add_url_rule("/questions/solved.csv", "solved", pages.solved)
    blueprint.add_url_rule("/questions/questions.csv", "export", pages.export)
    return blueprint


@dataclass(frozen=True)
class _Questions:
    desk: Desk

    @access()
    def page(self) -> str:
        """Unanswered and doubtful questions."""
        asked, marks = self._read()
        groups = group(unanswered(asked, marks), self.desk.workshop.drafts.tokenize)
        start = max(0, request.args.get("from", 0, type=int))
        shown = groups[start : start + _PAGE]
        return render_template(
            "staff/questions.html",
            groups=[(each, self._near(each)) for each in shown],
            total=len(groups),
            older=start + _PAGE if start + _PAGE < len(groups) else None,
            not_ours=not_ours(marks),
            files=self._files(),
            outcomes=OUTCOMES,
        )

    @access(EDITING)
    def mark(self) -> Response:
        """Not the city's business, or dealt with."""
        what, texts = request.form.get("do", ""), request.form.getlist("text")[:500]
        if what not in (NOT_OURS, DONE) or not texts:
            abort(400)
        now, who = self.desk.now(), me().name
        account, said = self.desk.account, f"{len(texts)}通り"
        entry = Logged(now, who, "question_mark", "question", what, "", said, account=account)

        def keep(connection: Any) -> None:
            question_reads.mark(connection, texts, what, who, now, account)
            audit.add(connection, entry)

        self.desk.db.write(keep)
        return redirect(url_for("staff.questions.page", done="marked"), 303)

    @access()
    def answered(self) -> str:
        """What was answered, with what was shown, what was chosen, and whether it helped."""
        asked, _ = self._read()
        found = [each for each in asked if each.outcome not in DOUBTFUL]
        first = self._first_day()
        with self.desk.db.read() as connection:
            by_item = reactions.solved_by_item(connection, first, self.desk.account)
            choices = reactions.choices(connection, first, self.desk.account)
        helped, hidden = least_helpful(by_item)
        view = self._view()
        percents = {each.item: each.percent for each in helped}
        return render_template(
            "staff/answered.html",
            rows=[
                (each, self._shown(view, each), _percent(each, percents)) for each in found[:300]
            ],
            outcomes=OUTCOMES,
            helped=list(zip(helped, self._places(view, [v.item for v in helped]), strict=True)),
            hidden=hidden,
            not_few=not_few,
            choices=chosen_of(shown_choices(choices)[:50], lambda i: view.title(i) or i),
        )

    @access()
    def solved(self) -> Response:
        """Whether each answer helped, as CSV; logged."""
        with self.desk.db.read() as connection:
            first = self._first_day()
            solved = reactions.solved_by_item(connection, first, self.desk.account)
        found, _ = least_helpful(solved)
        self._log_export("solved")
        view = self._view()
        rows = [
            (
                each.item,
                view.title(each.item),
                each.percent,
                not_few(each.solved),
                not_few(each.unsolved),
            )
            for each in found
        ]
        header = ("id", "項目", "解決した割合（%）", "解決した", "解決しない")
        return csv_response("解決しましたか.csv", header, rows)

    @access()
    def export(self) -> Response:
        """Every wording with its count; logged."""
        asked, _ = self._read()
        self._log_export("")
        header = ("質問", "結果", "件数", "最後の日", "近いもの")
        rows = [
            (a.text, OUTCOMES.get(a.outcome, a.outcome), a.count, a.day, "・".join(a.candidates))
            for a in asked
        ]
        return csv_response("質問.csv", header, rows)

    def _log_export(self, what: str) -> None:
        now, account = self.desk.now(), self.desk.account
        logged = Logged(now, me().name, "export", "questions", what, "", "", account=account)
        self.desk.db.write(lambda c: audit.add(c, logged))

    def _first_day(self) -> str:
        today = self.desk.clock().astimezone(JAPAN).date()
        return (today - timedelta(days=DAYS)).isoformat()

    def _read(self) -> tuple[list[Asked], dict[str, str]]:
        with self.desk.db.read() as connection:
            asked = question_reads.since(connection, self._first_day(), self.desk.account)
            return asked, question_reads.marks(connection, self.desk.account)

    def _shown(self, view: CityView, asked: Asked) -> list[str]:
        return [view.title(each) or each for each in asked.candidates[:3]]

    def _view(self) -> CityView:
        drafts = self.desk.workshop.drafts
        return drafts.current().view(drafts.city_of(""))

    def _near(self, found: Group) -> list[Near]:
        view = self._view()
        return self._places(view, found.near)

    def _places(self, view: CityView, ids: Iterable[str]) -> list[Near]:
        places, near = self.desk.workshop.now().loaded.places, []
        for item_id in ids:
            place = places.get(item_id)
            path = place.path if place is not None and kind_of(place.path) else ""
            near.append(Near(item_id, view.title(item_id) or item_id, path))
        return near

    def _files(self) -> list[str]:
        """Where a new entry can go: files that this person may edit."""
        content = self.desk.workshop.now()
        paths = {
            content.loaded.places[item.id].path for item in content.library.content.entries.values()
        }
        return sorted(path for path in paths if me().may_edit(path))


def _percent(asked: Asked, percents: Mapping[str, int]) -> str:
    """How many of a hundred the answer helped, '' where too few have said."""
    found = percents.get(asked.candidates[0]) if asked.candidates else None
    return "" if found is None else f"{found}%"
