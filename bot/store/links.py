"""What came of asking the content's links. Instants are UTC milliseconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from bot.store.learning_tables import link_checks
from bot.store.tables import MAIN_ACCOUNT

GOOD, MOVED, UNSURE, BROKEN = "good", "moved", "unsure", "broken"


@dataclass(frozen=True)
class LinkCheck:
    """One link: `outcome` is good, moved, unsure or broken.

    `status` is HTTP's, None where no answer came. `unsure`: the server keeps programs out.

    `text` is for staff; `used_by` are places in the content ("knowledge/links.yaml:12").
    """

    url: str
    outcome: str
    status: int | None
    text: str
    used_by: tuple[str, ...]
    at: int


def replace_all(
    connection: Connection, checks: Sequence[LinkCheck], account: str = MAIN_ACCOUNT
) -> None:
    """Keep these checks and forget those of before, of links that are gone among them."""
    connection.execute(delete(link_checks).where(link_checks.c.account == account))
    rows = [
        asdict(each) | {"account": account, "used_by": json.dumps(each.used_by)} for each in checks
    ]
    if rows:
        connection.execute(insert(link_checks), rows)


def find(connection: Connection, account: str = MAIN_ACCOUNT) -> list[LinkCheck]:
    """The last checks, what needs a person most first."""
    columns = [link_checks.c[name] for name in LinkCheck.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(link_checks.c.account == account))
    found = [LinkCheck(u, o, s, t, tuple(json.loads(b)), at) for u, o, s, t, b, at in rows]
    order = (BROKEN, UNSURE, MOVED, GOOD)
    return sorted(found, key=lambda each: (order.index(each.outcome), each.url))
