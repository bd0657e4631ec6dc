"""How many opened an announcement and tapped its links, as far as LINE tells; kept for charts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.core.calendar import JAPAN
from bot.core.ports import LineDelivery
from bot.errors import LineError
from bot.services.announcing import AnnouncementRefused, Announcing
from bot.services.frozen import Frozen
from bot.store import announcement_results, chores
from bot.store.clock import moment, now_ms

# LINE goes on counting for 14 days after the sending, and answers for 30 days at most.
_COUNTED = timedelta(days=14)
_ASK_MS = 6 * 3_600_000  # LINE counts by the day and is late
_LEASE_MS = 600_000
TOO_FEW = "20人未満のため、LINEから数が出ません"


@dataclass(frozen=True)
class Results:
    """None: LINE gives no number below 20 people."""

    opened: int | None
    clicked: int | None

    def as_json(self) -> dict[str, Any]:
        """For a script; `note` says what a null means."""
        nothing = self.opened is None or self.clicked is None
        note = TOO_FEW if nothing else ""
        return {"opened": self.opened, "clicked": self.clicked, "note": note}

    def line(self) -> str:
        """For a terminal."""
        opened = TOO_FEW if self.opened is None else f"{self.opened}人"
        clicked = TOO_FEW if self.clicked is None else f"{self.clicked}人"
        return f"開いた人：{opened}／リンクを押した人：{clicked}"


def results(announcing: Announcing, line: LineDelivery | None, announcement: int) -> Results:
    """Ask LINE and keep what it says. Raises AnnouncementRefused where there is no answer."""
    stored = announcing.load(announcement)
    if line is None:
        raise AnnouncementRefused("LINEの設定がないため、調べられません。")
    if stored.frozen is None or stored.started_at is None:
        raise AnnouncementRefused("まだ送っていないお知らせです。")
    frozen = Frozen.from_json(stored.frozen)
    if frozen.target.broadcast:
        raise AnnouncementRefused(
            "全員への一斉配信の開封数は、LINE公式アカウントの管理画面で見てください。"
        )
    first = moment(stored.started_at).astimezone(JAPAN)
    last = min(first + _COUNTED, announcing.clock().astimezone(JAPAN))
    try:
        found = line.unit_statistics(frozen.unit, f"{first:%Y%m%d}", f"{last:%Y%m%d}")
    except LineError as error:
        raise AnnouncementRefused(
            f"LINEから答えがありません（{error.status or '返事なし'}）。"
        ) from None
    announcing.db.write(
        lambda c: announcement_results.keep(c, announcement, found.opened, found.clicked, now_ms(c))
    )
    return Results(found.opened, found.clicked)


@dataclass
class Asking:
    """Asks LINE a few times a day about what was sent lately; of all processes one does.

    Call it about once a minute. Raises StoreError.
    """

    announcing: Announcing
    line: LineDelivery

    def __call__(self) -> None:
        db, account = self.announcing.db, self.announcing.account
        name = f"announcement_results:{account}"
        if not db.write(lambda c: chores.take(c, name, now_ms(c), _LEASE_MS, _ASK_MS)):
            return
        with db.read() as connection:
            now = now_ms(connection)
            since = now - int(_COUNTED.total_seconds() * 1000)
            waiting = announcement_results.to_ask(connection, since, now - _ASK_MS, account)
        for announcement in waiting:
            with suppress(AnnouncementRefused):  # sent to everyone, or LINE is silent: not now
                results(self.announcing, self.line, announcement)
        db.write(lambda c: chores.plan(c, name, now_ms(c) + _ASK_MS))
