"""Everything a city owns, in open formats: to look at, to hand on, to leave with."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Connection, Table, select, true

from bot.core.attributes import CityCatalog
from bot.errors import StoreError
from bot.services.failures import why
from bot.services.resident_lists import ResidentLists
from bot.store import portable
from bot.store.database import Database
from bot.store.migrate import current_revision
from bot.store.tables import MAIN_ACCOUNT

# Table -> columns that stay here: what opens an account is no data of the city.
EXPORTED: Mapping[str, tuple[str, ...]] = {
    "announcement_results": (),
    "announcements": (),
    "audit": (),
    "batches": (),
    "choice_bits": (),
    "content_changes": (),
    "content_versions": (),
    "conversations": (),
    "feed_items": (),
    "images": ("data",),  # as files beside the tables
    "inbox": ("reply_token",),
    "link_checks": (),
    "question_marks": (),
    "questions": (),
    "reactions": (),
    "recipients": (),
    "resident_children": (),
    "residents": (),
    "segment_sizes": (),
    "staff": ("password", "totp_secret", "totp_step"),
    "templates": (),
    "testers": (),
}
# Table -> why it is no part of an export. A backup holds all of them.
LEFT_OUT: Mapping[str, str] = {
    "chores": "定期の仕事をいつしたかの記録",
    "content_files": "content/ と同じ内容",
    "erasures": "消去した人の照合用の値（この設置の中だけで意味があります）",
    "installation_keys": "この設置の鍵",
    "pace": "送信の速さの記録（数秒で古くなります）",
    "pulse": "動作確認の記録",
    "settings_keys": "受信設定ページの一時的な鍵",
    "sign_in_attempts": "サインインの失敗回数",
    "staff_sessions": "職員のサインイン中の鍵",
}
# Kept by folder of content, which several accounts may share.
_BY_FOLDER = {"content_changes", "content_versions"}
_PACKED = {
    ("content_versions", "bundle"),
    ("content_changes", "before"),
    ("content_changes", "after"),
}
_CONTENT = (".yaml", ".yml", ".tsv", ".csv", ".png", ".jpg", ".jpeg")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Export:
    """One account's export into an empty folder; `run` returns rows (or 1) by file.

    `owner` is the account under which the versions of its content folder are kept.
    """

    db: Database
    content_dir: Path
    clock: Callable[[], datetime]
    account: str = MAIN_ACCOUNT
    owner: str = MAIN_ACCOUNT
    _counts: dict[str, int] = field(default_factory=dict, init=False)

    def run(self, folder: Path) -> dict[str, int]:
        """Write everything; only the owner may read it. Raises StoreError."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StoreError(f"{folder} は空ではありません。新しいフォルダの名前を書いてください。")
        revision = current_revision(self.db)
        if revision is None:
            raise StoreError("データベースが空です。一度 madoguchi serve を動かしてください。")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._content(folder)
            self._tables(folder)
            self._for_people(folder)
            self._manifest(folder, revision)
        except OSError as error:
            text = f"{folder} に書けません（{why(error)}）。場所と空きを確認してください。"
            raise StoreError(text) from None
        return self._counts

    def _content(self, folder: Path) -> None:
        for room in ("intents", "knowledge"):
            for path in sorted((self.content_dir / room).rglob("*")):
                if path.is_file() and path.suffix.lower() in _CONTENT:
                    name = f"content/{path.relative_to(self.content_dir).as_posix()}"
                    target = folder / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, target)
                    target.chmod(0o600)
                    self._counts[name] = 1

    def _tables(self, folder: Path) -> None:
        with self.db.read() as connection:
            portable.steady(connection)
            for table in portable.tables_of(connection):
                if table.name in EXPORTED:
                    name = f"tables/{table.name}.jsonl"
                    with _file(folder / name) as out:
                        self._counts[name] = _lines(connection, table, self._mine(table), out)

    def _for_people(self, folder: Path) -> None:
        """What staff open in a spreadsheet or an editor, beside the exact rows."""
        with _file(folder / "residents.csv") as out:
            found = ResidentLists(self.db, _no_catalog, self.clock, self.account).export_csv(out)
            self._counts["residents.csv"] = found
        with self.db.read() as connection:
            tables = {table.name: table for table in portable.tables_of(connection)}
            for name, columns in (
                ("questions", ("day", "text", "outcome", "candidates")),
                ("audit", ("at", "who", "what", "object", "object_id", "before", "after", "note")),
            ):
                if name in tables:
                    with _file(folder / f"{name}.csv") as out:
                        rows = self._some(connection, tables[name], columns)
                        self._counts[f"{name}.csv"] = _csv(out, columns, rows)
            if "announcements" in tables:
                for number, source in self._some(
                    connection, tables["announcements"], ("id", "source")
                ):
                    name = f"announcements/{number}.yaml"
                    with _file(folder / name) as out:
                        out.write(source)
                    self._counts[name] = 1
            if "images" in tables:
                for digest, data in self._some(connection, tables["images"], ("digest", "data")):
                    (folder / "images").mkdir(mode=0o700, exist_ok=True)
                    target = folder / f"images/{digest}.jpg"
                    target.touch(0o600)
                    target.write_bytes(data)
                    self._counts[f"images/{digest}.jpg"] = 1

    def _some(
        self, connection: Connection, table: Table, names: tuple[str, ...]
    ) -> Iterator[tuple[Any, ...]]:
        query = select(*(table.c[name] for name in names)).where(self._mine(table))
        query = query.order_by(*table.primary_key.columns)
        for row in connection.execute(query, execution_options={"yield_per": portable.CHUNK}):
            yield tuple(row)

    def _mine(self, table: Table) -> ColumnElement[bool]:
        """Which rows are the account's: by their own column, else by what they belong to."""
        if "account" in table.c:
            return table.c.account == (self.owner if table.name in _BY_FOLDER else self.account)
        if not table.foreign_keys:
            return true()  # what all accounts share: the meaning of the choices' bits
        key = next(iter(table.foreign_keys))
        return key.parent.in_(select(key.column).where(self._mine(key.column.table)))

    def _manifest(self, folder: Path, revision: str) -> None:
        with _file(folder / "README.txt") as out:
            out.write(_README.format(left="\n".join(f"- {k}：{v}" for k, v in LEFT_OUT.items())))
        files = {
            name: {"rows": rows, "sha256": _digest(folder / name)}
            for name, rows in sorted(self._counts.items())
        }
        made = self.clock().isoformat(timespec="seconds")
        with _file(folder / "manifest.json") as out:
            json.dump({"made_at": made, "revision": revision, "files": files}, out, indent=1)


