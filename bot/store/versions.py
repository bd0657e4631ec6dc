"""Every content version that was ever loaded, so that the last good one survives a restart."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from bot.store.tables import MAIN_ACCOUNT, content_versions
from bot.store.upsert import Upsert

_UPSERT = Upsert(content_versions)
_QUICK = 1  # a third of the time, for a fourth more bytes than the usual level


@dataclass(frozen=True)
class Version:
    """Content as it was: `files` maps a path to its text."""

    hash: str
    files: Mapping[str, str]
    created_at: int


def save_version(
    connection: Connection,
    version_hash: str,
    files: Mapping[str, str],
    now: int,
    *,
    good: bool,
    account: str = MAIN_ACCOUNT,
) -> None:
    """Keep a version once; saving it again only changes whether and when it was found good.

    `account`: whose folder it is; accounts that share a folder share its versions.
    """
    found = connection.execute(
        update(content_versions)
        .where(content_versions.c.account == account, content_versions.c.hash == version_hash)
        .values(created_at=now, good=good)
    )
    if found.rowcount:
        return  # at nearly every start: packing the files takes longer than all else here
    text = json.dumps(dict(files), sort_keys=True, ensure_ascii=False)
    row = {
        "account": account,
        "hash": version_hash,
        "bundle": zlib.compress(text.encode("utf-8", "surrogatepass"), _QUICK),
        "created_at": now,
        "good": good,
    }
    _UPSERT.insert_or_ignore(connection, [row])


def last_good(connection: Connection, account: str = MAIN_ACCOUNT) -> Version | None:
    """The good version of a folder saved last, None if there is none."""
    row = connection.execute(
        select(content_versions)
        .where(content_versions.c.account == account, content_versions.c.good)
        .order_by(content_versions.c.created_at.desc(), content_versions.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Version(row.hash, json.loads(zlib.decompress(row.bundle)), row.created_at)
