"""/staff/segments/: the city's saved segments, and a builder that says the rule while it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import segment_form
from bot.console.access import EDITING, EVERY_ROLE, access, me
from bot.console.desk import Desk
from bot.content.problems import Problem
from bot.content.segments import SEGMENTS_FILE
from bot.core.announcements import STATE_WORDS
from bot.core.segment_parts import Built, Group, Parts, build, parts_of, sound
from bot.core.segment_words import explain
from bot.errors import ContentError
from bot.services.editing import Line, compare
from bot.services.saved_segments import Saved, SavedSegments
from bot.services.saving import Conflict, digest_of
from bot.services.segments import Span
from bot.services.workshop import Refused

STATES = {**{str(state): words for state, words in STATE_WORDS.items()}, "template": "ひな形"}


def segment_pages(desk: Desk) -> Blueprint:
    """/staff/segments/ with /new and /one?name=."""
    saved = SavedSegments(desk.db, desk.workshop, desk.clock, desk.account, desk.beside)
    pages, blueprint = _Segments(desk, saved), Blueprint("segments", __name__)
    blueprint.add_url_rule("/segments/", "page", pages.page)
    for rule, name, show, change in (
        ("/segments/new", "new", pages.new, pages.add),
        ("/segments/one", "one", pages.one, pages.change),
    ):
        blueprint.add_url_rule(rule, name, show)
        blueprint.add_url_rule(rule, f"{name}_change", change, methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _Page:
    """The builder as it is shown. `old` is the saved name, '' for a new one."""

    old: str
    name: str
    base: str
    parts: Parts
    built: Built | None = None
    span: Span | None = None
    saved: Saved | None = None
    why: str = ""
    problem: str = ""
    problems: Sequence[Problem] = ()
    theirs: Sequence[Sequence[Line]] = ()
    focus: str = ""


@dataclass(frozen=True)
class _Segments:
    desk: Desk
    saved: SavedSegments

    @access(EVERY_ROLE)
    def page(self) -> str:
        """All of them with their sizes now."""
        every = self.saved.every()
        sizes = {each.name: self.saved.span(each.rule) for each in every if each.rule}
        return render_template(
            "staff/segments.html",
            every=every,
            sizes=sizes,
            states=STATES,
            problems=self.saved.problems(),
            path=SEGMENTS_FILE,
            may_edit=self._may_edit(),
        )

    @access(EDITING)
    def new(self) -> str:
        """An empty builder."""
        self._check_may_edit()
        parts = Parts((Group(),))
        return self._render(_Page("", "", digest_of(self.saved.data()), parts))

    @access(EDITING)
    def add(self) -> Response | str | tuple[str, int]:
        """A button of the builder for a new one."""
        return self._pressed("", None)

    @access(EDITING)
    def one(self) -> str:
        """The builder with a saved segment; where it has no form, its sentence alone."""
        saved = self._one()
        self._check_may_edit()
        parts = parts_of(saved.rule) if saved.rule else None
        page = _Page(
            saved.name, saved.name, digest_of(self.saved.data()), parts or Parts(), saved=saved
        )
        if parts is None:
            return self._render(page, template="staff/segment_text.html")
        return self._render(self._counted(page))

    @access(EDITING)
    def change(self) -> Response | str | tuple[str, int]:
        """A button of the builder for a saved one."""
        saved = self._one()
        return self._pressed(saved.name, saved)

    def _pressed(self, old: str, saved: Saved | None) -> Response | str | tuple[str, int]:
        self._check_may_edit()
        form = request.form
        page = _Page(
            old,
            form.get("name", "").strip(),
            form.get("base", ""),
            segment_form.posted(form),
            saved=saved,
            why=form.get("why", "").strip(),
        )
        do = form.get("do", "count")
        altered = segment_form.changed(page.parts, do, form)
        if altered is not None:
            return self._render(replace(page, parts=altered[0], focus=altered[1]))
        page = self._counted(page)
        if do == "delete" and old:
            return self._save(page, delete=True)
        return self._save(page) if do == "save" else self._render(page)

    def _counted(self, page: _Page) -> _Page:
        built = build(page.parts, self.saved.in_city())
        span = self.saved.span(built.rule) if built.rule is not None else None
        return replace(page, built=built, span=span)

    def _save(self, page: _Page, *, delete: bool = False) -> Response | tuple[str, int]:
        rule = page.built.rule if page.built else None
        who = me().name
        try:
            if delete:
                good = self.saved.remove(page.old, page.base, who, page.why)
            elif rule is None:
                text = "まだ保存していません。印のある条件を直してください。"
                return self._render(replace(page, problem=text)), 422
            else:
                good = self.saved.save(page.old, page.name, rule, page.base, who, page.why)
        except Refused as error:
            return self._render(replace(page, problem=str(error), problems=error.problems)), 422
        except Conflict as error:
            return self._conflict(page, error), 409
        except ContentError as error:
            return self._render(replace(page, problem=str(error))), 422
        done = "waiting" if not good else "gone" if delete else "saved"
        return redirect(url_for("staff.segments.page", done=done), 303)

    def _conflict(self, page: _Page, error: Conflict) -> str:
        """Ours stays in the fields; saving again takes the file as it is now for its beginning."""
        before = self.desk.workshop.base_of(SEGMENTS_FILE, page.base)
        theirs = compare(before, error.now) if before is not None else ()
        text = (
            "開いたあとで、ほかの人がこの条件を変えました。まだ保存していません。"
            "あなたの条件は下に残っています。もう一度保存すると、あなたの条件になります。"
        )
        base = digest_of(error.now)
        return self._render(replace(page, problem=text, theirs=theirs, base=base))

    def _render(self, page: _Page, template: str = "staff/segment.html") -> str:
        catalog = self.saved.in_city()
        rule = page.built.rule if page.built else None
        if page.built and rule is None:
            rule = build(sound(page.parts, page.built), catalog).rule
        return render_template(
            template,
            page=page,
            sentence=explain(rule, catalog) if rule else "",
            catalog=catalog,
            form=segment_form,
            states=STATES,
            path=SEGMENTS_FILE,
        )

    def _one(self) -> Saved:
        return self.saved.one(request.args.get("name", "")) or abort(404)

    def _may_edit(self) -> bool:
        return me().role in EDITING and me().may_edit(SEGMENTS_FILE)

    def _check_may_edit(self) -> None:
        if not self._may_edit():
            abort(403, "担当の外のファイルです。管理の人に頼んでください。")
