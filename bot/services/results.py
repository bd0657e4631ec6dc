"""How many opened an announcement and tapped its links, as far as LINE tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.core.calendar import JAPAN
from bot.core.ports import LineDelivery
from bot.errors import LineError
from bot.services.announcing import AnnouncementRefused, Announcing
from bot.services.frozen import Frozen
from bot.store.clock import moment

# LINE goes on counting for 14 days after the sending, and answers for 30 days at most.
_COUNTED = timedelta(days=14)
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
    """Ask LINE. Raises AnnouncementRefused where there is nothing to ask, or no answer."""
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
    return Results(found.opened, found.clicked)
