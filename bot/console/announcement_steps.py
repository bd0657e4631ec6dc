"""The steps of an announcement in the console: check, ask, approve, send, stop, go on, decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import EDITING, EVERY_ROLE, access, me, password_first
from bot.console.announcements import Announcements
from bot.console.composing import digest_of
from bot.console.desk import Desk
from bot.console.notice_shown import bubbles_of
from bot.console.notices import APPROVING, OPEN, Notices, language_names
from bot.core.announcements import BASE_LANGUAGE, STATE_WORDS, same_person
from bot.errors import ContentError
from bot.services.announcing import AnnouncementRefused
from bot.services.results import results
from bot.store.announcements import Stored

Answer = Response | str | tuple[str, int]
_STILL_SECONDS = 3.0  # what is under way by then is said on the page


def step_pages(desk: Desk, notices: Notices, pages: Announcements) -> Blueprint:
    """/staff/announcements/<number>/check and so on; what cannot be undone asks first."""
    steps, blueprint = _Steps(desk, notices, pages), Blueprint("steps", __name__)
    for name in ("approve", "send", "cancel"):
        rule = f"/announcements/<int:number>/{name}"
        blueprint.add_url_rule(rule, f"ask_{name}", getattr(steps, f"ask_{name}"))
    for name in (
        "check", "submit", "approve", "reject", "send", "pause", "resume", "cancel", "resolve",
        "test", "results",
    ):  # fmt: skip
        rule = f"/announcements/<int:number>/{name}"
        blueprint.add_url_rule(rule, name, getattr(steps, name), methods=["POST"])
    return blueprint


@dataclass(frozen=True)
class _Steps:
    desk: Desk
    notices: Notices
    pages: Announcements

    # --- pages that ask first ---

    @access(APPROVING)
    def ask_approve(self, number: int) -> Answer:
        """What is to be approved, whole, with the number of residents."""
        return self._ask(number, "approve")

    @access(APPROVING)
    def ask_send(self, number: int) -> Answer:
        """What is to be sent, when and to how many."""
        return self._ask(number, "send")

    @access(EDITING)
    def ask_cancel(self, number: int) -> Answer:
        """What is given up."""
        return self._ask(number, "cancel")

    def _ask(self, number: int, what: str) -> Answer:
        stored = self.pages.load(number)
        if what != "cancel" and (again := self._sign_in_again(stored)):
            return again
        draft = self.notices.announcing.draft(stored)
        preview, broken = self.pages.preview(number)
        return render_template(
            "staff/ask.html",
            what=what,
            stored=stored,
            draft=draft,
            base=digest_of(stored.draft),
            preview=preview,
            problem=broken,
            findings=preview.review.findings if preview else (),
            bubbles=bubbles_of(draft),
            language_names=language_names(self.notices),
            status=self.notices.reporting.status(number),
            states=STATE_WORDS,
            own=self._is_own(stored),
        )

    # --- before it is sent ---

    @access(EDITING)
    def check(self, number: int) -> Answer:
        """Check everything, LINE's rules and the links among it; says what was found."""
        stored = self.pages.load(number)
        try:
            review = self.notices.checking().check(stored.id, me().name)
        except (AnnouncementRefused, ContentError) as error:
            return self.pages.show_one(number, str(error)), 422
        return self.pages.show_one(number, review=review)

    @access(EDITING)
    def submit(self, number: int) -> Answer:
        """Ask for approval."""
        return self._do(number, lambda s: self.notices.checking().submit(s.id, me().name), "asked")

    @access(APPROVING)
    def approve(self, number: int) -> Answer:
        """Approve what was read."""
        stored = self.pages.load(number)
        if again := self._sign_in_again(stored, url_for("staff.steps.ask_approve", number=number)):
            return again
        seen = stored.draft if request.form.get("base", "") == digest_of(stored.draft) else ""
        return self._do(
            number,
            lambda s: self.notices.checking().approve(s.id, me().name, seen=seen),
            "approved",
        )

    @access(APPROVING)
    def reject(self, number: int) -> Answer:
        """Back to who wrote it, with the reason."""
        reason = request.form.get("reason", "")
        return self._do(
            number,
            lambda s: self.notices.announcing.send_back(s.id, me().name, reason),
            "returned",
        )

    @access(EDITING)
    def test(self, number: int) -> Answer:
        """Send it to the chosen testers now."""
        names = request.form.getlist("names")
        language = request.form.get("language", BASE_LANGUAGE)
        if not names:
            return self.pages.show_one(number, "試し送りの相手を選んでください。"), 422
        try:
            tried = self.notices.trials.send(number, names, me().name, language)
        except (AnnouncementRefused, ContentError) as error:
            return self.pages.show_one(number, str(error)), 422
        lines = [f"{each.name}：{each.problem or '送りました。'}" for each in tried]
        if any(each.problem for each in tried):
            return self.pages.show_one(number, "\n".join(lines)), 422
        return self.pages.show_one(number, note="試し送り　" + "　".join(lines))

    # --- while and after ---

    @access(APPROVING)
    def send(self, number: int) -> Answer:
        """Order it out: at its time, or now."""
        stored = self.pages.load(number)
        if again := self._sign_in_again(stored, url_for("staff.steps.ask_send", number=number)):
            return again
        at_once = request.form.get("at_once") == "1"
        return self._do(
            number,
            lambda s: self.notices.announcing.send(s.id, me().name, at_once=at_once),
            "ordered",
        )

    @access(EDITING)
    def pause(self, number: int) -> Answer:
        """Stop for now; anybody who writes may, it harms nobody."""
        return self._do(number, lambda s: self._stopped(s, self.notices.announcing.pause), "paused")

    @access(APPROVING)
    def resume(self, number: int) -> Answer:
        """Go on where it stopped."""
        return self._do(
            number, lambda s: self.notices.announcing.resume(s.id, me().name), "resumed"
        )

    @access(EDITING)
    def cancel(self, number: int) -> Answer:
        """Give it up; what is approved already only by who may approve."""

        def cancel(stored: Stored) -> None:
            if stored.state not in OPEN and me().role not in APPROVING:
                raise AnnouncementRefused(
                    "承認されたお知らせは、承認か管理の人が取り消せます。急ぐときは一時停止してください。"
                )
            self._stopped(stored, self.notices.announcing.cancel)

        return self._do(number, cancel, "cancelled")

    @access(APPROVING)
    def resolve(self, number: int) -> Answer:
        """Say whether what is in doubt arrived."""
        arrived = request.form.get("arrived", "")
        if arrived not in ("yes", "no"):
            return self.pages.show_one(number, "届いたか、届いていないかを選んでください。"), 422
        return self._do(
            number,
            lambda s: self.notices.announcing.resolve(s.id, me().name, arrived=arrived == "yes"),
            "resolved",
        )

    @access(EVERY_ROLE)
    def results(self, number: int) -> Answer:
        """Ask LINE who opened it."""
        self.pages.load(number)
        try:
            counted = results(self.notices.announcing, self.notices.line, number)
        except AnnouncementRefused as error:
            return self.pages.show_one(number, str(error)), 422
        return self.pages.show_one(number, note=counted.line())

    def _do(self, number: int, act: Callable[[Stored], Any], done: str) -> Answer:
        stored = self.pages.load(number)
        try:
            act(stored)
        except (AnnouncementRefused, ContentError) as error:
            return self.pages.show_one(number, str(error)), 422
        return redirect(url_for("staff.announcements.one", number=number, done=done), 303)

    def _stopped(self, stored: Stored, stop: Callable[[int, str], Any]) -> None:
        """Stop, and give the requests under way a moment to have their answers."""
        stop(stored.id, me().name)
        self.notices.reporting.wait_until_still(stored.id, _STILL_SECONDS)

    def _sign_in_again(self, stored: Stored, form: str = "") -> Response | None:
        """The way to the password where it is dangerous and the password is not fresh."""
        draft = self.notices.announcing.draft(stored)
        if g.visit.fresh or not self.notices.dangerous(draft, stored.corrects):
            return None
        return password_first(form)

    def _is_own(self, stored: Stored) -> bool:
        """Whether this person wrote it, so that another has to approve."""
        return stored.two_people and same_person(stored.author, me().name)
