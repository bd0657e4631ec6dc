"""One process owns a SQLite file: a second one is refused, a dead one leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from bot.errors import StoreBusy

_POLL_SECONDS = 0.05


class FileLock:
    """Held until `release` or the end of the process, however it ends.

    flock, not fcntl.lockf: the latter would be lost as soon as anything in this process closed
    another handle of the same file.
    """

    def __init__(self, path: Path, wait_seconds: float) -> None:
        """Raises StoreBusy where another process still holds it after `wait_seconds`."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_seconds
        while not self._take():
            if time.monotonic() >= deadline:
                os.close(self._fd)
                raise StoreBusy(
                    f"データベース（{path.with_suffix('').name}）は別のまどぐちが使用中です。"
                    "SQLiteでは同時に1つしか動かせません。"
                    "動いているほうを止めてから、もう一度始めてください。"
                )
            time.sleep(_POLL_SECONDS)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self._fd)
