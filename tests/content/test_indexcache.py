"""Saved indexes: mapped, replaced whole, and never the reason that nothing is served."""

import os
import subprocess
import sys
from pathlib import Path

from bot.config import REPOSITORY
from bot.content.indexcache import IndexCache


def test_what_was_saved_is_read_and_keeps_after_it_was_replaced(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path / "cache")
    assert cache.load("a") is None
    cache.save("a", b"first" * 4096)
    loaded = cache.load("a")
    assert loaded is not None
    cache.save("a", b"other" * 9000)
    cache.give_back()
    assert bytes(loaded) == b"first" * 4096
    again = cache.load("a")
    assert again is not None and bytes(again) == b"other" * 9000


def test_an_empty_or_unreadable_file_is_as_if_nothing_was_saved(tmp_path: Path) -> None:
    cache = IndexCache(tmp_path)
    cache.save("a", b"")
    assert cache.load("a") is None
    (tmp_path / "nowhere").write_bytes(b"a file")
    IndexCache(tmp_path / "nowhere").save("a", b"x")
    assert IndexCache(tmp_path / "nowhere").load("a") is None


def test_the_oldest_of_its_own_files_go_and_nobody_elses(tmp_path: Path) -> None:
    for number in range(30):
        path = tmp_path / f"town-{number}.db"
        path.write_bytes(b"a database")
        os.utime(path, (number, number))
    torn = tmp_path / "tmp0.index.part"  # by a process that was killed
    torn.write_bytes(b"half")
    os.utime(torn, (1, 1))
    cache = IndexCache(tmp_path)
    for number in range(40):
        cache.save(f"key-{number}", b"index")
        path = next(tmp_path.glob(f"key-{number}-*"))
        os.utime(path, (100 + number, 100 + number))
    assert len(list(tmp_path.glob("town-*"))) == 30
    assert not torn.exists()
    assert cache.load("key-0") is None and cache.load("key-39") is not None


def test_what_a_full_disk_did_not_take_is_not_left_there(tmp_path: Path) -> None:
    code = (
        "import resource, sys; from pathlib import Path; from bot.content.indexcache import *;"
        "cache = IndexCache(Path(sys.argv[1]));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "cache.save('a', b'x' * 100_000); print(cache.load('a'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "None\n"
    assert list(tmp_path.iterdir()) == []
