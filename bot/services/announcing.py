"""An announcement's life from draft to the order to send."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.content.drafts import read_draft
from bot.core.announcements import (
    STATE_WORDS,
    Action,
    Draft,
    Kind,
    State,
    StepRefused,
    as_data,
    from_data,
    step,
)
from bot.core.calendar import JAPAN
from bot.errors import ContentError, MadoguchiError
from bot.services.duetime import due_time
from bot.services.frozen import Frozen, Target
from bot.services.reviewing import Review, Reviewing
from bot.store import announcements, batches
from bot.store.announcements import New, Stored
from bot.store.clock import milliseconds, now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

_CORRECTABLE = frozenset(
    {State.SENDING, State.PAUSED, State.SENT, State.NEEDS_PERSON, State.CANCELLED, State.FAILED}
)


class AnnouncementRefused(MadoguchiError):
    """What was asked for is not possible now; Japanese, for staff."""


@dataclass
class Announcing:
    """One account's announcements. Every method raises AnnouncementRefused with a reason.

    `two_people`: whoever approves is somebody else than the author. `holidays` are left out by
    repeats that ask for it.
    """

    db: Database
    reviewing: Reviewing
    clock: Callable[[], datetime]
    two_people: bool = True
    holidays: Callable[[], frozenset[Any]] = frozenset
    account: str = MAIN_ACCOUNT

    def new(self, path: str, data: bytes, by: str = "", *, author: str = "") -> int:
        """Keep a draft; returns its id. Raises ContentError with the file's problems.

        `author` is who wrote it where that is known for sure (signed in): the file's word does
        not count then, here and in `edit` and `correct`.
        """
        draft = self._read(path, data, author)
        return self._add(draft, data, by or draft.author)

    def edit(
        self,
        announcement: int,
        path: str,
        data: bytes,
        by: str = "",
        *,
        author: str = "",
        seen: str | None = None,
    ) -> None:
        """Replace the draft; checks and approval start anew. `seen` as in `approve`."""
        stored = self._seen(self.load(announcement), seen)
        draft = self._read(path, data, author, correction=stored.corrects is not None)
        changes = {
            "kind": str(draft.kind),
            "title": draft.title,
            "author": draft.author,
            "source": data.decode("utf-8-sig"),
            "draft": _dumps(as_data(draft)),
            "expires_at": milliseconds(draft.expires_at),
            "frozen": None,
            "approved_at": None,
            "reason": "",
        }
        self._step(stored, Action.EDIT, by or draft.author, **changes)

    def check(self, announcement: int, by: str = "") -> Review:
        """Check the draft; without a stop it is `checked`."""
        stored = self.load(announcement)
        review = self.reviewing.review(self.draft(stored), stored.id, stored.corrects)
        if review.passed and stored.state is State.DRAFT:
            self._step(stored, Action.CHECK, by or stored.author)
        return review

    def submit(self, announcement: int, by: str = "") -> None:
        """Ask for approval; checks first."""
        stored = self._checked(self.load(announcement), by)
        self._step(stored, Action.SUBMIT, by or stored.author, reason="")

    def send_back(self, announcement: int, by: str, reason: str) -> None:
        """Not approved: back to draft. The reason is kept beside it and in the log."""
        if not reason.strip():
            raise AnnouncementRefused("差し戻す理由を書いてください。")
        stored = self.load(announcement)
        text = f"{by}さんが差し戻しました：{reason.strip()}"
        self._write(
            lambda c: announcements.take_step(
                c, stored, Action.RETURN, now_ms(c), by=by, note=reason.strip(), reason=text
            )
        )

    def approve(self, announcement: int, by: str, *, seen: str | None = None) -> Stored:
        """Approve and freeze text and rule. A draft is checked and submitted on the way.

        A correction, which is urgent, goes out with its approval. `seen` is the draft's text that
        the approver has read: another one, or one no longer waiting, is refused.
        """
        if seen is not None:
            stored = self._seen(self.load(announcement), seen)
            if stored.state is not State.AWAITING_APPROVAL:
                raise AnnouncementRefused(f"いまは「{STATE_WORDS[stored.state]}」です。")
        note = "" if self.two_people else "承認は1人でよい設定（MADOGUCHI_APPROVERS=1）"
        stored = self._approve(announcement, by, note, seen)
        if stored.corrects is not None:
            return self.send(announcement, by)
        return stored

    def _approve(self, announcement: int, by: str, note: str, seen: str | None = None) -> Stored:
        stored = self._seen(self.load(announcement), seen)
        if stored.state is State.AWAITING_APPROVAL:
            self._stop_on(self.reviewing.review(self.draft(stored), stored.id, stored.corrects))
        elif stored.state in (State.DRAFT, State.CHECKED):
            self._refuse_early(stored, by)
            self.submit(announcement, stored.author)
            stored = self.load(announcement)
        frozen = self.freeze(stored)

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            announcements.take_step(
                connection,
                stored,
                Action.APPROVE,
                now,
                by=by,
                note=note,
                frozen=frozen.to_json(),
                approved_at=now,
            )

        self._write(run)
        return self.load(announcement)

    def send_prepared(self, path: str, data: bytes, by: str, note: str) -> int:
        """An emergency (or its drill) whose words were approved before: one person sends it now.

        The caller has made sure of that approval and of who `by` is; `note` says so in the log.
        """
        draft = self._read(path, data)
        if draft.kind is Kind.NORMAL:
            raise AnnouncementRefused("1人で送れるのは、緊急と訓練のひな形だけです。")
        announcement = self._add(draft, data, by, two_people=False)
        self._approve(announcement, by, note)
        self.send(announcement, by)
        return announcement

    def freeze(self, stored: Stored, target: Target | None = None) -> Frozen:
        """What approval fixes: LINE messages, rule (or the `target` fixed before), unit."""
        draft = self.draft(stored)
        if target is None:
            target = self.reviewing.target(draft, stored.corrects)
        messages = self.reviewing.messages(draft, stored.id, broadcast=target.broadcast)
        day = self.clock().astimezone(JAPAN)
        return Frozen(messages, target, f"m{day:%Y%m%d}_{stored.id}")

    def send(self, announcement: int, by: str = "", *, at_once: bool = False) -> Stored:
        """Order it out: at its `send_at`, its first repeat, or now. Doing so again changes nothing.

        `at_once` sends now, although another time is written.
        """
        stored = self.load(announcement)
        if stored.due_at is not None and stored.state in (State.SENDING, State.SENT):
            return stored
        if stored.due_at is not None and stored.state is State.SCHEDULED and not at_once:
            return stored
        draft = self.draft(stored)

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            due_at = now if at_once else due_time(draft, now, self.holidays())
            announcements.take_step(
                connection, stored, Action.SEND, now, by=by or stored.author, due_at=due_at
            )

        if stored.state in (State.DRAFT, State.CHECKED, State.AWAITING_APPROVAL):
            raise AnnouncementRefused("まだ承認されていません。ほかの人が承認してから送れます。")
        self._write(run)
        return self.load(announcement)

    def pause(self, announcement: int, by: str = "", reason: str = "") -> Stored:
        """No further batch leaves."""
        stored = self.load(announcement)
        self._step(stored, Action.PAUSE, by or stored.author, reason=reason or "一時停止しました。")
        return self.load(announcement)

    def resume(self, announcement: int, by: str = "") -> Stored:
        """Go on where it stopped, with the same retry keys."""
        stored = self.load(announcement)
        self._step(stored, Action.RESUME, by or stored.author, reason="", finished_at=None)
        return self.load(announcement)

    def cancel(self, announcement: int, by: str = "") -> Stored:
        """For good: what has not left does not leave."""
        stored = self.load(announcement)

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            announcements.take_step(
                connection,
                stored,
                Action.CANCEL,
                now,
                by=by or stored.author,
                finished_at=now,
                reason="取り消しました。",
            )
            batches.cancel_waiting(connection, stored.id, now)

        self._write(run)
        return self.load(announcement)

    def resolve(self, announcement: int, by: str, *, arrived: bool) -> Stored:
        """A person says whether the unresolved batches arrived; then it is `sent`."""
        stored = self.load(announcement)
        state = batches.ACCEPTED if arrived else batches.REFUSED

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            note = "届いたと判断" if arrived else "届いていないと判断"
            announcements.take_step(
                connection, stored, Action.RESOLVE, now, by=by, note=note, finished_at=now
            )
            batches.resolve(connection, stored.id, state, now)

        self._write(run)
        return self.load(announcement)

    def correct(
        self,
        announcement: int,
        path: str,
        data: bytes,
        by: str = "",
        *,
        author: str = "",
        approves: bool = True,
    ) -> int:
        """A correction for exactly those who got it: stops the wrong one, waits for approval.

        With one person's approval enough, and where `by` may give it (`approves`), it goes out at
        once. Returns its id. There is never a second one that waits to go out.
        """
        wrong = self.load(announcement)
        if wrong.state not in _CORRECTABLE:
            raise AnnouncementRefused(
                "まだ送っていないお知らせは、訂正ではなく書き直してください。"
            )
        if (before := self.correction_of(announcement)) is not None:
            raise _corrected_already(before)
        draft = self._read(path, data, author, correction=True)
        if draft.kind is Kind.NORMAL and Kind(wrong.kind) is not Kind.NORMAL:
            draft = replace(draft, kind=Kind(wrong.kind))
        by = by or draft.author
        if wrong.state is State.SENDING:
            self.pause(announcement, by, "訂正を出すため、一時停止しました。")
        fresh = self._add(draft, data, by, corrects=wrong.id)
        try:
            self.submit(fresh, by)
        except AnnouncementRefused as refused:
            said = f"訂正は{fresh}番の下書きにあります。書き直して、承認を頼んでください。"
            raise AnnouncementRefused(f"{refused}\n{said}") from None
        if approves and not self.two_people:
            self.approve(fresh, by)
        return fresh

    def correction_of(self, announcement: int) -> int | None:
        """The correction of it that is written and has not gone out yet."""
        with self.db.read() as connection:
            return announcements.open_correction(connection, announcement)

    def load(self, announcement: int) -> Stored:
        """One announcement of this account."""
        with self.db.read() as connection:
            stored = announcements.load(connection, announcement)
        if stored is None or stored.account != self.account:
            raise unknown(announcement)
        return stored

    def draft(self, stored: Stored) -> Draft:
        """What was written."""
        return from_data(json.loads(stored.draft))

    def _seen(self, stored: Stored, seen: str | None) -> Stored:
        if seen is not None and seen != stored.draft:
            raise AnnouncementRefused(
                "開いたあとで、ほかの人が書き直しました。もう一度読んで確かめてください。"
            )
        return stored

    def _read(self, path: str, data: bytes, author: str = "", *, correction: bool = False) -> Draft:
        catalog, saved = self.reviewing.catalog(), self.reviewing.saved()
        read = read_draft(path, data, catalog, saved, needs_segment=not correction)
        if read.draft is None:
            raise ContentError("\n".join(str(problem) for problem in read.problems))
        return replace(read.draft, author=author) if author else read.draft

    def _add(
        self,
        draft: Draft,
        data: bytes,
        by: str,
        corrects: int | None = None,
        *,
        two_people: bool | None = None,
    ) -> int:
        new = New(
            kind=str(draft.kind),
            title=draft.title,
            author=draft.author,
            source=data.decode("utf-8-sig"),
            draft=_dumps(as_data(draft)),
            two_people=self.two_people if two_people is None else two_people,
            expires_at=milliseconds(draft.expires_at),
            corrects=corrects,
            account=self.account,
        )

        def keep(connection: Connection) -> int:
            before = (
                announcements.open_correction(connection, corrects, hold=True) if corrects else None
            )
            if before is not None:
                raise _corrected_already(before)
            return announcements.add(connection, new, now_ms(connection), by)

        return self.db.write(keep)

    def _checked(self, stored: Stored, by: str) -> Stored:
        review = self.reviewing.review(self.draft(stored), stored.id, stored.corrects)
        self._stop_on(review)
        if stored.state is State.DRAFT:
            self._step(stored, Action.CHECK, by or stored.author)
        return self.load(stored.id)

    def _stop_on(self, review: Review) -> None:
        stops = [finding.text for finding in review.findings if finding.stop]
        if stops:
            raise AnnouncementRefused(
                "先に直すところがあります。\n" + "\n".join(f"- {text}" for text in stops)
            )

    def _refuse_early(self, stored: Stored, by: str) -> None:
        """Say at once that this person cannot approve, before anything is changed."""
        waiting = replace(stored.progress, state=State.AWAITING_APPROVAL)
        try:
            step(waiting, Action.APPROVE, by=by)
        except StepRefused as refused:
            raise AnnouncementRefused(str(refused)) from None

    def _step(self, stored: Stored, action: Action, by: str, **changes: Any) -> None:
        self._write(
            lambda c: announcements.take_step(c, stored, action, now_ms(c), by=by, **changes)
        )

    def _write(self, function: Callable[[Connection], None]) -> None:
        try:
            self.db.write(function)
        except StepRefused as refused:
            raise AnnouncementRefused(str(refused)) from None


def _corrected_already(it: int) -> AnnouncementRefused:
    said = "そちらを書き直すか、取り消してから作ってください。"
    return AnnouncementRefused(f"まだ送っていない訂正（{it}番）がもうあります。{said}")


def unknown(announcement: int) -> AnnouncementRefused:
    return AnnouncementRefused(f"{announcement}番のお知らせはありません。")


def _dumps(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
