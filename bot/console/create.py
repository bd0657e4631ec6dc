"""The console as one blueprint under /staff."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from bot.console.access import ADMINS, Gate, set_cookie, token_of
from bot.console.audit import audit_pages_of
from bot.console.desk import Desk, japan_time
from bot.console.home import home_pages
from bot.console.options import ConsoleOptions
from bot.console.people import people_pages
from bot.console.sign_in import sign_in_pages
from bot.errors import MadoguchiError
from bot.services.people import People
from bot.services.signin import SignIn
from bot.store.database import Database
from bot.store.staff import ROLE_NAMES
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
    "saved": "保存しました。数秒で住民への答えに出ます。",
    "waiting": "保存しました。ほかのファイルに直すところがあるため、まだ公開されていません。",
    "marked": "印を付けました。",
}


NAVIGATION = (
    ("staff.people.page", "職員", ADMINS),
    ("staff.audit.page", "記録", ADMINS),
)


def create_console(
    db: Database, clock: Callable[[], datetime], options: ConsoleOptions
) -> Blueprint:
    """Every console page, each behind the gate, with headers that let nothing foreign in.

    The pages use the chat's style sheet and bubbles: its blueprint must be registered too.
    """
    sign_in = SignIn(db, clock)
    gate = Gate(sign_in, options)
    return _blueprint(Desk(db, clock, gate, sign_in, People(db, clock)))


def _blueprint(desk: Desk) -> Blueprint:
    parent = Blueprint("staff", __name__, url_prefix="/staff", template_folder="templates")
    assets = Assets(_HERE / "static")
    parent.before_request(desk.gate)
    for child in (
        home_pages(desk, assets),
        sign_in_pages(desk),
        people_pages(desk, lambda: ()),
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
