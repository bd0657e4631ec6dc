"""The console as one blueprint under /staff."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bot.console.access import ADMINS, COOKIE, EVERY_ROLE, Gate, set_cookie, token_of
from bot.console.announcement_steps import step_pages
from bot.console.announcements import Announcements, announcement_pages_of
from bot.console.audit import audit_pages_of
from bot.console.composing import composing_pages
from bot.console.content import content_pages
from bot.console.desk import Desk, japan_time
from bot.console.editor import editor_pages
from bot.console.folders import folder_name
from bot.console.history import history_pages
from bot.console.home import home_pages
from bot.console.images import image_pages
from bot.console.notice_templates import template_pages, tester_pages
from bot.console.notices import Notices
from bot.console.options import ConsoleOptions
from bot.console.people import people_pages
from bot.console.questions import question_pages
from bot.console.reading import reading_pages, way_to
from bot.console.segments import segment_pages
from bot.console.sheets import sheet_pages
from bot.console.sign_in import sign_in_pages
from bot.console.stats import stats_pages
from bot.content.problems import errors
from bot.content.segments import SEGMENTS_FILE
from bot.core.tokens import Tokenize
from bot.errors import MadoguchiError
from bot.services.drafts import Drafts
from bot.services.images import ImageLibrary
from bot.services.library import Terms
from bot.services.people import People
from bot.services.publishing import Publisher
from bot.services.replay import Replay
from bot.services.saving import Saving
from bot.services.signin import SignIn
from bot.services.workshop import Workshop
from bot.store.database import Database
from bot.store.staff import ROLE_NAMES
from bot.store.tables import MAIN_ACCOUNT
from bot.web.assets import Assets
from bot.web.security import security_headers

log = logging.getLogger(__name__)
_HERE = Path(__file__).parent

# What a page says after a change: ?done=WORD.
DONE = {
    "out": "サインアウトしました。",
    "password": "パスワードを変えました。ほかの端末はサインアウトしました。",
    "added": "職員を加えました。",
    "changed": "変えました。",
    "gone": "消しました。変更の記録から戻せます。",
    "saved": "保存しました。数秒で住民への答えに出ます。",
    "waiting": "保存しました。ほかのファイルに直すところがあるため、まだ公開されていません。",
    "marked": "印を付けました。",
    "kept": "下書きを保存しました。",
    "asked": "承認を頼みました。",
    "approved": "承認しました。",
    "returned": "差し戻しました。",
    "ordered": "送る指示を出しました。",
    "paused": "一時停止しました。",
    "resumed": "続きから送ります。",
    "cancelled": "取り消しました。",
    "resolved": "決めました。",
    "template_kept": "ひな形を保存しました。",
    "fed": "下書きを作りました。",
    "image_added": "画像を加えました。",
    "image_deleted": "画像を消しました。",
}


NAVIGATION = (
    ("staff.content.page", "内容", EVERY_ROLE),
    ("staff.questions.page", "質問", EVERY_ROLE),
    ("staff.announcements.page", "お知らせ", EVERY_ROLE),
    ("staff.images.page", "画像", EVERY_ROLE),
    ("staff.segments.page", "配信条件", EVERY_ROLE),
    ("staff.stats.page", "数字", EVERY_ROLE),
    ("staff.people.page", "職員", ADMINS),
    ("staff.audit.page", "記録", ADMINS),
)


@dataclass(frozen=True)
class Content:
    """What an account's console works on: its folder, what is in force, how to publish anew.

    `owner` is the account under which the folder's versions are kept; `beside` are the other
    accounts that share it, with their cities: what is theirs alone is not edited here.
    """

    directory: Path
    publisher: Publisher
    tokenize: Tokenize
    terms: Terms
    city: str
    public_url: str = ""
    account: str = MAIN_ACCOUNT
    owner: str = MAIN_ACCOUNT
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def closed(self) -> frozenset[str]:
        """The cities that are another account's."""
        return frozenset(self.beside.values()) - {self.city}

    @property
    def cookie(self) -> str:
        """The name of the console's cookie: a browser may be signed in to several."""
        return COOKIE if self.account == MAIN_ACCOUNT else f"{COOKIE}_{self.account}"


