"""Whether a resident who writes now would be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import StoreError
from bot.store import pulse
from bot.store.database import Database


@dataclass(frozen=True)
class Readiness:
    """`worker_alive` is None where no worker belongs to this process."""

    db: Database
    clock: Callable[[], datetime]
    content_loaded: Callable[[], bool]
    worker_alive: Callable[[], bool] | None = None

    def reasons(self) -> list[str]:
        """Why not, in Japanese for the operator; empty when all is well. Writes one small row."""
        reasons = []
        now = int(self.clock().timestamp() * 1000)
        try:
            self.db.write(lambda c: pulse.beat(c, now))
        except StoreError as error:
            reasons.append(str(error))
        if not self.content_loaded():
            reasons.append("内容（intents/ と knowledge/）が読み込まれていません。")
        if self.worker_alive is not None and not self.worker_alive():
            reasons.append("応答の処理が止まっています。起動し直してください。")
        return reasons
