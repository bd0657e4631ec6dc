"""Who changed what, when, from what to what. Rows are added, never changed; no resident in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from bot.store.announcement_tables import audit
from bot.store.tables import MAIN_ACCOUNT

SYSTEM = "system"  # the worker


@dataclass(frozen=True)
class Entry:
    """One change; `before` and `after` are states, or short words for what was changed."""

    at: int
    who: str
    what: str
    object: str
    object_id: str
    before: str
    after: str
    note: str = ""
    account: str = MAIN_ACCOUNT


def add(connection: Connection, entry: Entry) -> None:
    """Keep one entry."""
    connection.execute(insert(audit), [asdict(entry)])


def about(
    connection: Connection, kind: str, object_id: str, account: str = MAIN_ACCOUNT
) -> Sequence[Entry]:
    """Everything that happened to one thing, oldest first."""
    columns = [audit.c[name] for name in Entry.__dataclass_fields__]
    rows = connection.execute(
        select(*columns)
        .where(audit.c.account == account, audit.c.object == kind, audit.c.object_id == object_id)
        .order_by(audit.c.id)
    )
    return [Entry(*row) for row in rows]
