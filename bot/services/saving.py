"""Content files and their versions: save, take back, take in what others changed.

The files are the source of truth, the journal (`bot.store.content_changes`) is what was done to
them. Where machines share a database, the journal's newest version reaches every machine's files.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection

from bot.content.loader import CONTENT_SUFFIXES, content_paths, read_files
from bot.content.wholefile import write_whole
from bot.errors import ContentError
from bot.services.failures import describe
from bot.store import audit, content_changes
from bot.store.audit import Entry
from bot.store.content_changes import OUTSIDE, Change, Head
from bot.store.database import Database
from bot.store.tables import MAIN_ACCOUNT

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 10.0
NOBODY = "（画面の外）"


class Conflict(ContentError):
    """Somebody else changed the file meanwhile; nothing was saved. `now` is what it holds."""

    def __init__(self, path: str, now: bytes) -> None:
        super().__init__(f"{path} は、開いたあとでほかの人が変えました。まだ保存していません。")
        self.path = path
        self.now = now


@dataclass(frozen=True)
class Edit:
    """One file's change: from the version with `base` (a digest, '' for a new file) to `data`.

    `data` None takes the file away.
    """

    path: str
    base: str
    data: bytes | None


class Saving:
    """Saves files and keeps their versions; `publish` is called when the files have changed.

    `is_good` says whether the files on disk may be served: in a shared database broken files that
    came from outside stay on their own machine. `owner` is the account under which the folder's
    versions are kept, `account` the one whose staff save: its audit log tells of it.
    """

    def __init__(
        self,
        db: Database,
        directory: Path,
        clock: Callable[[], datetime],
        publish: Callable[[], None],
        is_good: Callable[[], bool],
        owner: str = MAIN_ACCOUNT,
        account: str = MAIN_ACCOUNT,
    ) -> None:
        self.owner = owner
        self._account = account
        self._db = db
        self._directory = directory
        self._clock = clock
        self._publish = publish
        self._is_good = is_good
        self._lock = threading.RLock()
        self._held = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: object = None
        self._journal = -1
        self._here: set[str] = set()  # paths this process has seen on this disk
        self._level: dict[str, str] = {}  # path -> the version this disk was seen to have reached

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other thread and no other process of this machine is between version and file."""
        with self._lock:
            if self._held:
                yield
                return
            folder = os.open(self._directory, os.O_RDONLY)
            try:
                _take(folder)
                self._held = True
                yield
            finally:
                self._held = False
                os.close(folder)

    def files(self) -> dict[str, bytes]:
        """Every content file as it is on disk now."""
        return read_files(self._directory)

    def save(self, edits: list[Edit], who: str, why: str, kind: str) -> None:
        """Save all or nothing, each with a version. Raises Conflict, ContentError, StoreError."""
        for edit in edits:
            _check_path(edit.path)
        with self._alone():
            self.look()
            now = self._now()
            files = self.files()
            changes = []
            for edit in edits:
                before = files.get(edit.path, b"")
                self._note(edit.path, before)
                if digest_of(before) != edit.base:
                    raise Conflict(edit.path, before)
                after = edit.data if edit.data is not None else b""
                changes.append(
                    self._change(edit.path, now, who, why, kind, edit.base, before, after)
                )
            changes = [c for c in changes if c.before_digest != c.after_digest]
            self._db.write(lambda c: self._keep(c, changes))
            try:
                for change in changes:
                    self._write(change.path, change.after)
                    self._level[change.path] = change.after_digest
            except OSError as error:
                self._take_back(changes)
                raise ContentError(
                    "ファイルに書き込めませんでした。空き容量と権限を確かめてください。何も変えていません。"
                ) from error
            self._remember()
        if changes:
            self._publish()

    def look(self) -> bool:
        """Take in what changed outside, write out what other machines published; True if any."""
        with self._alone():
            with self._db.read() as connection:
                heads = content_changes.heads(connection, self.owner)
                newest = content_changes.newest(connection, self.owner)
            files = self.files()
            if not heads:
                self._begin(files)
            changed = self._reconcile(files, heads) if heads else False
            self._here |= set(files)
            self._seen, self._journal = self._fingerprint(), newest
            return changed

    def watch(self) -> None:
        """Look whenever something has changed, in a thread of its own, until `stop`.

        First for what changed while nobody did, soon after.
        """
        self._thread = threading.Thread(target=self._watch, name="versions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watching thread."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        before: object = None
        while not self._stop.wait(POLL_SECONDS):
            try:
                now = self._fingerprint()
                with self._db.read() as connection:
                    newest = content_changes.newest(connection, self.owner)
                quiet = now == before  # nobody is in the middle of writing
                before = now
                if newest != self._journal or (now != self._seen and quiet):
                    self.look()
                    self._publish()
            except Exception as error:  # the loop's edge: the next look may succeed
                log.error("content versions unreadable", extra={"error": describe(error)})

    def _reconcile(self, files: Mapping[str, bytes], heads: Mapping[str, Head]) -> bool:
        changed = False
        for path in sorted({*files, *heads}):
            data, head = files.get(path), heads.get(path)
            known = head.digest if head else ""
            if digest_of(data or b"") == known:
                self._level[path] = known
                continue
            changed = True
            if head is not None and self._is_behind(path, data, head):
                with self._db.read() as connection:
                    self._write(path, content_changes.head_data(connection, path, self.owner))
                self._level[path] = known
            elif self._db.exclusive or self._is_good():
                self._take_in(path, data or b"", known)
        return changed

    def _is_behind(self, path: str, data: bytes | None, head: Head) -> bool:
        """Whether this disk only has not got the published version yet.

        A disk that had it and holds an older one now was changed by hand: a folder moved away and
        put back keeps the times of its files.
        """
        if self._level.get(path) == head.digest:
            return False
        if data is None:
            # Where machines share the journal, a file never seen on this disk is still to come.
            return not self._db.exclusive and path not in self._here
        with self._db.read() as connection:
            if digest_of(data) not in content_changes.ever_held(connection, path, self.owner):
                return False
            # The only machine there is cannot be behind what was found on its own disk.
            kind = content_changes.newest_kind(connection, path, self.owner)
        if self._db.exclusive and kind == OUTSIDE:
            return False
        # A copy put back by hand is as new as that moment, whatever its own date says.
        written = (self._directory / path).stat().st_ctime_ns // 1_000_000
        return written < head.changed_at or not self._db.exclusive and path not in self._here

    def _note(self, path: str, data: bytes) -> None:
        """Keep what the disk holds, even if it was too broken to be taken in before."""
        with self._db.read() as connection:
            head = content_changes.heads(connection, self.owner).get(path)
        if digest_of(data) != (head.digest if head else ""):
            self._take_in(path, data, head.digest if head else "")

    def _take_in(self, path: str, data: bytes, known: str) -> None:
        with self._db.read() as connection:
            before = content_changes.head_data(connection, path, self.owner)
        why = "ファイルが直接変えられました。" if data else "ファイルが消されました。"
        change = self._change(path, self._now(), NOBODY, why, OUTSIDE, known, before, data)
        self._db.write(lambda c: self._keep(c, [change]))
        self._level[path] = change.after_digest

    def _change(
        self,
        path: str,
        at: int,
        who: str,
        why: str,
        kind: str,
        known: str,
        before: bytes,
        after: bytes,
    ) -> Change:
        digest, owner = digest_of(after), self.owner
        return Change(path, at, who, why, kind, known, digest, before, after, account=owner)

    def _keep(self, connection: Connection, changes: list[Change]) -> None:
        for change in changes:
            if not content_changes.add(connection, change):
                raise Conflict(
                    change.path, content_changes.head_data(connection, change.path, self.owner)
                )
            outside = change.kind == OUTSIDE
            entry = Entry(
                at=change.at,
                who=change.who,
                what="content_outside" if outside else "content_save",
                object="content",
                object_id=change.path,
                before=change.before_digest[:12],
                after=change.after_digest[:12],
                note=change.why,
                account=self._account,
            )
            audit.add(connection, entry)

    def _take_back(self, changes: list[Change]) -> None:
        for change in changes:
            back = replace(
                change,
                why="ファイルに書き込めなかったため、取り消しました。",
                before=change.after,
                after=change.before,
                before_digest=change.after_digest,
                after_digest=change.before_digest,
            )
            self._db.write(lambda c, back=back: self._keep(c, [back]))  # type: ignore[misc]
            try:
                self._write(change.path, change.before)
                self._level[change.path] = change.before_digest
            except OSError:
                log.error("content file not restored", extra={"path": change.path})

    def _begin(self, files: Mapping[str, bytes]) -> None:
        known = {path: (digest_of(data), data) for path, data in files.items()}
        self._db.write(lambda c: content_changes.begin(c, known, self._now(), self.owner))

    def _write(self, path: str, data: bytes) -> None:
        """Whole or not at all, with the rights the file had."""
        target = self._directory / path
        if not data:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        write_whole(target, data, mode)

    def _remember(self) -> None:
        self._seen = self._fingerprint()
        with self._db.read() as connection:
            self._journal = content_changes.newest(connection, self.owner)

    def _fingerprint(self) -> object:
        found = []
        for path in content_paths(self._directory):
            try:
                stat = path.stat()
            except OSError:
                continue  # gone since it was listed: the next look sees it
            found.append((str(path), stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size))
        return found

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)


def _take(folder: int) -> None:
    """Hold an open folder until it is closed; a process that dies lets go of it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise ContentError(
                    "ほかの人の保存が終わりません。しばらくして、もう一度保存してください。"
                ) from None
        time.sleep(0.02)


def digest_of(data: bytes) -> str:
    """The name of exactly this file; '' for none."""
    return hashlib.sha256(data).hexdigest() if data else ""


def _check_path(path: str) -> None:
    """Only content files: nothing above the folder, nothing hidden."""
    parts = PurePosixPath(path).parts
    wrong = (
        not parts
        or parts[0] not in ("intents", "knowledge")
        or len(parts) < 2
        or any(part in ("..", ".") or part.startswith(".") for part in parts)
        or not path.isascii()
        or not path.lower().endswith(CONTENT_SUFFIXES)
        or path != "/".join(parts)
    )
    if wrong:
        raise ContentError("そのファイルは、この画面では扱えません。")
