"""Writing a file so that whoever reads it finds the old one or the new one, never a part."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PART = ".part"  # after the file's own suffix: what a process that was killed has left


def write_whole(target: Path, data: bytes, mode: int = 0o600) -> None:
    """Put `data` there, on the disk before it has the name, with the rights `mode`.

    Raises OSError; then `target` is as it was, and nothing is left beside it.
    """
    ending = f"{target.suffix}{PART}"
    descriptor, part = tempfile.mkstemp(ending, prefix=".", dir=target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, mode)
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