@dataclass(frozen=True)
class Console:
    """The pages and what they work with."""

    blueprint: Blueprint
    saving: Saving
    workshop: Workshop


def create_console(
    db: Database,
    clock: Callable[[], datetime],
    content: Content,
    notices: Notices,
    options: ConsoleOptions,
    saving: Saving | None = None,
) -> Console:
    """Every console page, each behind the gate, with headers that let nothing foreign in.

    The pages use the chat's style sheet and bubbles: its blueprint must be registered too.
    `saving` is the one that watches the folder, where one does.
    """
    publisher, account = content.publisher, content.account
    sign_in = SignIn(db, clock, account, content.closed)
    saving = saving or Saving(
        db,
        content.directory,
        clock,
        publisher.load,
        lambda: not errors(publisher.problems),
        content.owner,
        account,
    )
    drafts = Drafts(publisher.current, content.tokenize, content.terms, clock, content.city)
    workshop = Workshop(db, saving, drafts, Replay(drafts), clock, account)
    gate = Gate(sign_in, options, content.cookie)
    desk = Desk(
        db,
        clock,
        gate,
        sign_in,
        People(db, clock, account),
        workshop,
        ImageLibrary(db, clock, account),
        content.public_url,
        account,
        tuple(content.beside),
    )
    return Console(_blueprint(desk, notices), saving, workshop)


def _sections(desk: Desk) -> list[str]:
    """What a person can be limited to: folders of content, and the segments' file alone."""
    files = desk.workshop.saving.files()
    folders = {path.rpartition("/")[0] for path in files}
    return sorted(folders | ({SEGMENTS_FILE} & files.keys()))


def _blueprint(desk: Desk, notices: Notices) -> Blueprint:
    parent = Blueprint("staff", __name__, url_prefix="/staff", template_folder="templates")
    assets = Assets(_HERE / "static")
    parent.before_request(desk.gate)
    for child in (
        home_pages(desk, assets),
        sign_in_pages(desk),
        content_pages(desk),
        editor_pages(desk),
        reading_pages(desk),
        history_pages(desk),
        sheet_pages(desk),
        question_pages(desk),
        announcement_pages_of(desk, notices),
        composing_pages(desk, notices),
        step_pages(desk, notices, Announcements(desk, notices)),
        template_pages(desk, notices),
        tester_pages(desk, notices),
        image_pages(desk),
        segment_pages(desk),
        stats_pages(desk),
        people_pages(desk, lambda: _sections(desk)),
        audit_pages_of(desk),
    ):
        parent.register_blueprint(child)
    parent.after_request(_finish)
    parent.errorhandler(HTTPException)(_refused)
    parent.errorhandler(MadoguchiError)(_failed)

    def names() -> dict[str, Any]:
        visit = getattr(g, "visit", None)
        return {
            "asset": lambda name: url_for(
                "staff.home.asset", digest=assets.digest(name), name=name
            ),
            "csrf": token_of(getattr(g, "cookie", "")),
            "person": visit.person if visit is not None else None,
            "signed_in": visit is not None and visit.complete,
            "done": DONE.get(request.args.get("done", ""), ""),
            "role_names": ROLE_NAMES,
            "nav": NAVIGATION,
            "japan_time": japan_time,
            "way_to": way_to,
            "folder_name": lambda path: folder_name(path, desk.workshop.drafts.current().content),
        }

    parent.context_processor(names)
    return parent


def _finish(response: Response) -> Response:
    for name, value in security_headers().items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if getattr(g, "new_cookie", "") and "Set-Cookie" not in response.headers:
        set_cookie(response, g.new_cookie)
    return response


def _refused(error: HTTPException) -> Response | tuple[str, int]:
    response = Response.force_type(error.get_response())
    if response.status_code < 400:
        return response
    said = {404: "ページが見つかりません。", 413: "大きすぎます（8MBまで）。"}
    text = said.get(response.status_code, "")
    if response.status_code in (400, 403, 409):
        text = error.description or ""
    text = text if not text.isascii() else "受け取れませんでした。もう一度お試しください。"
    return render_template("staff/error.html", text=text), response.status_code


def _failed(error: MadoguchiError) -> tuple[str, int]:
    log.error("console unavailable", exc_info=error)
    return render_template("staff/error.html", text=str(error)), 503
