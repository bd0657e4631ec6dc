"""A mapped file reads the same after its pages were given back."""

import mmap
import sys

import pytest

from bot.content.mapped import give_back
from bot.content.sudachi import SudachiTokenizer


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc/self/maps")
def test_a_file_reads_the_same_after_its_pages_went(tmp_path):
    path = tmp_path / "pages.bin"
    path.write_bytes(bytes(range(256)) * 1024)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:256] == bytes(range(256))
        assert give_back("pages.bin") == 1
        assert mapped[-256:] == bytes(range(256)) == mapped[:256]


def test_what_is_not_mapped_is_nothing_to_give_back():
    assert give_back("no-such-file.bin") == 0


def test_words_are_cut_the_same_after_the_dictionary_went():
    tokenizer = SudachiTokenizer()
    before = [token.surface for token in tokenizer("転入届を出したい")]
    tokenizer.give_back()
    assert [token.surface for token in tokenizer("転入届を出したい")] == before
