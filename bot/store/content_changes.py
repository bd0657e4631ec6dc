"""Every change of every content file: who, when, why, from what to what; and what holds now.

`account` is everywhere the one whose folder of content it is.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.store.staff_tables import content_changes, content_files
from bot.store.tables import MAIN_ACCOUNT
from bot.store.upsert import Upsert

_FILES = Upsert(content_files)
OUTSIDE = "outside"  # the kind of a change that nobody made in the console


@dataclass(frozen=True)
class Head:
    """What a file holds as the console knows it; an empty `digest` means that it is gone."""

    path: str
    digest: str
    changed_at: int


@dataclass(frozen=True)
class Change:
    """One change of one file. `before` and `after` are whole files, b"" where there was none."""

    path: str
    at: int
    who: str
    why: str
    kind: str
    before_digest: str
    after_digest: str
    before: bytes = b""
    after: bytes = b""
    id: int = 0
    account: str = MAIN_ACCOUNT


def heads(connection: Connection, account: str = MAIN_ACCOUNT) -> dict[str, Head]:
    """What every file holds, without the files themselves."""
    columns = (content_files.c.path, content_files.c.digest, content_files.c.changed_at)
    rows = connection.execute(select(*columns).where(content_files.c.account == account))
    return {row.path: Head(*row) for row in rows}


def head_data(connection: Connection, path: str, account: str = MAIN_ACCOUNT) -> bytes:
    """The file as the console knows it; b"" for one that is gone or unknown."""
    found = connection.execute(
        select(content_files.c.data).where(
            content_files.c.account == account, content_files.c.path == path
        )
    ).scalar()
    return zlib.decompress(found) if found else b""


def begin(
    connection: Connection,
    files: Mapping[str, tuple[str, bytes]],
    now: int,
    account: str = MAIN_ACCOUNT,
) -> None:
    """The first look at files: path -> (digest, data). Nothing is a change yet.

    Several processes may look for the first time at once.
    """
    rows = [
        {
            "account": account,
            "path": path,
            "digest": digest,
            "data": zlib.compress(data),
            "changed_at": now,
        }
        for path, (digest, data) in files.items()
    ]
    if rows:
        _FILES.insert_or_ignore(connection, rows)


def add(connection: Connection, change: Change) -> bool:
    """Keep a change; False where the file is no longer what the change started from."""
    values = {
        "digest": change.after_digest,
        "data": zlib.compress(change.after),
        "changed_at": change.at,
    }
    here = (content_files.c.account == change.account) & (content_files.c.path == change.path)
    same = content_files.c.digest == change.before_digest
    if connection.execute(update(content_files).where(here, same).values(**values)).rowcount != 1:
        known = connection.execute(select(content_files.c.path).where(here)).first()
        if known is not None or change.before_digest:
            return False
        connection.execute(
            insert(content_files), [{"account": change.account, "path": change.path, **values}]
        )
    row = {
        **change.__dict__,
        "before": zlib.compress(change.before),
        "after": zlib.compress(change.after),
    }
    del row["id"]
    connection.execute(insert(content_changes), [row])
    return True


def newest(connection: Connection, account: str = MAIN_ACCOUNT) -> int:
    """The number of the newest change, 0 where there is none."""
    found = select(func.max(content_changes.c.id)).where(content_changes.c.account == account)
    return int(connection.execute(found).scalar() or 0)


def history(
    connection: Connection,
    path: str = "",
    before: int | None = None,
    limit: int = 50,
    account: str = MAIN_ACCOUNT,
) -> list[Change]:
    """Changes, newest first, without the files themselves; of one file, or of all."""
    columns = [c for c in content_changes.c if c.name not in ("before", "after")]
    mine = content_changes.c.account == account
    asked = select(*columns).where(mine).order_by(content_changes.c.id.desc()).limit(limit)
    if path:
        asked = asked.where(content_changes.c.path == path)
    if before is not None:
        asked = asked.where(content_changes.c.id < before)
    return [Change(**row._mapping) for row in connection.execute(asked)]


def find(connection: Connection, number: int, account: str = MAIN_ACCOUNT) -> Change | None:
    """One change with its files; None where it is another folder's."""
    mine = (content_changes.c.account == account) & (content_changes.c.id == number)
    row = connection.execute(select(content_changes).where(mine)).first()
    return _whole(row) if row else None


def ever_held(connection: Connection, path: str, account: str = MAIN_ACCOUNT) -> set[str]:
    """The digest of everything the file ever held, as far as is known."""
    rows = connection.execute(
        select(content_changes.c.before_digest, content_changes.c.after_digest).where(
            content_changes.c.account == account, content_changes.c.path == path
        )
    ).all()
    return {digest for row in rows for digest in row}


def _whole(row: Row[Any]) -> Change:
    values = dict(row._mapping)
    for name in ("before", "after"):
        values[name] = zlib.decompress(values[name])
    return Change(**values)


def newest_kind(connection: Connection, path: str, account: str = MAIN_ACCOUNT) -> str:
    """What kind of change gave the file what it holds; "" where it never changed."""
    here = (content_changes.c.account == account) & (content_changes.c.path == path)
    asked = select(content_changes.c.kind).where(here).order_by(content_changes.c.id.desc())
    return str(connection.execute(asked.limit(1)).scalar() or "")


def data_of(
    connection: Connection, path: str, digest: str, account: str = MAIN_ACCOUNT
) -> bytes | None:
    """The file as it was under that digest; None where it is not remembered."""
    here = (content_changes.c.account == account) & (content_changes.c.path == path)
    for kept, name in (
        (content_changes.c.after, content_changes.c.after_digest),
        (content_changes.c.before, content_changes.c.before_digest),
    ):
        found = connection.execute(select(kept).where(here, name == digest).limit(1)).scalar()
        if found is not None:
            return zlib.decompress(found)
    return None
