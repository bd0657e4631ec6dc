"""/staff/audit/: who changed what. For admins; the whole log as CSV."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from bot.console.access import ADMINS, access, me
from bot.console.csvfile import csv_response
from bot.console.desk import Desk, japan_time
from bot.console.notices import STEP_WORDS
from bot.core.announcements import STATE_WORDS
from bot.store import audit, audit_pages
from bot.store.audit import Entry

ACTIONS = {
    **STEP_WORDS,
    "sign_in": "サインインしました",
    "sign_in_failed": "サインインに失敗しました",
    "sign_out": "サインアウトしました",
    "sign_out_everywhere": "すべての端末からサインアウトしました",
    "second_factor_set": "2つ目の確認を設定しました",
    "second_factor_reset": "2つ目の確認を消しました",
    "staff_add": "職員を加えました",
    "staff_disable": "職員を停止しました",
    "staff_enable": "職員の停止を解きました",
    "staff_role": "役割を変えました",
    "staff_password": "パスワードを変えました",
    "content_save": "内容を保存しました",
    "content_outside": "画面の外で内容が変わりました",
    "question_mark": "質問に印を付けました",
    "image_add": "画像を加えました",
    "image_words": "画像の説明を直しました",
    "image_delete": "画像を消しました",
    "export": "書き出しました",
}
OBJECTS = {
    "announcement": "お知らせ",
    "audit": "記録",
    "content": "内容",
    "image": "画像",
    "questions": "質問",
    "staff": "職員",
    "stats": "数字",
    "template": "ひな形",
    "tester": "試し送り",
}
STATES = {str(state): words for state, words in STATE_WORDS.items()}


def audit_pages_of(desk: Desk) -> Blueprint:
    """The log and its export."""
    pages, blueprint = _Audit(desk), Blueprint("audit", __name__)
    blueprint.add_url_rule("/audit/", "page", pages.page)
    blueprint.add_url_rule("/audit/log.csv", "export", pages.export)
    return blueprint


@dataclass(frozen=True)
class _Audit:
    desk: Desk

    @access(ADMINS)
    def page(self) -> str:
        """Newest first."""
        words, before = request.args.get("q", "").strip(), request.args.get("before", type=int)
        with self.desk.db.read() as connection:
            found = audit_pages.page(connection, words, before, account=self.desk.account)
        entries = [_said(entry) for entry in found.entries]
        return render_template("staff/audit.html", entries=entries, older=found.older, words=words)

    @access(ADMINS, fresh=True)
    def export(self) -> Response:
        """The whole log; the export itself is logged too."""
        account = self.desk.account
        done = Entry(self.desk.now(), me().name, "export", "audit", "", "", "", account=account)
        self.desk.db.write(lambda c: audit.add(c, done))
        header = ("日時", "だれ", "何をした", "対象", "対象の名前", "前", "後", "メモ")
        with self.desk.db.read() as connection:
            rows = [
                (japan_time(e.at), e.who, e.what, e.object, e.object_id, e.before, e.after, e.note)
                for e in map(_said, audit_pages.everything(connection, self.desk.account))
            ]
        return csv_response("記録.csv", header, rows)


def _said(entry: Entry) -> Entry:
    """The entry in the words of the pages."""
    return replace(
        entry,
        who="まどぐち" if entry.who == audit.SYSTEM else entry.who,
        what=ACTIONS.get(entry.what, entry.what),
        object=OBJECTS.get(entry.object, entry.object),
        before=STATES.get(entry.before, entry.before),
        after=STATES.get(entry.after, entry.after),
    )
