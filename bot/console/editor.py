"""Edit content: one item in a form, or a whole file as text. Check, try, see what changes, save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import forms
from bot.console.access import EDITING, access, me
from bot.console.desk import JAPAN, Desk
from bot.console.formwords import in_form_words
from bot.console.results import Results, results_of
from bot.content import csvread
from bot.content.classes import is_class_file
from bot.content.problems import Problem
from bot.content.yamltraps import decode
from bot.errors import ContentError
from bot.services.editing import (
    ORDER,
    CannotEdit,
    Line,
    Value,
    add_item,
    compare,
    edit_item,
    item_at,
    remove_item,
    values_of,
)
from bot.services.saving import Conflict, Edit, digest_of
from bot.services.workshop import Refused


def editor_pages(desk: Desk) -> Blueprint:
    """/staff/content/item, /new, /text."""
    pages, blueprint = _Editor(desk), Blueprint("editor", __name__)
    for rule, name, show, change in (
        ("/content/item", "item", pages.item, pages.change_item),
        ("/content/new", "new", pages.new, pages.add_item),
        ("/content/text", "text", pages.text, pages.change_text),
    ):
        blueprint.add_url_rule(rule, name, show)
        blueprint.add_url_rule(rule, f"{name}_change", change, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _Page:
    """What an editor page shows beside its fields."""

    path: str
    item: str
    base: str
    city: str
    problem: str = ""
    problems: Sequence[Problem] = ()
    results: Results | None = None
    theirs: Sequence[Sequence[Line]] = ()
    said: Sequence[str] = ()
    why: str = ""
    fields: Sequence[forms.Field] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    new: bool = False


@dataclass(frozen=True)
class _Editor:
    desk: Desk

    # --- one item in a form ---

    @access(EDITING)
    def item(self) -> Response | str:
        """The form with what the file holds."""
        path, item, data = self._file()
        page = self._page(path, item, data)
        try:
            values = values_of(data, item)
        except CannotEdit as error:
            where = url_for("staff.editor.text", path=path, item=item, problem=str(error))
            return redirect(where, 303)
        added = request.args.get("add", "").strip()
        shown = forms.shown_values(values)
        if added:
            key = "examples" if "examples" in shown else "questions"
            shown[key] = "\n".join(dict.fromkeys([*shown.get(key, "").splitlines(), added]))
        self.desk.workshop.warm_up(page.city)
        return _render(replace(page, shown=shown))

    @access(EDITING)
    def change_item(self) -> Response | str | tuple[str, int]:
        """Check, try or save the form; or delete the item."""
        path, item, data = self._file()
        page = self._posted(self._page(path, item, data))
        if page.base != digest_of(data):
            return self._merged(page, data)
        if request.form.get("do") == "delete":
            return self._finish(page, lambda: remove_item(data, item), "form")
        values = forms.item_values(page.fields, page.shown)
        return self._finish(
            page, lambda: edit_item(data, item, self._mine(page, data, values)), "form"
        )

    def _mine(self, page: _Page, data: bytes, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Only keys of this kind of item that the item has, or that were filled in."""
        before = values_of(data, page.item)
        return {key: value for key, value in values.items() if value or key in before}

    def _merged(self, page: _Page, data: bytes) -> Response | str | tuple[str, int]:
        """Somebody else was quicker: their fields and ours together, ours where both changed one."""
        base = self.desk.workshop.base_of(page.path, page.base)
        try:
            now = forms.shown_values(values_of(data, page.item))
            then = forms.shown_values(values_of(base, page.item)) if base else {}
        except CannotEdit as error:
            return _render(replace(page, problem=str(error))), 409
        ours = {
            key: text
            for key, text in page.shown.items()
            if base is None or _lines(text) != _lines(then.get(key, ""))
        }
        both = [
            each.label
            for each in page.fields
            if each.key in ours and _lines(now.get(each.key, "")) != _lines(then.get(each.key, ""))
        ]
        text = (
            "開いたあとで、ほかの人がこのファイルを変えました。まだ保存していません。"
            "あなたの直しは下の欄に残っています。ほかの人の直しも入れました。"
        )
        if both:
            text += f"2人とも直した欄（あなたの文にしてあります）：{'、'.join(both)}"
        theirs = compare(base or b"", data) if base is not None else ()
        page = replace(
            page, shown={**now, **ours}, base=digest_of(data), problem=text, theirs=theirs
        )
        return _render(page), 409

    # --- a new item ---

    @access(EDITING)
    def new(self) -> str:
        """The form for a new item, with what a new one begins with."""
        path, _, data = self._file(missing=True)
        today = self.desk.clock().astimezone(JAPAN).date()
        shown = forms.new_values(path, today)
        key = "examples" if forms.kind_of(path) == forms.INTENT else "questions"
        shown[key] = request.args.get("add", "").strip()
        page = self._page(path, "", data, new=True)
        self.desk.workshop.warm_up(page.city)
        return _render(replace(page, shown=shown))

    @access(EDITING)
    def add_item(self) -> Response | str | tuple[str, int]:
        """Check, try or save the new item."""
        path, _, data = self._file(missing=True)
        page = self._posted(self._page(path, "", data, new=True))
        item = request.form.get("id", "").strip()
        page = replace(page, item=item, base=digest_of(data), shown={**page.shown, "id": item})
        values: dict[str, Value] = {"id": item, **forms.item_values(page.fields, page.shown)}
        if forms.kind_of(path) == forms.ENTRY:
            values["city"] = forms.city_of(path)

        def added() -> bytes:
            if not item:
                raise CannotEdit("id を書いてください（半角の英小文字・数字・ハイフン）。")
            text = add_item(data, values)
            if forms.kind_of(path) == forms.ENTRY and not values.get("covers"):
                text = text.rstrip(b"\r\n") + b"\n  covers: []\n"
            return text

        return self._finish(page, added, "form")

    # --- a whole file as text ---

    @access(EDITING)
    def text(self) -> str:
        """The file in a text field."""
        path, item, data = self._file(missing=True)
        page = self._page(path, item, data)
        source = text_of(path, data)
        problems = [p for p in self.desk.workshop.now().problems if p.path == path]
        self.desk.workshop.warm_up(page.city)
        page = replace(page, fields=(), source=source, problems=problems)
        return _render(replace(page, problem=request.args.get("problem", "")))

    @access(EDITING)
    def change_text(self) -> Response | str | tuple[str, int]:
        """Check, try or save the text."""
        path, item, data = self._file(missing=True)
        page = self._posted(self._page(path, item, data))
        source = request.form.get("source", "")
        after = _as_file(source, data)
        line = request.form.get("line", type=int) or 0
        item = item_at(after, line) or item if line else item
        page = replace(page, fields=(), source=source, item=item)
        if page.base != digest_of(data):
            base = self.desk.workshop.base_of(path, page.base)
            page = replace(
                page,
                base=digest_of(data),
                theirs=compare(base if base is not None else after, data),
                problem="開いたあとで、ほかの人がこのファイルを変えました。まだ保存していません。"
                "あなたの文は下の欄にそのまま残っています。下の「ほかの人の直し」を見て、"
                "要るものを入れてから保存してください。",
            )
            return _render(page), 409
        return self._finish(page, lambda: after, "text")

    # --- what all of them do ---

    def _finish(self, page: _Page, make: object, kind: str) -> Response | str | tuple[str, int]:
        """Make the new file, then check, try or save it, as the button says."""
        try:
            after: bytes = make()  # type: ignore[operator]
        except CannotEdit as error:
            return _render(replace(page, problem=str(error))), 422
        do = request.form.get("do", "check")
        if do in ("save", "delete"):
            return self._save(page, after, kind)
        said = [text for text in request.form.getlist("said") if text.strip()]
        asked = request.form.get("ask", "").strip()
        if do == "ask" and asked:
            said = [*said, asked][-10:]
        if do == "forget":
            said = []
        draft = self.desk.workshop.draft_of({page.path: after})
        results = results_of(
            self.desk.workshop, draft, page.city, page.item, said, replay=do == "changes"
        )
        problems = self.desk.workshop.problems_of(draft, [page.path])
        page = replace(page, problems=_said(page, after, problems), results=results, said=said)
        return _render(page)

    def _save(self, page: _Page, after: bytes, kind: str) -> Response | tuple[str, int]:
        edit = Edit(page.path, page.base, after)
        try:
            good = self.desk.workshop.save([edit], me().name, page.why, kind)
        except Refused as error:
            problems = _said(page, after, error.problems)
            return _render(replace(page, problem=str(error), problems=problems)), 422
        except Conflict as error:
            # The base stays the old one: sending the form again brings both together.
            page = replace(page, theirs=compare(after, error.now), problem=str(error))
            return _render(page), 409
        except ContentError as error:
            return _render(replace(page, problem=str(error))), 422
        done = "saved" if good else "waiting"
        return redirect(url_for("staff.content.page", file=page.path, done=done), 303)

    def _file(self, *, missing: bool = False) -> tuple[str, str, bytes]:
        """The file and item that the address names, and what the file holds now."""
        path, item = request.args.get("path", ""), request.args.get("item", "")
        if not me().may_edit(path):
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")
        data = self.desk.workshop.saving.files().get(path)
        if data is None and not (missing and _could_be(path)):
            abort(404)
        return path, item, data or b""

    def _page(self, path: str, item: str, data: bytes, *, new: bool = False) -> _Page:
        content = self.desk.workshop.drafts.current().content
        city = forms.city_of(path)
        entry = content.entries.get(item)
        where = self.desk.workshop.drafts.city_of(entry.city if entry else city)
        fields = forms.fields_of(path, content, city)
        if (new or request.endpoint == "staff.editor.item") and not fields:
            abort(404)
        return _Page(path, item, digest_of(data), where, fields=fields, new=new)

    def _posted(self, page: _Page) -> _Page:
        return replace(
            page,
            base=request.form.get("base", ""),
            shown=forms.posted_values(page.fields, request.form),
            why=request.form.get("why", "").strip(),
        )


