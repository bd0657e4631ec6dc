"""An announcement's account: how far it is, the ledger as a file, who did what."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from typing import Any, TextIO

from bot.core.announcements import State
from bot.core.calendar import JAPAN
from bot.services.announcing import unknown
from bot.store import announcements, audit, batches, ledger
from bot.store.announcements import Stored
from bot.store.clock import moment, now_ms
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

EXPORT_HEADER = ("user_id", "batch", "state", "accepted_at")
_POLL_SECONDS = 0.05
ERASED, EVERYONE = "(消去済)", "(全員)"


@dataclass(frozen=True)
class Status:
    """How far an announcement is."""

    stored: Stored
    counts: ledger.Counts
    broadcast: bool = False
    correction_minutes: float | None = None

    def as_json(self) -> dict[str, Any]:
        """What `announce status --json` prints."""
        stored, counts = self.stored, self.counts
        found: dict[str, Any] = {
            "id": stored.id,
            "state": str(stored.state),
            "recipients": counts.recipients,
            "accepted": counts.accepted,
            "failed": counts.failed,
            "unresolved": counts.unresolved,
            "pending": counts.pending,
            "batches": counts.batches,
            "dropped": {
                "left": counts.left,
                "expired": counts.expired,
                "over_cap": counts.over_cap,
            },
            "kind": stored.kind,
            "title": stored.title,
            "approved_by": stored.approved_by,
            "due_at": _iso(stored.due_at),
            "started_at": _iso(stored.started_at),
            "finished_at": _iso(stored.finished_at),
            "reason": stored.reason,
            "broadcast": self.broadcast,
        }
        if stored.corrects is not None:
            found["corrects"] = stored.corrects
            found["correction_minutes"] = self.correction_minutes
        return found


@dataclass
class Reporting:
    """One account's announcements, read only."""

    db: Database
    account: str = MAIN_ACCOUNT

    def corrections(self, announcement: int) -> dict[int, State]:
        """The corrections of it, by number, and how far each is."""
        with self.db.read() as connection:
            return announcements.corrections(connection, announcement)

    def status(self, announcement: int) -> Status:
        """How far it is; the counts are of one moment."""
        with self.db.read() as connection:
            stored = announcements.load(connection, announcement)
            if stored is None or stored.account != self.account:
                raise unknown(announcement)
            counts = ledger.counts(connection, announcement, stored.state)
            minutes = None
            if stored.corrects is not None:
                first, _ = ledger.accepted_span(connection, stored.corrects)
                _, last = ledger.accepted_span(connection, stored.id)
                if first is not None and last is not None:
                    minutes = round((last - first) / 60_000, 1)
            everyone = ledger.was_broadcast(connection, announcement)
        return Status(stored, counts, everyone, minutes)

    def wait_until_still(self, announcement: int, seconds: float) -> bool:
        """After a pause or cancel: wait for the requests under way; False where some still are."""
        deadline = time.monotonic() + seconds
        while True:
            with self.db.read() as connection:
                if not batches.under_way(connection, announcement, now_ms(connection)):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def export(self, announcement: int, out: TextIO) -> int:
        """Write the ledger as CSV; returns the number of lines."""
        self.status(announcement)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(EXPORT_HEADER)
        written = 0
        with self.db.read() as connection:
            for line in ledger.broadcasts(connection, announcement):
                writer.writerow(_row(line, EVERYONE))
                written += 1
            for line in ledger.lines(connection, announcement):
                writer.writerow(_row(line, line.user_id or ERASED))
                written += 1
        return written

    def history(self, announcement: int) -> list[audit.Entry]:
        """Who did what with it, oldest first."""
        with self.db.read() as connection:
            found = audit.about(connection, announcements.OBJECT, str(announcement), self.account)
        return list(found)


def _row(line: ledger.Line, who: str) -> tuple[str, int, str, str]:
    return who, line.batch, line.state, _iso(line.accepted_at) or ""


def _iso(instant: int | None) -> str | None:
    if instant is None:
        return None
    return moment(instant).astimezone(JAPAN).isoformat(timespec="seconds")
