"""/staff/content/read: an item or a file as it stands, for whoever may not change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request, url_for

from bot.console import forms
from bot.console.access import EDITING, access, me
from bot.console.desk import Desk
from bot.console.editor import text_of
from bot.console.results import Preview, results_of
from bot.services.editing import CannotEdit, values_of

_YES = {"true": "はい"}


def reading_pages(desk: Desk) -> Blueprint:
    """/staff/content/read?path=…&item=…"""
    pages, blueprint = _Reading(desk), Blueprint("reading", __name__)
    blueprint.add_url_rule("/content/read", "page", pages.page)
    return blueprint


def way_to(path: str, item: str = "", line: int = 0) -> str:
    """The address where who is signed in changes an item or a file, or reads it.

    Without an `item`, or where items of the file have no form, it is the text at that `line`.
    """
    has_form = bool(item and forms.kind_of(path))
    if me().role not in EDITING or not me().may_edit(path):
        place = f"l-{line}" if line and not has_form else None
        return url_for("staff.reading.page", path=path, item=item or None, _anchor=place)
    if has_form:
        return url_for("staff.editor.item", path=path, item=item)
    return url_for("staff.editor.text", path=path, item=item or None, line=line or None)


@dataclass(frozen=True)
class _Reading:
    desk: Desk

    @access()
    def page(self) -> str:
        """How a resident sees an item and what is written of it; else the file's lines."""
        path, item = request.args.get("path", ""), request.args.get("item", "")
        drafts, data = self.desk.workshop.drafts, self.desk.workshop.saving.files().get(path)
        if data is None:
            abort(404)
        content = drafts.current().content
        entry = content.entries.get(item)
        city = drafts.city_of(entry.city if entry else forms.city_of(path))
        kind = forms.kind_of(path)
        shown = _values(data, item) if kind else {}
        return render_template(
            "staff/read.html",
            path=path,
            item=item,
            title=shown.get("title") or path,
            rows=list(_rows(forms.fields_of(path, content, city), shown)),
            lines=() if shown else text_of(path, data).splitlines(),
            preview=self._preview(city, item) if shown and kind != forms.TRANSLATION else None,
        )

    def _preview(self, city: str, item: str) -> Preview | None:
        workshop = self.desk.workshop
        results = results_of(workshop, workshop.now(), city, item, [], replay=False)
        return results.item if results else None


def _values(data: bytes, item: str) -> dict[str, str]:
    """The item's values as fields show them; none where there is no such item."""
    try:
        return forms.shown_values(values_of(data, item))
    except CannotEdit:
        return {}


def _rows(
    fields: Sequence[forms.Field], shown: Mapping[str, str]
) -> Iterator[tuple[str, list[str]]]:
    for field in fields:
        words = _YES if field.kind == "flag" else dict(field.options)
        if text := shown.get(field.key, ""):
            yield field.label, [words.get(line, line) for line in text.splitlines()]
