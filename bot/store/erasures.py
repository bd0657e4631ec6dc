"""Who was erased, as keyed hashes: enough to erase them again from a restored backup.

The key never leaves the database; every backup has it, since the migration made it. The hashes
alone, copied to a file, tell nothing about anybody.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import Connection, delete, select

from bot.errors import StoreError
from bot.store.tables import erasures, installation_keys
from bot.store.upsert import Upsert

KEY_NAME = "erasures"
_UPSERT = Upsert(erasures)

Digest = Callable[[str, str], str]  # account, user id -> hash


def hasher(connection: Connection) -> Digest:
    """This installation's hash, usable after the transaction; the same id, the same hash.

    Raises StoreError where the key is missing, which no migrated database lets happen.
    """
    row = connection.execute(
        select(installation_keys.c.value).where(installation_keys.c.name == KEY_NAME)
    ).first()
    if row is None:
        raise StoreError(
            "消去の記録の鍵がデータベースにありません。バックアップから戻してください。"
        )
    key = bytes(row[0])
    return lambda account, user_id: hmac.digest(
        key, f"{account}\0{user_id}".encode(), "sha256"
    ).hex()


def record(connection: Connection, digests: Mapping[str, int]) -> None:
    """Note erasures: hash -> when (UTC milliseconds). A later time replaces an earlier one."""
    known = found(connection, digests)
    rows = [
        {"digest": digest, "erased_at": at}
        for digest, at in digests.items()
        if at > known.get(digest, -1)
    ]
    if rows:
        _UPSERT.insert_or_update(connection, rows)


def every(connection: Connection) -> dict[str, int]:
    """All erasures on record: hash -> when."""
    return dict(connection.execute(select(erasures.c.digest, erasures.c.erased_at)).all())


def found(connection: Connection, digests: Iterable[str]) -> dict[str, int]:
    """Those of `digests` that are on record."""
    wanted = list(digests)
    result: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        query = select(erasures.c.digest, erasures.c.erased_at).where(
            erasures.c.digest.in_(wanted[start : start + 500])
        )
        result |= dict(connection.execute(query).all())
    return result


def not_erased(connection: Connection, account: str, user_ids: Iterable[str]) -> list[str]:
    """Those of `user_ids` that are not on record as erased, in the same order."""
    digest = hasher(connection)
    digests = {user_id: digest(account, user_id) for user_id in user_ids}
    gone = found(connection, digests.values())
    return [user_id for user_id, each in digests.items() if each not in gone]


def purge(connection: Connection, before: int) -> int:
    """Drop what is older than any backup still kept; returns how many."""
    return connection.execute(delete(erasures).where(erasures.c.erased_at < before)).rowcount
