"""Memory of mapped files: what was read once need not stay."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from pathlib import Path

_MADV_DONTNEED = 4  # <asm-generic/mman-common.h>
_MAPS = Path("/proc/self/maps")


def give_back(name: str) -> int:
    """Let go of the pages of files called `name` that this process has mapped to read.

    They stay in the machine's cache and come back, a page at a time, where they are read again.
    Returns how many mappings there were; 0 where the system is not Linux.
    """
    if not sys.platform.startswith("linux"):
        return 0
    given = 0
    with suppress(OSError, AttributeError):
        madvise = ctypes.CDLL(None, use_errno=True).madvise
        for line in _MAPS.read_text().splitlines():
            place, rights, _offset, _device, _inode, *path = line.split(maxsplit=5)
            if path and Path(path[0]).name == name and "w" not in rights:
                start, end = (int(part, 16) for part in place.split("-"))
                done = madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)
                given += done == 0
    return given
