"""A mapped file reads the same after its pages were given back."""

import mmap
import sys
from pathlib import Path

import pytest

from bot.content.mapped import give_back, map_sparsely
from bot.content.sudachi import SudachiTokenizer

on_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux has /proc/self/maps"
)


def resident_kib(name):
    """Memory that the mapped file of this name takes up."""
    mine, found = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            mine = line.endswith(name)
        elif mine and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found


@pytest.fixture
def allow(tmp_path, monkeypatch):
    """Lets this process have so many more parts, half of what it may have being for other things."""

    def more(parts):
        now = len(Path("/proc/self/maps").read_text().splitlines())
        limit = tmp_path / "max_map_count"
        limit.write_text(f"{2 * (now + parts + 10)}\n")  # a few come and go
        monkeypatch.setattr("bot.content.mapped._MOST_MAPPINGS", limit)

    return more


@on_linux
def test_a_file_reads_the_same_after_its_pages_went(tmp_path):
    path = tmp_path / "pages.bin"
    path.write_bytes(bytes(range(256)) * 1024)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:256] == bytes(range(256))
        assert give_back("pages.bin") == 1
        assert mapped[-256:] == bytes(range(256)) == mapped[:256]


@on_linux
def test_only_what_is_read_takes_up_memory_and_reads_the_same(tmp_path, allow):
    allow(1000)
    path = tmp_path / "sparse.bin"
    path.write_bytes(bytes(range(256)) * 4096)  # 256 pages
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert map_sparsely("sparse.bin") == 128
        assert mapped[128 * 4096 :][:1] == b"\0"
        give_back("sparse.bin")
        assert resident_kib("sparse.bin") == 0
        assert mapped[128 * 4096] == 0
        assert 0 < resident_kib("sparse.bin") <= 2 * mmap.PAGESIZE // 1024
        assert mapped[:] == path.read_bytes()
        assert map_sparsely("sparse.bin") == 0  # once is enough
        assert give_back("sparse.bin") == 1


@on_linux
@pytest.mark.parametrize(("more", "parts"), [(100, 64), (40, 32), (0, 0)])
def test_the_fewer_mappings_are_left_the_larger_the_parts(tmp_path, allow, more, parts):
    allow(more)
    path = tmp_path / "few.bin"
    path.write_bytes(bytes(range(256)) * 4096)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert map_sparsely("few.bin") == parts
        assert mapped[:] == path.read_bytes()


def test_what_is_not_mapped_is_nothing_to_give_back():
    assert give_back("no-such-file.bin") == 0
    assert map_sparsely("no-such-file.bin") == 0


def test_words_are_cut_the_same_after_the_dictionary_went():
    tokenizer = SudachiTokenizer()
    before = [token.surface for token in tokenizer("転入届を出したい")]
    tokenizer.give_back()
    tokenizer.map_sparsely()
    assert [token.surface for token in tokenizer("転入届を出したい")] == before
