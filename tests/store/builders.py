"""Rows for tests: what matters is named, the rest has a default."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select

from bot.store import claiming, inbox, intake
from bot.store.database import Database, open_database
from bot.store.inbox import Claimed, Decision, Settled
from bot.store.intake import Arrival
from bot.store.migrate import migrate
from bot.store.tables import inbox as inbox_table

NOW = 1_800_000_000_000  # UTC milliseconds
LEASE = 20_000
_numbers = itertools.count(1)


def opened(folder: Path) -> Database:
    """A migrated SQLite database in `folder`."""
    db = open_database(f"sqlite:///{folder}/test.db", wait_seconds=0)
    migrate(db)
    return db


def arrival(
    event_id: str = "", *, who: str | None = "Utaro", at: int = NOW, **changes: Any
) -> Arrival:
    """A text message by `who` in a one-to-one chat."""
    event_id = event_id or f"event-{next(_numbers)}"
    values: dict[str, Any] = {
        "kind": "text",
        "body": json.dumps({"webhookEventId": event_id}),
        "occurred_at": at,
        "conversation": who,
        "resident": who,
        "message_id": f"m-{event_id}",
        "reply_token": f"token-{event_id}",
    }
    return Arrival(event_id=event_id, **(values | changes))


def accept(db: Database, *arrivals: Arrival, now: int = NOW) -> int:
    return db.write(lambda c: intake.accept(c, arrivals, now))


def claim(
    db: Database, *, now: int = NOW, room: int = 100, newest: bool = False, account: str = "main"
) -> list[Claimed]:
    return db.write(
        lambda c: claiming.claim(
            c, now, lease_ms=LEASE, room=room, newest_first=newest, account=account
        )
    )


def decide(db: Database, claimed: Claimed, *, now: int = NOW, **changes: Any) -> None:
    values: dict[str, Any] = {"status": inbox.DECIDED, "outcome": "answer", "messages": "[{}]"}
    decision = Decision(claimed.id, claimed.attempts, **(values | changes))
    db.write(lambda c: inbox.decide(c, [decision], now))


def settle(db: Database, claimed: Claimed, status: str = "replied", **changes: Any) -> None:
    settled = Settled(claimed.id, claimed.attempts, status, **changes)
    db.write(lambda c: inbox.settle(c, [settled], NOW))


def rows(db: Database) -> dict[str, Any]:
    """Every inbox row by event id."""
    with db.read() as connection:
        return {row.event_id: row for row in connection.execute(select(inbox_table))}


def statuses(db: Database) -> dict[str, str]:
    return {event_id: row.status for event_id, row in rows(db).items()}


def everything(db: Database) -> str:
    """All that is stored, as one text: to look for what must not be there."""
    with db.read() as connection:
        tables = inspect(connection).get_table_names()
        return repr([connection.exec_driver_sql(f"SELECT * FROM {t}").all() for t in tables])
