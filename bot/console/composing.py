"""Write an announcement: in a form or as a file; new, changed, or the correction of another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, access, me
from bot.console.desk import Desk
from bot.console.formwords import in_form_words
from bot.console.notice_form import (
    AT,
    LABELS,
    RULE,
    SAVED,
    NoticeFields,
    changed,
    described,
    from_draft,
    from_post,
    missing,
    written,
)
from bot.console.notice_shown import LIMITS, Composed, beside, bubbles_of, notification
from bot.console.notices import KIND_WORDS, Notices, language_names, may_correct
from bot.content.drafts import KEYS, read_draft
from bot.content.problems import Problem
from bot.content.segments import read_rule
from bot.core.announcements import BASE_LANGUAGE, MAX_MESSAGES, Draft
from bot.core.attributes import LANGUAGE, Choice
from bot.core.wordcheck import Finding
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused
from bot.store.announcements import Stored

FILE = "お知らせ"
WEEKDAYS = tuple(
    zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "月火水木金土日", strict=True)
)
_CONFLICT = (
    "開いたあとで、ほかの人が書き直しました。まだ保存していません。あなたの文は欄に残っています。"
    "「ほかの人の文」を見て、要るものを入れてから、もう一度保存してください。"
)
Answer = Response | str | tuple[str, int]


def composing_pages(desk: Desk, notices: Notices) -> Blueprint:
    """/staff/announcements/new, /<number>/edit, /<number>/text, /<number>/correct."""
    pages, blueprint = _Composing(desk, notices), Blueprint("composing", __name__)
    for rule, name, show, change in (
        ("/announcements/new", "new", pages.new, pages.add),
        ("/announcements/<int:number>/edit", "edit", pages.edit, pages.change),
        ("/announcements/<int:number>/correct", "correct", pages.correct, pages.add_correction),
        ("/announcements/text", "new_text", pages.new_text, pages.add_text),
        ("/announcements/<int:number>/text", "text", pages.text, pages.change_text),
    ):
        blueprint.add_url_rule(rule, name, show)
        blueprint.add_url_rule(rule, f"{name}_change", change, methods=["POST"])
    return blueprint


def digest_of(text: str) -> str:
    """Which text somebody has read: a form carries it back."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class _Page:
    """What the composer shows. `target` is the announcement that is changed or corrected.

    `corrects`: whose readers get this one, None where it is no correction. `images`: those to choose
    from, None where they have not been looked up.
    """

    fields: NoticeFields
    heading: str
    target: Stored | None = None
    corrects: int | None = None
    composed: Composed = Composed()
    problem: str = ""
    focus: str = ""
    base: str = ""
    theirs: Draft | None = None
    images: Sequence[tuple[str, str]] | None = None


