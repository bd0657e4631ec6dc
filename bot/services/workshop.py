"""What staff do with content: open, check, try, save, take back. Joins files, drafts and replay."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.content.problems import Problem, errors
from bot.core.conversation import action
from bot.errors import MadoguchiError
from bot.services.answering import JAPAN, Spoken, speak
from bot.services.drafts import Draft, Drafts
from bot.services.replay import Replay, Report
from bot.services.saving import Edit, Saving, digest_of
from bot.store import content_changes, question_reads
from bot.store.content_changes import Change
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

DAYS = 90
_PAUSE = 0.001  # between two questions of the warm-up: residents come first


class Refused(MadoguchiError):
    """Not saved because of problems; nothing was changed."""

    def __init__(self, text: str, problems: list[Problem]) -> None:
        super().__init__(text)
        self.problems = problems


@dataclass
class Workshop:
    """One for an account. Every method may raise ContentError or StoreError."""

    db: Database
    saving: Saving
    drafts: Drafts
    replay: Replay
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT
    _warm: set[tuple[str, str]] = field(default_factory=set)

    def draft_of(self, edits: Mapping[str, bytes | None]) -> Draft:
        """The files on disk with these changes, checked."""
        files = dict(self.saving.files())
        for path, data in edits.items():
            if data:
                files[path] = data
            else:
                files.pop(path, None)
        return self.drafts.draft(files)

    def now(self) -> Draft:
        """The files on disk, checked."""
        return self.drafts.draft(self.saving.files())

    def problems_of(self, draft: Draft, paths: list[str]) -> list[Problem]:
        """What the draft would bring: problems of these files, and errors that are new elsewhere."""
        known = {(p.path, p.text) for p in errors(self.now().problems)}
        return [
            problem
            for problem in draft.problems
            if problem.path in paths
            or (not problem.warning and (problem.path, problem.text) not in known)
        ]

    def save(self, edits: list[Edit], who: str, why: str, kind: str) -> bool:
        """Save and publish; False where files other than these still keep it from being published.

        Raises Refused for errors, and for warnings without a reason; Conflict where somebody else
        was quicker.
        """
        draft = self.draft_of({edit.path: edit.data for edit in edits})
        found = self.problems_of(draft, [edit.path for edit in edits])
        if errors(found):
            raise Refused(
                "まちがいがあるため、公開できません。下の一覧を見て直してください。", found
            )
        if found and not why.strip():
            raise Refused("注意があります。このまま公開するなら、理由を書いてください。", found)
        self.saving.save(edits, who, why.strip(), kind)
        return draft.served

    def take_back(self, change: Change, who: str, why: str) -> bool:
        """Bring back what a file held before a change."""
        files = self.saving.files()
        base = digest_of(files.get(change.path, b""))
        edit = Edit(change.path, base, change.before or None)
        return self.save([edit], who, why or f"版{change.id}の前に戻しました。", "back")

    def questions(self) -> Counter[str]:
        """Residents' questions of the last 90 days, masked, with how often."""
        day = (self.clock().astimezone(JAPAN).date() - timedelta(days=DAYS)).isoformat()
        with self.db.read() as connection:
            return question_reads.texts(question_reads.since(connection, day, self.account))

    def what_changes(self, draft: Draft, city: str) -> Report:
        """Every question, example and test, before and after."""
        return self.replay.run(draft, city, self.questions())

    def show(self, draft: Draft, city: str, item_id: str) -> Spoken | None:
        """What a resident of the city sees of an item; None where they would not see it."""
        view = draft.library.view(city)
        if view.item(item_id) is None:
            return None
        return speak(view, "", None, self.clock(), action("show", id=item_id))

    def talk(self, draft: Draft, city: str, said: list[str]) -> list[Spoken]:
        """A conversation with the draft from its beginning."""
        view, state, spoken = draft.library.view(city), None, []
        for text in said:
            spoken.append(speak(view, text, state, self.clock()))
            state = spoken[-1].state
        return spoken

    def warm_up(self, city: str) -> None:
        """Learn in the background what the content in force answers, once per version."""
        key = (city, self.drafts.current().content.version)
        if key in self._warm:
            return
        self._warm.add(key)

        def run() -> None:
            with suppress(MadoguchiError):  # it is only ahead of time
                self.replay.learn(city, self.questions(), lambda: time.sleep(_PAUSE))

        threading.Thread(target=run, name="warm-up", daemon=True).start()

    def base_of(self, path: str, digest: str) -> bytes | None:
        """The file as someone opened it, if it is remembered."""
        with self.db.read() as connection:
            return content_changes.data_of(connection, path, digest, self.saving.owner)
