"""Erasures outlive a restored backup: their hashes stand in a file beside the database too.

A backup brings back residents who were erased after it was made. The file, which no backup brings
back, still names them, as keyed hashes that only this installation's database can read.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from bot.errors import StoreError
from bot.store import erasures, residents
from bot.store.database import Database

log = logging.getLogger(__name__)

KEEP = timedelta(days=400)  # longer than any backup may be kept (docs/privacy.md)
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,15})")
_CHUNK = 50  # erasures in one transaction: incoming events share the writer


class Erasures:
    """The list of erasures in the database and in `path`; call `sync` at start and once a minute."""

    def __init__(self, db: Database, path: Path, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._path = path
        self._clock = clock
        self._filed: dict[str, int] | None = None

    def sync(self) -> int:
        """Bring file and database together; returns how many residents were erased again.

        Raises StoreError where the file can be neither read nor written.
        """
        try:
            return self._sync()
        except OSError as error:
            self._filed = None  # a line may be torn, and would spoil the one that follows
            raise StoreError(
                f"消去の記録（{self._path}）を読み書きできません。場所と権限を確認してください。"
            ) from error

    def _sync(self) -> int:
        oldest = int((self._clock() - KEEP).timestamp() * 1000)
        if self._filed is None:
            self._filed = self._read(oldest)
        self._db.write(lambda c: erasures.purge(c, oldest))
        with self._db.read() as connection:
            stored = erasures.every(connection)
        missing = _newer(self._filed, stored, oldest)
        again = self._erase_again(missing) if missing else 0
        self._append(_newer(stored, self._filed, oldest))
        return again

    def _erase_again(self, missing: Mapping[str, int]) -> int:
        """The database is older than the file: it was restored."""
        found = []
        with self._db.read() as connection:
            digest = erasures.hasher(connection)
            for account, resident in residents.known_ids(connection):
                if (erased_at := missing.get(digest(account, resident))) is not None:
                    found.append((account, resident, erased_at))
        now = int(self._clock().timestamp() * 1000)
        for start in range(0, len(found), _CHUNK):
            chunk = found[start : start + _CHUNK]
            self._db.write(partial(_erase, found=chunk, now=now))
        self._db.write(lambda c: erasures.record(c, missing))
        log.warning("erasures applied to a restored database", extra={"residents": len(found)})
        return len(found)

    def _read(self, oldest: int) -> dict[str, int]:
        if not self._path.exists():
            return {}
        lines = self._path.read_text("ascii", errors="replace").splitlines()
        found: dict[str, int] = {}
        for line in lines:
            match = _LINE.fullmatch(line)  # a line torn by a crash is filed again
            if match is not None and int(match[2]) >= oldest:
                found[match[1]] = max(int(match[2]), found.get(match[1], 0))
        if len(found) < len(lines):
            self._write(found, self._path.with_suffix(".new"), "w")
            self._path.with_suffix(".new").replace(self._path)
        return found

    def _append(self, erased: Mapping[str, int]) -> None:
        if erased and self._filed is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write(erased, self._path, "a")
            self._filed.update(erased)

    def _write(self, erased: Mapping[str, int], path: Path, mode: str) -> None:
        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        with open(path, mode, encoding="ascii", opener=private) as file:
            file.writelines(f"{digest} {at}\n" for digest, at in erased.items())
            file.flush()
            os.fsync(file.fileno())


def _newer(one: Mapping[str, int], other: Mapping[str, int], oldest: int) -> dict[str, int]:
    """What `one` knows that `other` does not, or knows of an earlier time."""
    return {k: at for k, at in one.items() if at >= oldest and at > other.get(k, -1)}


def _erase(connection: Connection, found: list[tuple[str, str, int]], now: int) -> None:
    for account, resident, erased_at in found:
        residents.erase(connection, resident, before=erased_at, now=now, account=account)
