"""Test sends: the announcement as it is, to named staff only, marked in the audit log."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from bot.core.announcements import BASE_LANGUAGE
from bot.core.delivery import pause_ms
from bot.core.ports import LineDelivery
from bot.errors import LineError, LineRetryable
from bot.services.announcing import AnnouncementRefused, Announcing
from bot.services.residents import is_user_id
from bot.store import announcements, attributes, audit
from bot.store.announcement_tables import testers
from bot.store.clock import now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT, residents
from bot.store.upsert import Upsert

_UPSERT = Upsert(testers)
_ATTEMPTS = 3
_LONGEST_SECONDS = 5.0  # somebody waits before the page


@dataclass(frozen=True)
class Tried:
    """What became of one test send; `problem` is "" where LINE accepted it."""

    name: str
    problem: str


@dataclass
class Trials:
    """One account's testers. They are residents like others: erasing them erases them here."""

    db: Database
    announcing: Announcing
    line: LineDelivery | None
    account: str = MAIN_ACCOUNT
    wait: Callable[[float], None] = time.sleep

    def add(self, name: str, user_id: str, by: str) -> None:
        """Give a member of staff test sends; replaces an older id of the same name."""
        if not is_user_id(user_id):
            raise AnnouncementRefused("ユーザーIDは U と、0〜9・a〜f の32文字です。")

        def run(connection: Connection) -> None:
            now = now_ms(connection)
            attributes.know(connection, [user_id], now, self.account)
            number = connection.execute(
                select(residents.c.id).where(
                    residents.c.account == self.account, residents.c.user_id == user_id
                )
            ).scalar_one()
            row = {"account": self.account, "name": name, "resident": number}
            _UPSERT.insert_or_update(connection, [row])
            self._log(connection, by, "add", name, now)

        self.db.write(run)

    def remove(self, name: str, by: str) -> None:
        """No more test sends for this name."""

        def run(connection: Connection) -> None:
            mine = (testers.c.account == self.account) & (testers.c.name == name)
            if not connection.execute(delete(testers).where(mine)).rowcount:
                raise AnnouncementRefused(f"「{name}」は試し送りの名簿にありません。")
            self._log(connection, by, "remove", name, now_ms(connection))

        self.db.write(run)

    def names(self) -> list[str]:
        """Who can be sent a test; those erased since are not among them."""
        with self.db.read() as connection:
            return sorted(self._ids(connection))

    def send(
        self, announcement: int, names: Sequence[str], by: str, language: str = BASE_LANGUAGE
    ) -> list[Tried]:
        """Send to these staff, now; it changes nothing about the announcement.

        Raises AnnouncementRefused for unknown names, an unknown language, and without LINE.
        """
        if self.line is None:
            raise AnnouncementRefused("LINEの設定がないため、送れません。")
        stored = self.announcing.load(announcement)
        draft = self.announcing.draft(stored)
        messages = self.announcing.reviewing.messages(draft, stored.id, broadcast=False)
        if language not in messages:
            raise AnnouncementRefused(f"「{language}」の文はありません。")
        with self.db.read() as connection:
            known = self._ids(connection)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise AnnouncementRefused(
                f"試し送りの名簿にない人です：{'・'.join(unknown)}（名簿：{'・'.join(known)}）"
            )
        tried = [Tried(name, self._push(known[name], messages[language])) for name in names]

        def log(connection: Connection) -> None:
            sent = "・".join(each.name for each in tried if not each.problem)
            state = str(stored.state)
            entry = audit.Entry(
                now_ms(connection),
                by,
                "test",
                announcements.OBJECT,
                str(stored.id),
                state,
                state,
                f"試し送り：{sent or 'だれにも届かず'}",
                self.account,
            )
            audit.add(connection, entry)

        self.db.write(log)
        return tried

    def _push(self, user_id: str, messages: Sequence[dict[str, object]]) -> str:
        assert self.line is not None
        key = str(uuid.uuid4())  # of this one call: it is not tried again later
        problem = ""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self.line.push(user_id, messages, retry_key=key)
                return ""
            except LineRetryable as lost:
                problem = f"LINEにつながりません（{lost.status or '返事なし'}）。"
                seconds = pause_ms(attempt, lost.retry_after) / 1000
                if attempt == _ATTEMPTS or seconds > _LONGEST_SECONDS:
                    break
                self.wait(seconds)
            except LineError as refused:
                return f"LINEに断られました（{refused.status}）。"
        return problem

    def _ids(self, connection: Connection) -> dict[str, str]:
        rows = connection.execute(
            select(testers.c.name, residents.c.user_id)
            .join(residents, residents.c.id == testers.c.resident)
            .where(testers.c.account == self.account)
        )
        return {row.name: row.user_id for row in rows}

    def _log(self, connection: Connection, by: str, what: str, name: str, now: int) -> None:
        before, after = ("", name) if what == "add" else (name, "")
        entry = audit.Entry(now, by, what, "tester", name, before, after, "", self.account)
        audit.add(connection, entry)
