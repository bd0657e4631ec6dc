"""/staff/: what needs doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from flask import Blueprint, abort, render_template, url_for
from werkzeug.wrappers import Response

from bot.console.access import ANYONE, access, me
from bot.console.content import due
from bot.console.desk import JAPAN, Desk
from bot.console.notices import APPROVING
from bot.content.problems import errors
from bot.core.announcements import State
from bot.services.grouping import unanswered
from bot.store import announcement_pages, question_reads
from bot.web.assets import Assets


def home_pages(desk: Desk, assets: Assets) -> Blueprint:
    """The first page, and the console's own files."""
    pages, blueprint = _Home(desk, assets), Blueprint("home", __name__)
    blueprint.add_url_rule("/", "page", pages.page)
    blueprint.add_url_rule("/assets/<digest>/<name>", "asset", pages.asset)
    blueprint.add_url_rule("/<path:wrong>", "missing", pages.missing)
    return blueprint


@dataclass(frozen=True)
class Card:
    """One thing to look at."""

    name: str
    number: str
    text: str
    url: str


@dataclass(frozen=True)
class _Home:
    desk: Desk
    assets: Assets

    @access()
    def page(self) -> str:
        """How much waits, each with the way to it."""
        return render_template("staff/home.html", cards=self._cards())

    @access()
    def missing(self, wrong: str) -> NoReturn:
        """An address with nothing behind it: said in the console, not as to a resident."""
        abort(404)

    def _cards(self) -> list[Card]:
        draft = self.desk.workshop.now()
        wrong = len(errors(draft.problems))
        today = self.desk.clock().astimezone(JAPAN).date()
        late = sum(len(each) for each in due(draft, today).values())
        account, week = self.desk.account, today - timedelta(days=7)
        with self.desk.db.read() as connection:
            announced = announcement_pages.by_state(connection, account)
            asked = question_reads.since(connection, week.isoformat(), account)
            marks = question_reads.marks(connection, account)
        missed = sum(each.count for each in unanswered(asked, marks))
        total = sum(each.count for each in asked)
        waiting = announced.get(State.AWAITING_APPROVAL, 0)
        stuck = announced.get(State.NEEDS_PERSON, 0) + announced.get(State.FAILED, 0)
        return [
            Card(
                "お知らせ",
                f"承認待ち {waiting}件",
                _waiting(waiting, stuck),
                url_for("staff.announcements.page"),
            ),
            Card(
                "答えられなかった質問",
                f"{missed:,}件",
                "この7日。答えを足しましょう。" if missed else "この7日はありません。",
                url_for("staff.questions.page"),
            ),
            Card(
                "数字", f"質問 {total:,}件", "この7日。グラフで見る。", url_for("staff.stats.page")
            ),
            Card(
                "内容",
                f"まちがい {wrong}件",
                "すべて公開されています。"
                if draft.served
                else "直すまで、前の正しい内容で答えます。",
                url_for("staff.content.page"),
            ),
            Card(
                "見直す期限",
                f"{late:,}件",
                "過ぎたものと、60日のうちのもの。",
                url_for("staff.content.freshness"),
            ),
        ]

    @access(stage=ANYONE)
    def asset(self, digest: str, name: str) -> Response:
        """Style and script."""
        return self.assets.response(digest, name)


def _waiting(waiting: int, stuck: int) -> str:
    """What there is to do about announcements, for who is signed in."""
    if stuck:
        return f"止まっているものが{stuck}件あります。"
    if not waiting:
        return "待っているものはありません。"
    approves = me().role in APPROVING
    return "読んで、承認しましょう。" if approves else "承認か管理の人が承認します。"
