"""Whether a resident who writes now would be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StoreError
from bot.store import backlog, pulse
from bot.store.database import Database
from bot.store.migrate import require_current
from bot.store.tables import MAIN_ACCOUNT

LATE_SECONDS = 30
_DAY_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Readiness:
    """`worker_alive` is None where no worker belongs to this process.

    `content_errors` is how many errors keep new content out while the content before answers.
    `answering_lost`: whether the process that decides answers has ended, and no other is there yet.
    `without_content`: of several accounts those whose content was never good; nobody answers there.
    `refusing`: whether LINE's events cannot be kept. A full disk may still take our own small row.
    """

    db: Database
    clock: Callable[[], datetime]
    content_loaded: Callable[[], bool]
    worker_alive: Callable[[], bool] | None = None
    content_errors: Callable[[], int] = lambda: 0
    answering_lost: Callable[[], bool] = lambda: False
    without_content: Callable[[], Sequence[str]] = lambda: ()
    refusing: Callable[[], bool] = lambda: False

    def reasons(self) -> list[str]:
        """Why not, in Japanese for the operator; empty when all is well. Writes one small row."""
        reasons = []
        now = self._now()
        try:
            self.db.write(lambda c: pulse.beat(c, now))
            require_current(self.db)  # a newer version on another machine may have changed it
        except StoreError as error:
            reasons.append(str(error))
        if not reasons and self.refusing():
            reasons.append(
                "質問を保存できないため、断っています（LINEが後で届け直します）。"
                "ディスクの空きとデータベースを確かめてください。"
            )
        if not self.content_loaded():
            reasons.append("内容（intents/ と knowledge/）が読み込まれていません。")
        if self.worker_alive is not None and not self.worker_alive():
            reasons.append("応答の処理が止まっています。起動し直してください。")
        return reasons

    def warnings(self) -> list[str]:
        """What residents notice though we work: old content, replies that come late or not at all.

        No reason to be taken out of service: LINE's events still have to be kept.
        """
        return [
            *self._old_content(),
            *self._slow_answers(),
            *self._late_replies(),
            *self._lost_replies(),
        ]

    def silent(self) -> list[str]:
        """The accounts of which no reply has arrived lately. Raises StoreError."""
        with self.db.read() as connection:
            return backlog.silent(connection, self._now() - _DAY_MS)

    def _now(self) -> int:
        return int(self.clock().timestamp() * 1000)

    def _old_content(self) -> list[str]:
        if accounts := self.without_content():
            return [
                f"内容に問題があり、前の正しい内容もないため、{_named(accounts)}の質問を受け取れません"
                "（LINEが後で届け直します）。"
                f"madoguchi check --account {accounts[0]} で場所を見て、直してください。"
            ]
        found = self.content_errors()
        if not found:
            return []
        return [
            f"新しい内容に{found}件の問題があるため、前の正しい内容で答えています。"
            "madoguchi check で場所を見て、直してください。"
        ]

    def _slow_answers(self) -> list[str]:
        if not self.answering_lost():
            return []
        return [
            "答えを決めるプロセスが落ちたため、返事が遅くなっています。"
            "始め直しています。くり返すときは、ログとメモリーを見てください。"
        ]

    def _late_replies(self) -> list[str]:
        try:
            with self.db.read() as connection:
                oldest = backlog.oldest_unanswered(connection)
        except StoreError:
            return []  # `reasons` says so
        now = self._now()
        if oldest is None or now - oldest < LATE_SECONDS * 1000:
            return []
        return [
            f"返信を{(now - oldest) // 1000}秒待っている人がいます。"
            "LINEが返信を受け取らないか、質問が集中しています。"
        ]

    def _lost_replies(self) -> list[str]:
        try:
            accounts = self.silent()
        except StoreError:
            return []  # `reasons` says so
        if not accounts:
            return []
        which = "" if accounts == [MAIN_ACCOUNT] else f"（{_named(accounts)}）"
        return [
            f"最後の{backlog.LAST_REPLIES}件の返信が、どれも届いていません{which}。"
            "madoguchi doctor でLINEのトークンを確かめてください。1件届けば、この知らせは消えます。"
        ]


def _named(accounts: Sequence[str]) -> str:
    return "・".join(accounts)