def _said(page: _Page, after: bytes, problems: Sequence[Problem]) -> Sequence[Problem]:
    """The problems of a form in its words; those of another item of the file say whose they are."""
    if not page.fields:
        return problems
    labels = forms.labels_of(page.fields)
    said: list[Problem] = []
    for each in problems:
        if each.path == page.path:
            owner = item_at(after, each.line)
            other = f"項目「{owner}」：" if owner not in ("", page.item) else ""
            each = replace(each, text=other + in_form_words(each.text, labels))
        said.append(each)
    return said


def _render(page: _Page) -> str:
    keys = ORDER if forms.kind_of(page.path) else ()
    return render_template("staff/editor.html", page=page, keys=keys, facets=forms.FACET_KEYS)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _as_file(source: str, before: bytes) -> bytes:
    """A text field's text as the file: its own line ends and mark, whatever the browser sent."""
    text = source.replace("\r\n", "\n")
    if before.count(b"\r\n") * 2 > before.count(b"\n"):
        text = text.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode("utf-8", "replace")


def text_of(path: str, data: bytes) -> str:
    """The file as text; a table may be in Excel's own encoding."""
    if is_class_file(path):
        with suppress(ContentError):
            return csvread.decode(data)
    source, _ = decode(path, data)
    return source or data.decode("utf-8", "replace")


def _could_be(path: str) -> bool:
    """Whether a new file may have that name."""
    return path.isascii() and path.endswith(".yaml") and path.startswith(("knowledge/", "intents/"))