@dataclass(frozen=True)
class _Composing:
    desk: Desk
    notices: Notices

    # --- a new one ---

    @access(EDITING)
    def new(self) -> str:
        """The empty form; `copy` fills in another's words, `segment_name` and `rule` a segment."""
        fields, heading = NoticeFields(), "新しいお知らせ"
        copied = request.args.get("copy", type=int)
        if copied is not None:
            stored = self._load(copied)
            fields = from_draft(self.notices.announcing.draft(stored))
            fields = replace(fields, send_at="", when="now" if fields.when == AT else fields.when)
            heading = f"「{stored.title}」の写し"
        if name := request.args.get("segment_name", ""):
            fields = replace(fields, audience=SAVED, segment_name=name)
        if rule := request.args.get("rule", ""):
            fields = replace(fields, audience=RULE, rule=rule)
        return self._render(_Page(fields, heading))

    @access(EDITING)
    def add(self) -> Answer:
        """Preview it, or keep it as a draft."""
        return self._finish(_Page(from_post(request.form), "新しいお知らせ"))

    # --- change one ---

    @access(EDITING)
    def edit(self, number: int) -> str:
        """The form with what was written."""
        stored = self._load(number)
        draft = self.notices.announcing.draft(stored)
        page = _Page(
            from_draft(draft), "書き直す", stored, stored.corrects, base=digest_of(stored.draft)
        )
        return self._render(replace(page, composed=self._composed(page)))

    @access(EDITING)
    def change(self, number: int) -> Answer:
        """Preview it, or keep it: checks and approval start anew."""
        stored = self._load(number)
        base = request.form.get("base", "")
        page = _Page(from_post(request.form), "書き直す", stored, stored.corrects, base=base)
        if request.form.get("do") == "save" and base != digest_of(stored.draft):
            theirs = self.notices.announcing.draft(stored)
            page = replace(page, base=digest_of(stored.draft), theirs=theirs, problem=_CONFLICT)
            return self._render(replace(page, composed=self._composed(page))), 409
        return self._finish(page)

    # --- correct one ---

    @access(EDITING)
    def correct(self, number: int) -> Answer:
        """The form for those who got the wrong one; or the correction that is not sent yet."""
        stored = self._correctable(number)
        if (before := self.notices.announcing.correction_of(number)) is not None:
            return redirect(url_for("staff.announcements.one", number=before), 303)
        draft = self.notices.announcing.draft(stored)
        fields = from_draft(draft)
        title = draft.title if draft.title.startswith("【訂正】") else f"【訂正】{draft.title}"
        fields = replace(fields, title=title[:60], when="now", send_at="", expires_at="")
        return self._render(_Page(fields, f"「{stored.title}」の訂正", stored, number))

    @access(EDITING)
    def add_correction(self, number: int) -> Answer:
        """Preview it, or stop the wrong one and ask for the approval of this."""
        stored = self._correctable(number)
        page = _Page(from_post(request.form), f"「{stored.title}」の訂正", stored, number)
        return self._finish(page)

    # --- as a file ---

    @access(EDITING)
    def new_text(self) -> str:
        """The empty file."""
        source = (
            f"title: \nkind: normal\nauthor: {me().name}\nowner: \nsegment_name: \n"
            "messages:\n  - text: |-\n      \n"
        )
        return _text_page(source, None)

    @access(EDITING)
    def add_text(self) -> Answer:
        """Keep it as a draft."""
        return self._keep_text(None)

    @access(EDITING)
    def text(self, number: int) -> str:
        """The file as it is kept."""
        stored = self._load(number)
        return _text_page(stored.source, stored)

    @access(EDITING)
    def change_text(self, number: int) -> Answer:
        """Keep it instead of the old one."""
        return self._keep_text(self._load(number))

    def _keep_text(self, stored: Stored | None) -> Answer:
        source = request.form.get("source", "").replace("\r\n", "\n")
        who, announcing = me().name, self.notices.announcing
        if stored is not None and request.form.get("base", "") != digest_of(stored.draft):
            return _text_page(source, stored, _CONFLICT, theirs=stored.source), 409
        reviewing, corrects = announcing.reviewing, stored.corrects if stored else None
        read = read_draft(
            FILE,
            source.encode(),
            reviewing.catalog(),
            reviewing.saved(),
            needs_segment=corrects is None,
        )
        if read.draft is None:
            return _text_page(source, stored, problems=read.problems), 422
        try:
            if stored is None:
                number = announcing.new(FILE, source.encode(), who, author=who)
            else:
                number = stored.id
                seen = self._seen(stored)
                announcing.edit(number, FILE, source.encode(), who, author=who, seen=seen)
        except (ContentError, AnnouncementRefused) as error:
            return _text_page(source, stored, str(error)), 422
        return redirect(url_for("staff.announcements.one", number=number, done="kept"), 303)

    # --- what all of them do ---

    def _finish(self, page: _Page) -> Answer:
        do = request.form.get("do", "preview")
        images = self._images()
        page = replace(page, images=images, fields=described(page.fields, dict(images)))
        if ":" in do or do == "language":
            language = request.form.get("new-language", "")
            known = {choice.id for choice in self._languages()}
            fields, focus = changed(page.fields, do, language if language in known else "")
            return self._render(replace(page, fields=fields, focus=focus))
        page = replace(page, composed=self._composed(page))
        if do != "save":
            return self._render(page)
        if page.composed.draft is None:
            text = "まだ保存していません。欄の下に書いてあるところを直してください。"
            return self._render(replace(page, problem=text)), 422
        try:
            return self._keep(page)
        except (ContentError, AnnouncementRefused) as error:
            return self._render(replace(page, problem=str(error))), 422

    def _keep(self, page: _Page) -> Answer:
        who, announcing = me().name, self.notices.announcing
        data = page.composed.source.encode()
        if page.target is None:
            number = announcing.new(FILE, data, who, author=who)
        elif request.endpoint == "staff.composing.correct_change":
            stops = [each for each in self._findings(page) if each.stop]
            if stops:  # nothing is stopped for a correction that could not go out
                raise AnnouncementRefused("先に、欄の下と「点検」のところを直してください。")
            checking = self.notices.checking()
            number = checking.correct(page.target.id, FILE, data, who, author=who, approves=False)
            return redirect(url_for("staff.announcements.one", number=number, done="asked"), 303)
        else:
            number = page.target.id
            seen = self._seen(page.target)
            announcing.edit(number, FILE, data, who, author=who, seen=seen)
        return redirect(url_for("staff.announcements.one", number=number, done="kept"), 303)

    def _findings(self, page: _Page) -> tuple[Finding, ...]:
        preview = page.composed.preview
        return preview.review.findings if preview is not None else ()

    def _seen(self, stored: Stored) -> str:
        """The draft that the form was opened with, "" where it has changed since."""
        return stored.draft if request.form.get("base", "") == digest_of(stored.draft) else ""

    def _composed(self, page: _Page) -> Composed:
        """Read the fields as a file, look at it, and put every problem beside its field."""
        found: dict[str, list[str]] = missing(page.fields, correction=page.corrects is not None)
        if found:
            return Composed(found)
        if found := self._rule_problems(page):
            return Composed(found)
        lines = written(page.fields, me().name, correction=page.corrects is not None)
        reviewing = self.notices.announcing.reviewing
        source = lines.text()
        read = read_draft(
            FILE,
            source.encode(),
            reviewing.catalog(),
            reviewing.saved(),
            needs_segment=page.corrects is None,
        )
        for problem in read.problems:
            text = in_form_words(problem.text, LABELS)
            found.setdefault(lines.place_of(problem), []).append(text)
        if read.draft is None:
            return Composed(found, source=source)
        number = page.target.id if page.target is not None else 0
        try:
            preview = self.notices.quiet().look(read.draft, page.corrects, number)
        except ContentError as error:
            found.setdefault("audience", []).extend(str(error).splitlines())
            return Composed(found, draft=read.draft, source=source)
        placed, general = beside(page.fields, preview.review.findings)
        return Composed({**found, **placed}, general, read.draft, preview, source)

    def _rule_problems(self, page: _Page) -> dict[str, list[str]]:
        """A rule is read by itself first: broken, it would break the lines below it too."""
        if page.corrects is not None or page.fields.audience != RULE:
            return {}
        catalog = self.notices.announcing.reviewing.catalog()
        read = read_rule("条件", page.fields.rule.encode(), catalog)
        problems = [f"{each.line}行目：{each.text}" for each in read.problems]
        return {"rule": problems} if problems else {}

    def _languages(self) -> list[Choice]:
        choices = self.notices.announcing.reviewing.catalog().choices(LANGUAGE)
        return [choice for choice in choices if choice.id != BASE_LANGUAGE]

    def _load(self, number: int) -> Stored:
        try:
            return self.notices.announcing.load(number)
        except AnnouncementRefused:
            abort(404)

    def _correctable(self, number: int) -> Stored:
        stored = self._load(number)
        if not may_correct(stored):
            abort(409, "まだ送っていないお知らせは、訂正ではなく書き直してください。")
        return stored

    def _render(self, page: _Page) -> str:
        reviewing = self.notices.announcing.reviewing
        draft = page.composed.draft
        return render_template(
            "staff/compose.html",
            page=page,
            fields=page.fields,
            composed=page.composed,
            beside=page.composed.beside,
            bubbles=bubbles_of(draft) if draft is not None else {},
            theirs=bubbles_of(page.theirs) if page.theirs is not None else {},
            kinds=KIND_WORDS,
            saved=list(reviewing.saved()),
            languages=self._languages(),
            notification=notification(page.composed.preview),
            language_names=language_names(self.notices),
            weekdays=WEEKDAYS,
            limits=LIMITS,
            most=MAX_MESSAGES,
            images=self._images() if page.images is None else page.images,
            segments_page=_segments_page(),
        )

    def _images(self) -> list[tuple[str, str]]:
        """The uploaded images: address and words; none without an address to send."""
        if not self.desk.public_url:
            return []
        found = self.desk.images.list_images()
        return [(f"{self.desk.public_url}{image.path}", image.words) for image, _ in found]


def _segments_page() -> str:
    """Where segments are built."""
    known = "staff.segments.page" in current_app.view_functions
    return url_for("staff.segments.page") if known else ""


def _text_page(
    source: str,
    stored: Stored | None,
    problem: str = "",
    *,
    problems: Sequence[Problem] = (),
    theirs: str = "",
) -> str:
    return render_template(
        "staff/compose_text.html",
        source=source,
        target=stored,
        base=digest_of(stored.draft) if stored is not None else "",
        problem=problem or ("まだ保存していません。まちがいがあります。" if problems else ""),
        problems=problems,
        theirs=theirs,
        keys=KEYS,
    )
