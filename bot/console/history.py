"""/staff/content/history: every version, what it changed, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, access, me
from bot.console.desk import Desk
from bot.errors import ContentError
from bot.services.editing import compare
from bot.services.workshop import Refused
from bot.store import content_changes
from bot.store.content_changes import Change

KINDS = {
    "form": "欄で直した",
    "text": "文で直した",
    "back": "前に戻した",
    "csv": "CSVで直した",
    "import": "取り込んだ",
    "outside": "画面の外で変わった",
}


def history_pages(desk: Desk) -> Blueprint:
    """The list of versions, one version, taking it back."""
    pages, blueprint = _History(desk), Blueprint("history", __name__)
    blueprint.add_url_rule("/content/history", "page", pages.page)
    blueprint.add_url_rule("/content/history/<int:number>", "one", pages.one)
    blueprint.add_url_rule("/content/history/<int:number>", "back", pages.back, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _History:
    desk: Desk

    @property
    def _owner(self) -> str:
        """Under which account the versions of our folder are kept."""
        return self.desk.workshop.saving.owner

    @access()
    def page(self) -> str:
        """Newest first, of one file or of all."""
        path, before = request.args.get("path", ""), request.args.get("before", type=int)
        with self.desk.db.read() as connection:
            found = content_changes.history(connection, path, before, 51, self._owner)
        older = found[49].id if len(found) > 50 else None
        return render_template(
            "staff/history.html", changes=found[:50], path=path, older=older, kinds=KINDS
        )

    @access()
    def one(self, number: int) -> str:
        """What a version changed."""
        return self._one(self._change(number))

    @access(EDITING)
    def back(self, number: int) -> Response | tuple[str, int]:
        """Bring back what the file held before that version."""
        change = self._change(number)
        if not me().may_edit(change.path):
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")
        try:
            why = request.form.get("why", "").strip()
            good = self.desk.workshop.take_back(change, me().name, why)
        except Refused as error:
            said = "\n".join([str(error), *map(str, error.problems[:10])])
            return self._one(change, said), 422
        except ContentError as error:
            return self._one(change, str(error)), 409
        done = "saved" if good else "waiting"
        return redirect(url_for("staff.history.page", path=change.path, done=done), 303)

    def _one(self, change: Change, problem: str = "") -> str:
        with self.desk.db.read() as connection:
            now = content_changes.head_data(connection, change.path, self._owner)
        return render_template(
            "staff/change.html",
            change=change,
            groups=compare(change.before, change.after),
            kinds=KINDS,
            newest=now == change.after,
            problem=problem,
        )

    def _change(self, number: int) -> Change:
        with self.desk.db.read() as connection:
            found = content_changes.find(connection, number, self._owner)
        return found or abort(404)
