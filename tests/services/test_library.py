"""The content in force: a city answers alike, whatever else the process has done."""

from __future__ import annotations

from pathlib import Path

from bot.content.indexcache import IndexCache
from bot.content.loader import load, read_files
from bot.content.sudachi import SudachiTokenizer
from bot.core.saved import to_bytes
from bot.services.library import Library, Terms
from tests.builders import content, write


def test_a_city_is_read_alike_whichever_was_asked_for_before(
    tmp_path: Path, tokenizer: SudachiTokenizer
) -> None:
    draft = load(read_files(write(tmp_path, content()))).draft
    first, later = (Library(draft, tokenizer, Terms()) for _ in range(2))
    later.index("minato")
    assert to_bytes(first.index("yamate")) == to_bytes(later.index("yamate"))


def test_once_saved_the_index_is_the_saved_one(tmp_path: Path, tokenizer: SudachiTokenizer) -> None:
    draft = load(read_files(write(tmp_path / "content", content()))).draft
    cache = IndexCache(tmp_path / "cache")
    built = Library(draft, tokenizer, Terms()).index("minato")
    saved = Library(draft, tokenizer, Terms(), saved=cache).index("minato")
    assert to_bytes(saved) == to_bytes(built)
    assert built.kinds.flags.owndata
    assert not saved.kinds.flags.owndata  # parts of the mapped file
    (tmp_path / "nowhere").write_bytes(b"")
    unsaved = Library(draft, tokenizer, Terms(), saved=IndexCache(tmp_path / "nowhere"))
    assert to_bytes(unsaved.index("minato")) == to_bytes(built)
