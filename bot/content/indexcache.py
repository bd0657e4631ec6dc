"""What starts need not make again, on disk: indexes, checked content. Safe to delete."""

from __future__ import annotations

import hashlib
import logging
import mmap
import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from bot.content.mapped import give_back, map_sparsely
from bot.content.wholefile import PART, write_whole

log = logging.getLogger(__name__)
_KEPT = 24  # five cities, a few versions of their content
_WHOLE = ".index"


class IndexCache:
    """Bytes by key in a folder. A folder that cannot be used costs time, never an answer."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._salt = _code_version()
        self._mapped: set[str] = set()  # since the last time

    def load(self, key: str) -> memoryview | None:
        """What was saved under `key` by this very code and dictionary, None for anything else.

        The mapped file, whose pages processes share. It is only ever replaced by another one.
        """
        try:
            with (path := self._path(key)).open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            map_sparsely(path.name)
            self._mapped.add(path.name)
            return data
        except (OSError, ValueError):  # an empty file cannot be mapped
            return None

    def read(self, key: str) -> bytes | None:
        """The same, for what is read whole and then needed no more."""
        with suppress(OSError):
            return self._path(key).read_bytes()
        return None

    def give_back(self) -> None:
        """Let go of what only loading read of the files loaded since the last time."""
        if self._mapped:
            give_back(*self._mapped)
            self._mapped.clear()

    def may_save(self) -> bool:
        """Whether the folder can be used."""
        with suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
        return os.access(self._directory, os.W_OK | os.X_OK)

    def save(self, key: str, data: bytes) -> None:
        """Keep `data`, whole or not at all; the oldest of what was kept goes."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(key), data)
            self._drop_old()
        except OSError as error:
            log.warning("index not kept", extra={"error": type(error).__name__})

    def _drop_old(self) -> None:
        """Our own files alone: an operator may have named a folder that holds others."""
        found = []
        for path in (
            each for end in (_WHOLE, _WHOLE + PART) for each in self._directory.glob(f"*{end}")
        ):
            with suppress(FileNotFoundError):  # another process was quicker
                found.append((path.stat().st_mtime, path))
        for _, path in sorted(found)[:-_KEPT]:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}-{self._salt}{_WHOLE}"


def _code_version() -> str:
    """Changes with the matcher's code and weights, and with the dictionary: what an index is."""
    digest = hashlib.sha256(version("sudachidict_core").encode())
    core = Path(__file__).parent.parent / "core"
    for path in sorted((*core.glob("*.py"), *core.glob("*.json"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
