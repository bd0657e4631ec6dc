"""Backups: every row of the database at one moment, in one compressed, checked file.

JSON lines, so that a backup of SQLite can be restored to PostgreSQL and the other way round:
a header, then each table's name and columns followed by its rows, and at the end a checksum.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from bot.errors import StoreError
from bot.services.failures import why
from bot.store import portable
from bot.store.database import Database
from bot.store.migrate import current_revision

FORMAT = 1
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)  # by which a file has no second name


@dataclass(frozen=True)
class Header:
    """What a backup says of itself."""

    revision: str
    made_at: str
    numbers: dict[str, int]  # table -> last number given out


@dataclass(frozen=True)
class TableStart:
    """From here rows of this table follow."""

    name: str
    columns: tuple[str, ...]


def backup(db: Database, path: Path, clock: Callable[[], datetime]) -> dict[str, int]:
    """Write everything to a new file (0600), beside a running bot; returns rows by table.

    The file appears under its name only when it is complete and on disk. Raises StoreError.
    """
    revision = current_revision(db)
    if revision is None:
        raise StoreError(
            "データベースが空です。一度 madoguchi serve を動かしてから実行してください。"
        )
    part = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise StoreError(f"{path} はもうあります。上書きはしません。別の名前にしてください。")
        with (
            _new_file(part) as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed,
            db.read() as connection,
        ):
            portable.steady(connection)
            counts = _Writer(packed).everything(connection, revision, clock())
        _name(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path} に書けません（{why(error)}）。場所と空きを確認してください。"
        ) from None
    finally:
        with suppress(OSError):  # where it could not be made
            part.unlink()
    return counts


class Backup:
    """A backup file that was read to its end once and is whole."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError where the file is no backup, is damaged, or is of a newer version."""
        self._path = path
        self._check()

    def _check(self) -> None:
        header: dict[str, Any] | None = None
        digest, end = hashlib.sha256(), ""
        try:
            for line in self._raw():
                if end:
                    raise _damaged(self._path)
                value = json.loads(line)
                if header is None:
                    header = value if isinstance(value, dict) else {}
                    _check_header(header, self._path)
                if isinstance(value, dict) and "sha256" in value:
                    end = value["sha256"]
                else:
                    digest.update(line)
        except (OSError, EOFError, ValueError, zlib.error):
            raise _damaged(self._path) from None
        if header is None or end != digest.hexdigest():
            raise _damaged(self._path)
        self.header = Header(header["revision"], header["made_at"], header["numbers"])

    def chunks(self) -> Iterator[tuple[TableStart, list[portable.Row]]]:
        """Each table with some of its rows (at least once, perhaps without any), in the order in
        which they can be inserted."""
        start: TableStart | None = None
        rows: list[portable.Row] = []
        lines = self._raw()
        next(lines)
        for line in lines:
            value = json.loads(line)
            if isinstance(value, list):
                rows.append(value)
            if start is not None and (isinstance(value, dict) or len(rows) == portable.CHUNK):
                yield start, rows
                rows = []
            if isinstance(value, dict) and "table" in value:
                start = TableStart(value["table"], tuple(value["columns"]))

    def _raw(self) -> Iterator[bytes]:
        with gzip.open(self._path, "rb") as file:
            yield from file


class _Writer:
    def __init__(self, out: gzip.GzipFile) -> None:
        self._out = out
        self._digest = hashlib.sha256()

    def everything(self, connection: Connection, revision: str, now: datetime) -> dict[str, int]:
        tables = portable.tables_of(connection)
        self._line(
            {
                "madoguchi_backup": FORMAT,
                "revision": revision,
                "made_at": now.isoformat(timespec="seconds"),
                "numbers": portable.numbers_of(connection, tables),
            }
        )
        counts = {}
        for table in tables:
            self._line({"table": table.name, "columns": list(table.columns.keys())})
            counts[table.name] = 0
            for row in portable.rows_of(connection, table):
                self._line(row)
                counts[table.name] += 1
        self._line({"sha256": self._digest.hexdigest()})
        return counts

    def _line(self, value: Any) -> None:
        line = json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
        self._digest.update(line)
        self._out.write(line)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that only we may read, on disk at the end of the block."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(path, flags, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _name(part: Path, path: Path) -> None:
    """Give the file its name; one that came meanwhile is never replaced. Raises OSError."""
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A share of another machine, or a stick: the name is taken first, then filled.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            os.replace(part, path)
        except OSError:
            path.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:  # not every file system knows what is asked
            raise
    finally:
        os.close(fd)


def _check_header(header: dict[str, Any], path: Path) -> None:
    if header.get("madoguchi_backup") != FORMAT or not isinstance(header.get("numbers"), dict):
        raise StoreError(f"{path} はまどぐちのバックアップではないか、新しい版のものです。")
    if not portable.known(str(header.get("revision"))):
        raise StoreError(
            f"{path} は新しい版のまどぐちのバックアップです（{header.get('revision')}）。"
            "まどぐちを新しい版にしてから戻してください。"
        )


def _damaged(path: Path) -> StoreError:
    return StoreError(f"{path} は読めないか、こわれています。ほかのバックアップを使ってください。")
