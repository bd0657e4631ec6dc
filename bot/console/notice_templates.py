"""Templates in the console: kept, approved beforehand, filled in, sent at once. And who gets tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, EVERY_ROLE, access, me
from bot.console.composing import digest_of
from bot.console.desk import Desk
from bot.console.notice_shown import bubbles_of
from bot.console.notices import APPROVING, KIND_WORDS, Notices, language_names
from bot.content.drafts import read_draft
from bot.core.announcements import Draft, Kind, same_person
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused
from bot.services.previewing import Preview
from bot.services.templating import Kept

Answer = Response | str | tuple[str, int]
MOST_FEED_BYTES = 2_000_000
BLANK = "b-"  # the fields of a template's blanks begin like this
EXAMPLE = """\
name: 避難の呼びかけ
blanks:
  地区: [中央, 東]
announcement:
  title: 避難の呼びかけ（〔地区〕）
  kind: emergency
  author: 防災課
  segment: {district: {in: [〔地区〕]}}
  messages:
    - text: |-
        〔地区〕に避難の呼びかけが出ました。
        安全な場所へ移動してください。
"""


def template_pages(desk: Desk, notices: Notices) -> Blueprint:
    """/staff/announcements/templates and /template?name=…"""
    pages, blueprint = _Templates(notices), Blueprint("templates", __name__)
    blueprint.add_url_rule("/announcements/templates", "page", pages.page)
    blueprint.add_url_rule("/announcements/templates", "keep", pages.keep, methods=["POST"])
    blueprint.add_url_rule("/announcements/template", "one", pages.one)
    for name in ("approve", "use", "send"):
        rule = f"/announcements/template/{name}"
        blueprint.add_url_rule(rule, name, getattr(pages, name), methods=["POST"])
    return blueprint


def tester_pages(desk: Desk, notices: Notices) -> Blueprint:
    """/staff/announcements/testers, and drafts from the city's news feed."""
    pages, blueprint = _Testers(notices), Blueprint("testers", __name__)
    blueprint.add_url_rule("/announcements/testers", "page", pages.page)
    blueprint.add_url_rule("/announcements/testers", "change", pages.change, methods=["POST"])
    blueprint.add_url_rule("/announcements/feed", "feed", pages.feed)
    blueprint.add_url_rule("/announcements/feed", "take", pages.take, methods=["POST"])
    return blueprint


def _filled_in() -> str:
    """The template with the words that were chosen for its blanks."""
    chosen: dict[str, Any] = {
        key: word for key, word in request.form.items() if key.startswith(BLANK)
    }
    return url_for("staff.templates.one", name=request.form.get("name", ""), **chosen)


