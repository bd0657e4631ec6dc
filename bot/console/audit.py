"""/staff/audit/: who changed what. For admins; the whole log as CSV."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from bot.console.access import ADMINS, access, me
from bot.console.csvfile import csv_response
from bot.console.desk import Desk, japan_time
from bot.services.logwords import codes_for, said
from bot.store import audit, audit_pages
from bot.store.audit import Entry


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
            found = audit_pages.page(
                connection,
                words,
                before,
                account=self.desk.account,
                codes=codes_for(words),
            )
        entries = [said(entry) for entry in found.entries]
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
                for e in map(said, audit_pages.everything(connection, self.desk.account))
            ]
        return csv_response("記録.csv", header, rows)
