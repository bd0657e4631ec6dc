"""Memory of mapped files: what was read once need not stay, what was never read need not come."""

from __future__ import annotations

import ctypes
import mmap
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MADV_DONTNEED, _MADV_DONTDUMP = 4, 16  # <asm-generic/mman-common.h>
_MAPS = Path("/proc/self/maps")
_MOST_MAPPINGS = Path("/proc/sys/vm/max_map_count")
_FEW = 2  # pages mapped together
_MANY = 16  # which Linux maps together by itself


@dataclass(frozen=True)
class _Place:
    """Addresses of a mapped file, in so many parts as the system sees them."""

    start: int
    end: int
    parts: int = 1

    @property
    def size(self) -> int:
        return self.end - self.start


def give_back(*names: str) -> int:
    """Let go of the pages of files of these names that this process has mapped to read.

    They stay in the machine's cache and come back, some pages at a time, where they are read again.
    Returns how many places there were; 0 where the system is not Linux.
    """
    return sum(_advise(place.start, place.size, _MADV_DONTNEED) for place in _places(names))


def map_sparsely(name: str, pause: float = 0.0) -> int:
    """From now on map only what is read of files called `name`, and a page beside it.

    Linux maps 16 pages around one that is read if the machine's cache has them: of a dictionary
    that is read here and there, three times of what is needed. It stops where a mapping stops or
    changes its flags, so every other pair of pages is marked as none for a core dump, which a
    file's are not anyway. Costs about 60 ms, and later forks take 20 ms longer; `pause` (seconds)
    lets other threads on now and then. A process has half of the mappings it may have left for all
    else: the more there are, the larger the parts. Returns how many parts there are now; 0 where
    nothing was done (not Linux, done before, or too many mappings).
    """
    made = 0
    for place in _places((name,)):
        if place.parts == 1:
            made += _divide(place, _most_mappings() // 2 - len(_mappings()), pause)
    return made


def _divide(place: _Place, most: int, pause: float) -> int:
    size = _FEW * mmap.PAGESIZE
    while place.size // size > most:
        size *= 2
        if size >= _MANY * mmap.PAGESIZE:
            return 0
    made = 0
    for start in range(place.start, place.end, 2 * size):
        if not _advise(start, min(size, place.end - start), _MADV_DONTDUMP):
            break  # no more to be had: what is done is done
        made += 2
        if pause and made % 100 == 0:
            time.sleep(pause)
    return made


def _most_mappings() -> int:
    try:
        return int(_MOST_MAPPINGS.read_text())
    except (OSError, ValueError):
        return 65_530  # Linux's own


def _places(names: Collection[str]) -> list[_Place]:
    """Where this process has mapped files of these names to read."""
    found: list[_Place] = []
    for line in _mappings():
        if line.rpartition("/")[2] not in names:
            continue
        place, rights = line.split(maxsplit=2)[:2]
        if "w" in rights:
            continue
        start, end = (int(part, 16) for part in place.split("-"))
        if found and found[-1].end == start:
            found[-1] = _Place(found[-1].start, end, found[-1].parts + 1)
        else:
            found.append(_Place(start, end))
    return found


def _mappings() -> list[str]:
    try:
        return _MAPS.read_text().splitlines()
    except OSError:  # no Linux
        return []


def _advise(start: int, size: int, advice: int) -> bool:
    """Whether the system took it."""
    try:
        taken: int = _libc().madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), advice)
    except (OSError, AttributeError):
        return False
    return taken == 0


def trim() -> None:
    """Give freed memory back to the system, where the C library knows how (glibc)."""
    with suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