_README = """\
まどぐちのデータの書き出し

content/          住民に見える言葉（YAML・画像）
tables/*.jsonl    データベースの表。1行が1件のJSON。時刻は1970年からのミリ秒（UTC）
residents.csv     友だちの受信設定（madoguchi の取り込みにそのまま使えます）
questions.csv     届いた質問（個人の番号などは消してあります）
audit.csv         だれが何をしたかの記録
announcements/    お知らせの元のファイル
images/           職員が加えた画像（説明は tables/images.jsonl）
manifest.json     ファイルの一覧、件数、SHA-256

LINEのユーザーIDを含みます。個人情報として守り、使い終わったら消してください。
CSVで「=」などから始まる言葉には、表計算ソフトが式として動かさないように、前に ' を付けてあります。

書き出さないもの（バックアップには入ります）
{left}
- staff のパスワードと二段階認証の鍵、inbox の返信用の鍵
"""


def _lines(connection: Connection, table: Table, mine: ColumnElement[bool], out: TextIO) -> int:
    keep = [c for c in table.columns if c.name not in EXPORTED[table.name]]
    query = select(*keep).where(mine).order_by(*table.primary_key.columns)
    count = 0
    for row in connection.execute(query, execution_options={"yield_per": portable.CHUNK}):
        named = zip(keep, row, strict=True)
        values = {c.name: _open(table.name, c.name, value) for c, value in named}
        out.write(json.dumps(values, ensure_ascii=False) + "\n")
        count += 1
    return count


def _open(table: str, column: str, value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        if (table, column) in _PACKED:
            return zlib.decompress(value).decode("utf-8", "replace") if value else ""
        return bytes(value).hex()
    return value


def _csv(out: TextIO, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> int:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        cells = zip(columns, row, strict=True)
        writer.writerow([_moment(v) if n == "at" else _harmless(v) for n, v in cells])
        count += 1
    return count


def _harmless(value: Any) -> Any:
    """A resident's words must stay words where a spreadsheet opens them."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


@contextmanager
def _file(path: Path) -> Iterator[TextIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    # With a mark at the start: spreadsheets take a CSV without it for Shift_JIS.
    encoding = "utf-8-sig" if path.suffix == ".csv" else "utf-8"
    with open(fd, "w", encoding=encoding, newline="") as out:
        yield out


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _no_catalog() -> CityCatalog:
    raise AssertionError("only an import looks at what the city offers")