@dataclass(frozen=True)
class _Templates:
    notices: Notices

    @access(EVERY_ROLE)
    def page(self) -> str:
        """All of them, and the field for one more."""
        return self._page(EXAMPLE)

    @access(EDITING)
    def keep(self) -> Answer:
        """Keep one, not approved; one of the same name is replaced."""
        source = request.form.get("source", "").replace("\r\n", "\n")
        try:
            name = self.notices.templating.keep("ひな形", source.encode(), me().name)
        except (ContentError, AnnouncementRefused) as error:
            return self._page(source, str(error)), 422
        return redirect(url_for("staff.templates.one", name=name, done="template_kept"), 303)

    @access(EVERY_ROLE)
    def one(self) -> str:
        """One with its blanks; filled in, it is shown as LINE would."""
        return self._one()

    @access(APPROVING)
    def approve(self) -> Answer:
        """Approve what was read, for use by one person in an emergency."""
        kept = self._kept()
        seen = kept.source if request.form.get("base", "") == digest_of(kept.source) else ""
        try:
            self.notices.templating.approve(kept.template.name, me().name, seen=seen)
        except AnnouncementRefused as error:
            return self._one(str(error)), 422
        name = kept.template.name
        return redirect(url_for("staff.templates.one", name=name, done="approved"), 303)

    @access(EDITING)
    def use(self) -> Answer:
        """A draft from it, which goes the usual way."""
        kept = self._kept()
        try:
            number = self.notices.templating.use(kept.template.name, _values(kept), me().name)
        except (ContentError, AnnouncementRefused) as error:
            return self._one(str(error)), 422
        return redirect(url_for("staff.announcements.one", number=number, done="kept"), 303)

    @access(APPROVING, fresh=True, form=_filled_in)
    def send(self) -> Answer:
        """Send it now, alone: it was approved beforehand, the password has just been given."""
        kept = self._kept()
        try:
            number = self.notices.templating.send_now(
                kept.template.name, _values(kept), me().name, signed_in_again=g.visit.fresh
            )
        except (ContentError, AnnouncementRefused) as error:
            return self._one(str(error)), 422
        return redirect(url_for("staff.announcements.one", number=number, done="ordered"), 303)

    def _page(self, source: str, problem: str = "") -> str:
        names = self.notices.templating.names()
        kept = [self.notices.templating.load(name) for name in names]
        return render_template("staff/templates.html", kept=kept, source=source, problem=problem)

    def _one(self, problem: str = "") -> str:
        kept = self._kept()
        values = _values(kept)
        filled = bool(values) or not kept.template.blanks
        if not filled:  # the first word of each list, to show how it looks
            values = {blank: words[0] for blank, words in kept.template.blanks.items()}
        draft, preview, broken = self._look(kept, values)
        return render_template(
            "staff/template.html",
            kept=kept,
            base=digest_of(kept.source),
            values=values,
            filled=filled,
            draft=draft,
            preview=preview,
            problem=problem or broken,
            bubbles=bubbles_of(draft) if draft is not None else {},
            language_names=language_names(self.notices),
            kinds=KIND_WORDS,
            approves=me().role in APPROVING,
            own=self.notices.announcing.two_people and same_person(kept.author, me().name),
            alone=draft is not None and draft.kind is not Kind.NORMAL,
        )

    def _look(
        self, kept: Kept, values: Mapping[str, str]
    ) -> tuple[Draft | None, Preview | None, str]:
        reviewing = self.notices.announcing.reviewing
        try:
            source = self.notices.templating.filled(kept.template.name, values)
            read = read_draft("ひな形", source.encode(), reviewing.catalog(), reviewing.saved())
            if read.draft is None:
                return None, None, "\n".join(each.text for each in read.problems)
            return read.draft, self.notices.quiet().look(read.draft), ""
        except (ContentError, AnnouncementRefused) as error:
            return None, None, str(error)

    def _kept(self) -> Kept:
        try:
            return self.notices.templating.load(request.values.get("name", ""))
        except AnnouncementRefused:
            abort(404)


@dataclass(frozen=True)
class _Testers:
    notices: Notices

    @access(EDITING)
    def page(self) -> str:
        """Who can be sent a test."""
        return self._page()

    @access(APPROVING)
    def change(self) -> Answer:
        """Add somebody, or take a name off the list."""
        name = request.form.get("name", "").strip()
        try:
            if request.form.get("do") == "remove":
                self.notices.trials.remove(name, me().name)
            else:
                if not name:
                    raise AnnouncementRefused("名前を書いてください。")
                user_id = request.form.get("user_id", "").strip()
                self.notices.trials.add(name, user_id, me().name)
        except AnnouncementRefused as error:
            return self._page(str(error)), 422
        return redirect(url_for("staff.testers.page", done="changed"), 303)

    @access(EDITING)
    def feed(self) -> str:
        """The form for a news feed's file."""
        return self._feed()

    @access(EDITING)
    def take(self) -> Answer:
        """Drafts of the feed's new items; nothing is sent."""
        upload = request.files.get("file")
        data = upload.read(MOST_FEED_BYTES + 1) if upload is not None else b""
        segment = request.form.get("segment_name", "")
        try:
            if not data or len(data) > MOST_FEED_BYTES:
                raise ContentError("新着情報のファイルを選んでください（2MBまで）。")
            made = self.notices.feeding.take(
                "新着情報", data, author=me().name, segment_name=segment
            )
        except (ContentError, AnnouncementRefused) as error:
            return self._feed(str(error)), 422
        if not made:
            return self._feed("新しいお知らせはありませんでした。"), 422
        return redirect(url_for("staff.announcements.page", state="draft", done="fed"), 303)

    def _page(self, problem: str = "") -> str:
        return render_template(
            "staff/testers.html",
            names=self.notices.trials.names(),
            problem=problem,
            approves=me().role in APPROVING,
            form=request.form if problem else {},
        )

    def _feed(self, problem: str = "") -> str:
        saved = list(self.notices.announcing.reviewing.saved())
        return render_template("staff/feed.html", saved=saved, problem=problem)


def _values(kept: Kept) -> dict[str, str]:
    """The words chosen for the blanks, in the address or the form."""
    found = {}
    for blank in kept.template.blanks:
        word = request.values.get(BLANK + blank)
        if word is not None:
            found[blank] = word
    return found
