"""/staff/content/sheets: examples and classes out and in as CSV, and a city's existing FAQ in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, access, me
from bot.console.csvfile import csv_response
from bot.console.desk import JAPAN, Desk
from bot.console.forms import kind_of
from bot.content.csvread import decode
from bot.errors import ContentError
from bot.services.classsheets import apply_classes, class_paths, class_rows
from bot.services.importing import Import, import_faq
from bot.services.replay import Report
from bot.services.saving import Edit, digest_of
from bot.services.sheets import HEADER, Difference, apply_table, phrase_rows
from bot.services.workshop import Refused
from bot.store import audit
from bot.store.audit import Entry


def sheet_pages(desk: Desk) -> Blueprint:
    """Downloads, uploads, and the pages between upload and saving."""
    pages, blueprint = _Sheets(desk), Blueprint("sheets", __name__)
    blueprint.add_url_rule("/content/sheets", "page", pages.page)
    blueprint.add_url_rule("/content/sheets/examples.csv", "export", pages.export)
    blueprint.add_url_rule("/content/sheets/examples", "take_in", pages.take_in, methods=["POST"])
    blueprint.add_url_rule("/content/sheets/classes.csv", "class_export", pages.class_export)
    blueprint.add_url_rule("/content/sheets/classes", "classes", pages.classes, methods=["POST"])
    blueprint.add_url_rule("/content/sheets/faq", "faq", pages.faq, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _Shown:
    """What stands on the page between upload and saving; `to` is where the saving is asked for."""

    to: str = "take_in"
    problem: str = ""
    path: str = ""
    table: str = ""
    differences: Sequence[Difference] = ()
    base: str = ""
    imported: Import | None = None
    report: Report | None = None
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sheets:
    desk: Desk

    @access(EDITING)
    def page(self) -> str:
        """The forms."""
        return self._page(_Shown())

    @access(EDITING)
    def export(self) -> Response:
        """A file's examples; logged."""
        path = request.args.get("path", "")
        data = self._data(path)
        self._log_export(path)
        try:
            rows = list(phrase_rows(data))
        except ContentError as error:
            abort(409, str(error))
        return csv_response(f"{path.replace('/', '-')}.csv", HEADER, rows)

    @access(EDITING)
    def class_export(self) -> Response:
        """A city's classes and events; logged. A city without any gets the columns."""
        path = request.args.get("path", "")
        data = self._classes_data(path)
        self._log_export(path)
        try:
            header, rows = class_rows(data)
        except ContentError as error:
            abort(409, str(error))
        return csv_response(f"{path.replace('/', '-')[: -len('.csv')]}.csv", header, rows)

    def _log_export(self, path: str) -> None:
        now, account = self.desk.now(), self.desk.account
        logged = Entry(now, me().name, "export", "content", path, "", "", account=account)
        self.desk.db.write(lambda c: audit.add(c, logged))

    @access(EDITING)
    def classes(self) -> Response | tuple[str, int] | str:
        """Show what a table of classes would change; save it at the second press."""
        path, table = request.form.get("path", ""), self._table()
        data = self._classes_data(path)
        shown = _Shown("classes", path=path)
        try:
            after, differences = apply_classes(data, table)
            base = request.form.get("base") or digest_of(data)
            shown = _Shown("classes", "", path, _as_text(table), differences, base=base)
            if request.form.get("do") == "save":
                return self._save([Edit(path, base, after)], "csv", path)
            draft = self.desk.workshop.draft_of({path: after})
            found = self.desk.workshop.problems_of(draft, [path])
        except Refused as error:
            return self._refused(shown, error)
        except ContentError as error:
            return self._page(_Shown("classes", problem=str(error))), 422
        said = "\n".join(map(str, found[:20]))
        if not differences:
            said = said or "変わるところはありません。"
        return self._page(replace(shown, problem=said))

    @access(EDITING)
    def take_in(self) -> Response | tuple[str, int] | str:
        """Show what a table would change; save it at the second press."""
        path, table = request.form.get("path", ""), self._table()
        data = self._data(path)
        shown = _Shown(path=path, table=table.decode("utf-8", "replace"))
        try:
            after, differences = apply_table(data, table)
            shown = _Shown("take_in", "", path, _as_text(table), differences)
            if request.form.get("do") == "save":
                edits = [Edit(path, request.form.get("base", digest_of(data)), after)]
                return self._save(edits, "csv", path)
        except Refused as error:
            return self._refused(shown, error)
        except ContentError as error:
            return self._page(_Shown(problem=str(error))), 422
        problem = "" if differences else "変わるところはありません。"
        return self._page(replace(shown, problem=problem))

    @access(EDITING)
    def faq(self) -> Response | tuple[str, int] | str:
        """Show what a FAQ would become; save it at the second press."""
        table, drafts = self._table(), self.desk.workshop.drafts
        files = self.desk.workshop.saving.files()
        city = drafts.city_of("")
        try:
            today = self.desk.clock().astimezone(JAPAN).date()
            found = import_faq(table, files, drafts.current().content, city, today)
            self._allowed(found)
            if request.form.get("do") == "save" and found.files:
                edits = [
                    Edit(path, digest_of(files.get(path, b"")), data)
                    for path, data in found.files.items()
                ]
                return self._save(edits, "import", f"knowledge/{city}/faq-01.yaml")
        except Refused as error:
            return self._refused(_Shown(), error)
        except ContentError as error:
            return self._page(_Shown(problem=str(error))), 422
        draft = self.desk.workshop.draft_of(dict(found.files))
        report = self.desk.workshop.what_changes(draft, city)
        view = draft.library.view(city)
        ids = {each for theft in report.thefts for each in (theft.winner, theft.loser)}
        titles = {item: view.title(item) or item for item in ids}
        shown = _Shown(table=_as_text(table), imported=found, report=report, titles=titles)
        return self._page(shown)

    def _save(self, edits: list[Edit], kind: str, path: str) -> Response:
        why = request.form.get("why", "").strip()
        good = self.desk.workshop.save(edits, me().name, why, kind)
        done = "saved" if good else "waiting"
        return redirect(url_for("staff.content.page", file=path, done=done), 303)

    def _refused(self, shown: _Shown, error: Refused) -> tuple[str, int]:
        said = "\n".join([str(error), *map(str, error.problems[:10])])
        return self._page(replace(shown, problem=said)), 422

    def _allowed(self, found: Import) -> None:
        if not all(me().may_edit(path) for path in found.files):
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")

    def _table(self) -> bytes:
        upload = request.files.get("file")
        if upload is not None and upload.filename:
            return upload.stream.read()
        return request.form.get("table", "").encode("utf-8", "replace")

    def _data(self, path: str) -> bytes:
        data = self.desk.workshop.saving.files().get(path)
        if data is None or not kind_of(path):
            abort(404)
        if not me().may_edit(path):
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")
        return data

    def _classes_data(self, path: str) -> bytes:
        """The table at `path`, b"" where the city has none yet."""
        files = self.desk.workshop.saving.files()
        if path not in class_paths(files, self._cities()):
            abort(404)
        if not me().may_edit(path):
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")
        return files.get(path, b"")

    def _cities(self) -> list[str]:
        return list(self.desk.workshop.drafts.current().content.cities)

    def _page(self, shown: _Shown) -> str:
        every = self.desk.workshop.saving.files()
        files = sorted(path for path in every if kind_of(path) and me().may_edit(path))
        tables = [path for path in class_paths(every, self._cities()) if me().may_edit(path)]
        return render_template("staff/sheets.html", files=files, tables=tables, shown=shown)


def _as_text(table: bytes) -> str:
    try:
        return decode(table)
    except ContentError:
        return table.decode("utf-8", "replace")
